"""The web pages of a release: static, in Swedish and English, from the public marts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from dagster_project import language as languages
from dagster_project.language import LANGUAGES, Language
from dagster_project.publish.data.changes import Changes
from dagster_project.publish.documents.plans import Editions
from dagster_project.publish.mart_rows import COUNTRY, MartRows
from dagster_project.publish.site import charts, maps
from dagster_project.publish.site.figure_sources import read_sources
from dagster_project.publish.site.shapes import map_shapes
from dagster_project.publish.site.templating import templates
from dagster_project.releases.build_json import ERROR
from dagster_project.releases.build_record import BuildRecord
from dagster_project.releases.document_paths import plan_document, plan_workbook
from dagster_project.settings import SOURCES_FILE, STOCKHOLM, SiteSettings
from dagster_project.sql import Row

HERE = Path(__file__).parent
CHANGES_SHOWN = 500
FIGURES_OF_A_YEAR = ("lanstal", "kommuntal", "quota_proposals", "redistributions", "change_requests", "assignment_log")

# How people were received, with all and some of them, as the columns of receptions_by_category.
RECEIVED_CATEGORIES = (
    "quota_refugee_persons",
    "accommodation_centre_persons",
    "own_housing_persons",
    "other_persons",
    "relatives_persons",
    "total_persons",
    "of_which_unaccompanied_minors_persons",
)

# Steps of a build in their order, as the history shows them.
STEPS = ("ingest", "transform", "checks", "tables", "documents", "site", "publish")

# The words for how a plan is followed, the most urgent first.
STATUSES = ("far_behind", "behind", "on_plan", "ahead", "not_begun", "not_delivered")

MENU = (
    ("country", "index.html"),
    ("plan", "arsplanering/index.html"),
    ("changes", "andringar.html"),
    ("quality", "datakvalitet.html"),
    ("about", "om.html"),
    ("data", "data.html"),
)


@dataclass(frozen=True)
class Page:
    """One page in every language: where it lies below a language's folder, its template and what that shows.

    `also` is a second address of the same page in the same folder. A page that is shown wherever none is found has
    no place, so its links begin at the site's root.
    """

    path: str
    template: str
    section: str
    content: dict[str, Any] = field(default_factory=dict)
    also: str | None = None
    has_place: bool = True


def write_site(
    public: Path,
    figures: MartRows,
    changes: Changes,
    editions: Editions,
    tables: list[dict[str, Any]],
    builds: list[BuildRecord],
    site: SiteSettings,
) -> int:
    """Write every page in every language below `public`; how many there are.

    `tables` are those to download, with name, description and rows; `builds` the finished ones before this.
    """
    _write_assets(public, figures)
    pages = list(all_pages(figures, changes, editions, tables, builds))
    _write_for_robots(public, pages, site)
    for language in LANGUAGES:
        environment = _environment(figures, language, site)
        folders: set[Path] = set()
        for page in pages:
            target = public / language.folder / page.path
            if target.parent not in folders:
                target.parent.mkdir(parents=True, exist_ok=True)
                folders.add(target.parent)
            target.write_text(_render(environment, language, page, site), encoding="utf-8")
            if page.also:
                target.with_name(page.also).hardlink_to(target)
    return len(pages) * len(LANGUAGES)


def all_pages(
    figures: MartRows, changes: Changes, editions: Editions, tables: list[dict[str, Any]], builds: list[BuildRecord]
) -> Iterator[Page]:
    """Every page of the site."""
    yield from _by_year("", "country.html", "country", figures.years, partial(_country, figures))
    for county in figures.marts["counties"]:
        code = county.county_code
        years = figures.years_of(code)
        yield from _by_year(f"lan/{code}/", "county.html", "country", years, partial(_county, figures, county))
    for municipality in figures.marts["municipalities"]:
        years = figures.years_of(municipality.municipality_code)
        folder = f"kommun/{municipality.municipality_code}/"
        content = partial(_municipality, figures, municipality)
        yield from _by_year(folder, "municipality.html", "country", years, content)
    plan_years = _plan_years(figures)
    yield from _by_year("arsplanering/", "plan.html", "plan", plan_years, partial(_plan, figures, editions, plan_years))
    yield Page("andringar.html", "changes.html", "changes", _changes(figures, changes))
    yield Page("datakvalitet.html", "quality.html", "quality", _quality(figures, builds))
    yield Page("om.html", "about.html", "about", _about(figures))
    yield Page("data.html", "data.html", "data", {"tables": tables, "document_years": plan_years})
    yield Page("tillganglighet.html", "accessibility.html", "accessibility")
    yield Page("404.html", "missing.html", "missing", has_place=False)


def _by_year(
    folder: str, template: str, section: str, years: list[int], content: Callable[[int | None], dict[str, Any]]
) -> Iterator[Page]:
    """A page per year; the newest is the folder's front page too. Without a year, a front page only."""
    for year in years:
        also = "index.html" if year == years[0] else None
        yield Page(f"{folder}{year}.html", template, section, {"year": year, **content(year)}, also)
    if not years:
        yield Page(f"{folder}index.html", template, section, {"year": None, **content(None)})


def _country(figures: MartRows, year: int | None) -> dict[str, Any]:
    summaries = figures.by("area_year_summaries", "quota_year", "area_level")
    shapes = map_shapes()
    drawn = {"municipality": list(shapes.paths), "county": list(shapes.counties)}
    return {
        "layers": [maps.layer(level, summaries.get((year, level), []), codes) for level, codes in drawn.items()],
        "summary": figures.one("area_year_summaries", quota_year=year, area_code=COUNTRY),
        "months": figures.by("area_plan_deviations", "area_code", "quota_year").get((COUNTRY, year), []),
        "counties": summaries.get((year, "county"), []),
        "municipalities": summaries.get((year, "municipality"), []),
        "decisions": figures.by("national_decisions", "quota_year").get(year, []),
        "received": figures.one("receptions_by_category", reception_year=year, area_code=COUNTRY),
        "reasons": figures.by("cancellation_reasons", "quota_year").get(year, []),
        **_cancellations(figures, year, country=COUNTRY),
    }


def _county(figures: MartRows, county: Row, year: int | None) -> dict[str, Any]:
    code = county.county_code
    register = figures.by("municipalities", "county_code")[code]
    quotas = figures.by("county_quotas", "county_code").get(code, [])
    summaries = [
        figures.one("area_year_summaries", quota_year=year, area_code=row.municipality_code) for row in register
    ]
    return {
        "area": county.county_name,
        "years": figures.years_of(code),
        "register": register,
        "summary": figures.one("area_year_summaries", quota_year=year, area_code=code),
        "municipalities": [summary for summary in summaries if summary],
        "months": figures.by("area_plan_deviations", "area_code", "quota_year").get((code, year), []),
        "received": figures.one("receptions_by_category", reception_year=year, area_code=code),
        "proposals": figures.by("lanstal_proposals", "county_code").get(code, []),
        "quotas": quotas,
        "quota_spans": [
            (series, row.valid_from_date, row.valid_to_date, persons)
            for row in quotas
            for series, persons in (("lanstal", row.lanstal_persons), ("kommuntal", row.kommuntal_total_persons))
        ],
        "lanstal_changes": figures.by("lanstal_changes", "county_code").get(code, []),
        **_cancellations(figures, year, county=code, country=COUNTRY),
    }


def _municipality(figures: MartRows, municipality: Row, year: int | None) -> dict[str, Any]:
    code = municipality.municipality_code
    of_year = (code, year)
    changes = figures.by("kommuntal_changes", "municipality_code").get(code, [])
    outcomes = figures.by("redistribution_outcomes", "quota_year").get(year, [])
    return {
        "code": code,
        "area": municipality.municipality_name,
        "county_code": municipality.county_code,
        "county": figures.by("counties", "county_code")[municipality.county_code][0].county_name,
        "years": figures.years_of(code),
        "summary": figures.one("area_year_summaries", quota_year=year, area_code=code),
        "received": figures.one("receptions_by_category", reception_year=year, area_code=code),
        "prior": figures.one("area_year_summaries", quota_year=(year or 0) - 1, area_code=code),
        "months": figures.by("plan_deviations", "municipality_code", "quota_year").get(of_year, []),
        "changes": changes,
        "quota_spans": [("kommuntal", row.effect_date, row.valid_to_date, row.kommuntal_persons) for row in changes],
        "requests": figures.by("change_request_months", "municipality_code", "quota_year").get(of_year, []),
        "redistributions": [row for row in outcomes if code in (row.from_municipality_code, row.to_municipality_code)],
        "arithmetic": figures.by("plan_arithmetic", "municipality_code", "quota_year").get(of_year, []),
        **_versions(figures, code, year),
        **_cancellations(figures, year, municipality=code, county=municipality.county_code, country=COUNTRY),
    }


def _explanation(figures: MartRows, code: str, year: int, head: Row, language: Language) -> str:
    """How the latest version comes to its numbers, in sentences; empty where there is none."""
    rows = figures.by("plan_arithmetic", "municipality_code", "quota_year").get((code, year), [])
    if not rows:
        return ""
    texts, last = language.texts["municipality"], rows[-1]
    remaining = languages.number(last.remaining_persons, language)
    first = texts["arithmetic_remaining"].format(
        version=last.version_number,
        effect=languages.long_day(head.effect_date, language),
        kommuntal=languages.number(last.kommuntal_persons, language),
        first=languages.month(head.first_changed_month, language),
        remaining=remaining,
    )
    if not last.total_weight:
        return f"{first} {texts['arithmetic_none']}"
    how = texts["arithmetic_how"].format(
        remaining=remaining,
        total=languages.number(last.total_weight, language),
        spread=languages.number(last.spread_persons, language, 4),
        place=last.municipality_rank + 1,
        n=last.municipalities_in_county,
    )
    return f"{first} {how}"


def _cancellations(figures: MartRows, year: int | None, **codes: str) -> dict[str, Any]:
    """What became of cancelled assignments of an area, its level first, beside the areas around it."""
    rows = [
        (level, figures.one("cancellation_summaries", quota_year=year, area_code=code)) for level, code in codes.items()
    ]
    return {"area_level": rows[0][0], "cancellations": rows[0][1], "displacements": [row for row in rows if row[1]]}


def _versions(figures: MartRows, code: str, year: int | None) -> dict[str, Any]:
    """Versions of a plan side by side: one head per version, one line per month with the change from the one before."""
    rows = figures.by("monthly_plan_versions", "municipality_code", "quota_year").get((code, year), [])
    by_version = {number: list(months) for number, months in groupby(rows, key=lambda row: row.version_number)}
    decided = figures.by("kommuntal_changes", "municipality_code", "quota_year").get((code, year), [])
    wished = figures.by("change_request_months", "municipality_code", "quota_year").get((code, year), [])
    heads = [
        {
            "first": months[0],
            "causes": months[0].cause.split("+"),
            "change_ids": [row.change_id for row in decided if row.effect_date == months[0].effect_date]
            + sorted({row.request_id for row in wished if row.version_number == number}),
            "total": sum(row.planned_persons for row in months),
        }
        for number, months in by_version.items()
    ]
    lines = []
    for months in zip(*by_version.values(), strict=True):
        planned = [row.planned_persons for row in months]
        changed = [None, *(new - old for old, new in pairwise(planned))]
        lines.append((months[0].plan_month, list(zip(planned, changed, strict=True))))
    return {"versions": heads, "version_months": lines}


def _plan(figures: MartRows, editions: Editions, years: list[int], year: int | None) -> dict[str, Any]:
    rows = []
    planned = figures.by("monthly_plan", "quota_year").get(year, [])
    for code, months in groupby(planned, key=lambda row: row.municipality_code):
        summary = figures.one("area_year_summaries", quota_year=year, area_code=code)
        [municipality] = figures.by("municipalities", "municipality_code")[code]
        [county] = figures.by("counties", "county_code")[municipality.county_code]
        rows.append(
            {
                "code": code,
                "county": county.county_name,
                "kommuntal_persons": summary.kommuntal_persons if summary else None,
                "planned_persons": summary.planned_persons if summary else None,
                "months": [row.planned_persons for row in months],
            }
        )
    return {
        "years": years,
        "rows": rows,
        "plan_months": sorted({row.plan_month for row in planned}),
        "editions": editions.of(year) if year else [],
    }


def _changes(figures: MartRows, changes: Changes) -> dict[str, Any]:
    """Changed figures by cause, county, and area with its year: what one cause did is read in one place."""
    shown = sorted(changes.rows[:CHANGES_SHOWN], key=lambda row: (row.cause, row.change_ids or ""))
    counties = {row.municipality_code: row.county_code for row in figures.marts["municipalities"]}
    groups = []
    for (cause, ids), rows in groupby(shown, key=lambda row: (row.cause, row.change_ids)):
        by_county: dict[str, list[Any]] = {}
        for area, cells in groupby(rows, key=lambda row: (row.area_code, row.quota_year)):
            by_county.setdefault(counties.get(area[0], area[0]), []).append((area, list(cells)))
        groups.append({"cause": cause, "change_ids": ids, "counties": sorted(by_county.items())})
    return {"previous": changes.previous, "groups": groups, "shown": len(shown), "all_changes": len(changes.rows)}


def _quality(figures: MartRows, builds: list[BuildRecord]) -> dict[str, Any]:
    return {
        "checks": figures.marts["check_results"],
        "deliveries": figures.marts["feed_deliveries"],
        "rejected": figures.marts["rejected_row_counts"],
        "remarks": figures.marts["file_remark_counts"],
        "builds": [_shown(build) for build in builds],
    }


def _shown(build: BuildRecord) -> dict[str, Any]:
    """A build as the history shows it; why one broke is for operators, not for everyone."""
    return {
        "began_at": build.began_at.astimezone(STOCKHOLM),
        "as_of": build.as_of,
        "outcome": build.outcome,
        "seconds": build.seconds,
        "seconds_by_step": [build.seconds_by_step.get(step) for step in STEPS],
        "rows": sum(build.rows_by_mart.values()),
        "blocking": sum(not run.passed for run in build.checks.values() if run.severity == ERROR),
        "warning": sum(not run.passed for run in build.checks.values() if run.severity != ERROR),
    }


def _about(figures: MartRows) -> dict[str, Any]:
    years = sorted({row.quota_year for row in figures.marts["figure_origins"]}, reverse=True)
    return {
        "origin_figures": FIGURES_OF_A_YEAR,
        "origins": [(year, [_origin(figures, year, figure) for figure in FIGURES_OF_A_YEAR]) for year in years],
        "sources": read_sources(SOURCES_FILE),
    }


def _origin(figures: MartRows, year: int, figure: str) -> str:
    row = figures.one("figure_origins", quota_year=year, figure=figure)
    if row is None:
        return "missing"
    if row.simulated_rows == 0:
        return "real"
    return "simulated" if row.simulated_rows == row.delivered_rows else "partly"


def _environment(figures: MartRows, language: Language, site: SiteSettings) -> jinja2.Environment:
    """Templates with what the pages of a language ask for."""
    environment = templates(language)
    names = {row.municipality_code: row.municipality_name for row in figures.marts["municipalities"]}
    names |= {row.county_code: row.county_name for row in figures.marts["counties"]}
    texts = language.texts

    def simulated_figures(year: int) -> list[str]:
        origins = [(figure, _origin(figures, year, figure)) for figure in FIGURES_OF_A_YEAR]
        return [texts["origin"][figure] for figure, origin in origins if origin in ("simulated", "partly")]

    def counties_with_kommuntal(year: int) -> int:
        of_year = figures.by("area_year_summaries", "quota_year", "area_level").get((year, "county"), [])
        return sum(row.kommuntal_persons is not None for row in of_year)

    def rejection(reason: str) -> str:
        kind, _, column = reason.partition(":")
        return str(texts["rejected"][kind].format(column=column))

    environment.filters["host"] = lambda address: urlsplit(address).netloc
    environment.globals |= {
        "t": texts,
        "language": language,
        "languages": LANGUAGES,
        "other_language": next(other for other in LANGUAGES if other is not language),
        "site": site,
        "menu_of": lambda page: [_menu_entry(figures, page, *entry) for entry in MENU],
        "figures": figures,
        "bar_chart": charts.bar_chart,
        "line_chart": charts.line_chart,
        "level_chart": charts.level_chart,
        "chart_summary": charts.summary,
        "measures": maps.MEASURES,
        "shapes": map_shapes(),
        "area_name": lambda code: texts["page"]["country"] if code == COUNTRY else names[code],
        "simulated_figures": simulated_figures,
        "counties_with_kommuntal": counties_with_kommuntal,
        "all_counties": len(figures.marts["counties"]),
        "status_rank": {status: rank for rank, status in enumerate(STATUSES)},
        "rejection": rejection,
        "steps": STEPS,
        "received_categories": RECEIVED_CATEGORIES,
        "explanation": lambda code, year, head: _explanation(figures, code, year, head, language),
        "plan_document": plan_document,
        "plan_workbook": plan_workbook,
    }
    return environment


def _render(environment: jinja2.Environment, language: Language, page: Page, site: SiteSettings) -> str:
    """The page as HTML, with links relative to where it lies, so that a plain folder serves it too."""
    home = "../" * page.path.count("/") if page.has_place else f"{urlsplit(site.address).path or '/'}{language.folder}"
    root = home + "../" * language.folder.count("/")

    def page_of(folder: str, code: str, year: int | None) -> str:
        return f"{home}{folder}/{code}/{year or 'index'}.html"

    def area_page(code: str, year: int | None = None) -> str:
        return page_of("lan" if len(code) == 2 else "kommun", code, year)

    def source_links(text: str) -> Markup:
        links = (Markup('<a href="{0}om.html#{1}">{1}</a>').format(home, source) for source in text.split(";"))
        return Markup(", ").join(links)

    return environment.get_template(page.template).render(
        {"year": None, **page.content},
        path=page.path if page.has_place else "index.html",
        canonical=f"{site.address}{language.folder}{page.path}" if site.address and page.has_place else "",
        page=page,
        home=home,
        root=root,
        municipality_page=area_page,
        county_page=area_page,
        area_page=area_page,
        source_links=source_links,
    )


def _menu_entry(figures: MartRows, page: Page, key: str, target: str) -> tuple[str, str, str]:
    """A menu's key, where it leads, keeping the page's year where it can, and whether one is there ("page", "true")."""
    year = page.content.get("year")
    has_year = {"country": figures.years, "plan": _plan_years(figures)}.get(key, [])
    if year in has_year:
        target = target.replace("index", str(year))
    here = {page.path, page.path.rpartition("/")[0] + "/" + (page.also or "")}
    return key, target, "" if page.section != key else "page" if target in here else "true"


def _plan_years(figures: MartRows) -> list[int]:
    return [year for year in figures.years if figures.by("monthly_plan", "quota_year").get(year)]


def _write_for_robots(public: Path, pages: list[Page], site: SiteSettings) -> None:
    """robots.txt, and where the site's address is known a list of all pages."""
    robots = "User-agent: *\nDisallow:\n"
    if site.address:
        listed = [
            f"{site.address}{language.folder}{page.path}" for language in LANGUAGES for page in pages if page.has_place
        ]
        urls = "".join(f"<url><loc>{address}</loc></url>\n" for address in listed)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        (public / "sitemap.xml").write_text(f"{head}{urls}</urlset>\n", encoding="utf-8")
        robots += f"Sitemap: {site.address}sitemap.xml\n"
    (public / "robots.txt").write_text(robots, encoding="utf-8")


def _write_assets(public: Path, figures: MartRows) -> None:
    """What all pages share: style, scripts, shapes, and the areas to search among."""
    assets = public / "assets"
    shutil.copytree(HERE / "static", assets)
    years = figures.years
    areas = [(row.county_code, row.county_name) for row in figures.marts["counties"]]
    areas += [(row.municipality_code, row.municipality_name) for row in figures.marts["municipalities"]]
    found = [
        [code, name, _bits(years, figures.years_of(code))] for code, name in sorted(areas, key=lambda area: area[1])
    ]
    script = (
        f"window.arsplanYears = {json.dumps(years)};\n"
        f"window.arsplanAreas = {json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"
    )
    (assets / "areas.js").write_text(script, encoding="utf-8")


def _bits(years: list[int], own: list[int]) -> int:
    """Which of all years an area has, as the bits of a number: short in a script."""
    return sum(1 << position for position, year in enumerate(years) if year in own)
