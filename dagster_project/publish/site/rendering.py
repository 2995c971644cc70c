"""Turns pages into HTML, in every language, with what all of them share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from dagster_project.language import LANGUAGES, Language
from dagster_project.publish.failures import Failure, failure
from dagster_project.publish.mart_rows import COUNTRY, MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.publish.site import charts, contents, standing
from dagster_project.publish.site.shapes import map_shapes
from dagster_project.publish.site.templating import templates
from dagster_project.publish.site.timeline import Timeline
from dagster_project.releases.document_paths import outcome_document, plan_document, plan_workbook
from dagster_project.settings import SiteSettings
from dagster_project.sql import Row
from dagster_project.transform.documented_tables import description

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

# The words for how a plan is followed, the most urgent first.
STATUSES = (
    "far_behind", "behind", "within_household", "on_plan", "ahead", "not_begun", "no_kommuntal", "not_delivered",
)  # fmt: skip

# Characters that no XML may hold, though a delivered id may.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What a menu leads to, by the word for it.
_PLACES = {
    "country": "index.html",
    "to_do": "attgora.html",
    "compare": "jamfor/index.html",
    "plan": "arsplanering/index.html",
    "redistribute": "omfordela.html",
    "changes": "andringar.html",
    "quality": "datakvalitet.html",
    "about": "om.html",
    "data": "data.html",
}


# What a page shows only where its content names it. `part` is the whole of an area, or its outcome or plan alone.
_OUTCOME = (
    "summary", "months", "coming", "waiting", "municipalities", "received", "reasons", "cancellations", "prior",
    "closed", "shares", "forecast", "shortfall",
)  # fmt: skip
_PLAN = ("versions", "changes", "requests", "redistributions", "arithmetic", "quotas", "proposals", "lanstal_changes")
_ABSENT: dict[str, Any] = dict.fromkeys(("year", "code", "publications", *_OUTCOME, *_PLAN)) | {"part": "whole"}


@dataclass(frozen=True)
class Readership:
    """For whom pages are: those who log in, or everyone. `public_day` is None for those who log in.

    `outcome_years` and `plan_years` are quota years that have a page of the country and of the plan, newest first.
    """

    public_day: PublicDay | None
    outcome_years: tuple[int, ...]
    plan_years: tuple[int, ...]
    has_comparison: bool = True  # an edition made by an earlier program has none

    @property
    def is_internal(self) -> bool:
        """Whether these pages are for those who log in."""
        return self.public_day is None

    @property
    def menu(self) -> list[tuple[str, str]]:
        """What the menu leads to: the word and the page."""
        of_log_in = () if self.is_internal else ("to_do", "changes", "quality")
        hidden = (*of_log_in, *(() if self.has_comparison else ("compare",)))
        return [(key, place) for key, place in _PLACES.items() if key not in hidden]

    def feed_of(self, code: str) -> str:
        """Where the feed of a county or municipality lies: beside its page of what happened."""
        folder = ("lan" if len(code) == 2 else "kommun") if self.is_internal else "arsplanering"
        return f"{folder}/{code}/atom.xml"


@dataclass(frozen=True)
class Page:
    """One page in its languages: where it lies below a language's folder, its template and what that shows.

    `also` is a second address of the same page in the same folder. A page that is shown wherever none is found has
    no place, so its links begin at the site's root.
    """

    path: str
    template: str
    section: str
    content: Callable[[], dict[str, Any]] = dict
    year: int | None = None
    also: str | None = None
    has_place: bool = True
    languages: tuple[Language, ...] = LANGUAGES

    @cached_property
    def shown(self) -> dict[str, Any]:
        """What its template shows, in every language; only a page that is written asks for it."""
        return {**_ABSENT, "year": self.year, **self.content()}


@dataclass(frozen=True)
class Written:
    """How many pages were written, and those that could not be made: another stands in the place of each."""

    pages: int
    failures: list[Failure]


def write_pages(
    root: Path, pages: Iterable[Page], figures: MartRows, readership: Readership, site: SiteSettings
) -> Written:
    """Write pages in every language below `root`; the documents that they lead to lie there already."""
    environments = [(language, _environment(root, figures, readership, language, site)) for language in LANGUAGES]
    failures: list[Failure] = []
    folders: set[Path] = set()
    pages = list(pages)
    for page in pages:
        for language, environment in environments:
            if language not in page.languages:
                continue
            target = root / language.folder / page.path
            if target.parent not in folders:
                target.parent.mkdir(parents=True, exist_ok=True)
                folders.add(target.parent)
            try:
                html = _render(environment, language, page, site)
            except Exception as error:
                failures.append(failure(f"{root.name}/{language.folder}{page.path}", page.template, error))
                html = _in_its_place(environment, language, page, site)
            target.write_bytes(html)
            if page.also:
                target.with_name(page.also).hardlink_to(target)
    return Written(len(pages), failures)


def _in_its_place(environment: jinja2.Environment, language: Language, page: Page, site: SiteSettings) -> bytes:
    """What stands where a page could not be made; without the site's layout if that is what is broken."""
    try:
        without_content = replace(page, template="not_made.html", content=lambda: {"part": None})
        return _render(environment, language, without_content, site)
    except Exception:
        return bare_page(language)


def bare_page(language: Language) -> bytes:
    """A page that needs no template, and says that the right one could not be made."""
    texts = language.texts["missing"]
    title, text = texts["not_made"], texts["not_made_text"]
    head = f'<meta charset="utf-8"><meta name="robots" content="noindex"><title>{title}</title>'
    return f'<!DOCTYPE html>\n<html lang="{language.code}">{head}<h1>{title}</h1><p>{text}</p></html>\n'.encode()


def _environment(
    root: Path, figures: MartRows, readership: Readership, language: Language, site: SiteSettings
) -> jinja2.Environment:
    """Templates with what the pages of a language ask for."""
    environment = templates(language)
    names = {row.municipality_code: row.municipality_name for row in figures.marts["municipalities"]}
    names |= {row.county_code: row.county_name for row in figures.marts["counties"]}
    texts = language.texts

    def simulated_figures(year: int) -> list[str]:
        origins = [(figure, contents.origin(figures, year, figure)) for figure in contents.FIGURES_OF_A_YEAR]
        return [texts["origin"][figure] for figure, found in origins if found in ("simulated", "partly")]

    def counties_with_kommuntal(year: int) -> int:
        spells = figures.by("county_quotas", "quota_year").get(year, [])
        return sum(row.is_current and row.kommuntal_total_persons is not None for row in spells)

    def rejection(reason: str) -> str:
        kind, _, column = reason.partition(":")
        return str(texts["rejected"][kind].format(column=column))

    def part_notes(row: Row) -> dict[str, str]:
        deadlines = figures.by("open_deadlines", "quota_year", "area_code").get((row.quota_year, row.area_code), [])
        to_assign = standing.to_assign_note(row, language)
        open_until = standing.open_note(deadlines, row.quota_year, language)
        return {"open": open_until, "to_assign": to_assign, "over_assigned": to_assign}

    environment.filters["xml"] = lambda text: _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    environment.filters["host"] = lambda address: urlsplit(address).netloc
    environment.globals |= {
        "t": texts,
        "language": language,
        "languages": LANGUAGES,
        "other_language": next(other for other in LANGUAGES if other is not language),
        "site": site,
        "internal": readership.is_internal,
        "public_day": readership.public_day,
        "exists": lambda address: (root / address).is_file(),
        "menu_of": lambda page: [_menu_entry(readership, page, *entry) for entry in readership.menu],
        "figures": figures,
        "bar_chart": charts.bar_chart,
        "line_chart": charts.line_chart,
        "level_chart": charts.level_chart,
        "chart_summary": charts.summary,
        "shapes": map_shapes(),
        "area_name": lambda code: texts["page"]["country"] if code == COUNTRY else names[code],
        "simulated_figures": simulated_figures,
        "counties_with_kommuntal": counties_with_kommuntal,
        "all_counties": len(figures.marts["counties"]),
        "status_rank": {status: rank for rank, status in enumerate(STATUSES)},
        "rejection": rejection,
        "steps": contents.STEPS,
        "kinds_of_waiting": list(contents.WAITING),
        "received_categories": RECEIVED_CATEGORIES,
        "standing_sentence": lambda row, area: standing.sentence(row, area, language, readership.is_internal),
        "standing_parts": lambda row: standing.parts(row, readership.is_internal),
        "part_notes": part_notes,
        "described": partial(description, language=language),
        "explanation": lambda code, year, head: contents.explanation(figures, code, year, head, language),
        "outcome_document": outcome_document,
        "timeline": Timeline(figures, language, readership.public_day),
        "feed_of": readership.feed_of,
        "plan_document": plan_document,
        "plan_workbook": plan_workbook,
    }
    return environment


def _render(environment: jinja2.Environment, language: Language, page: Page, site: SiteSettings) -> bytes:
    """The page as HTML, with links relative to where it lies, so that a plain folder serves it too."""
    home = "../" * page.path.count("/") if page.has_place else f"{urlsplit(site.address).path or '/'}{language.folder}"
    root = home + "../" * language.folder.count("/")

    def page_of(folder: str, code: str, year: int | None) -> str:
        return f"{home}{folder}/{code}/{year or 'index'}.html"

    def area_page(code: str, year: int | None = None) -> str:
        if code == COUNTRY:
            return f"{home}{year or 'index'}.html"
        return page_of("lan" if len(code) == 2 else "kommun", code, year)

    def beside(place: str) -> str:
        """A link to a place of the site, within the page where it is of this page."""
        return place.removeprefix(page.path) if place.startswith(f"{page.path}#") else home + place

    def source_links(text: str) -> Markup:
        links = (Markup('<a href="{0}om.html#{1}">{1}</a>').format(home, source) for source in text.split(";"))
        return Markup(", ").join(links)

    html = environment.get_template(page.template).render(
        page.shown,
        path=page.path if page.has_place else "index.html",
        canonical=f"{site.address}{language.folder}{page.path}" if site.address and page.has_place else "",
        page=page,
        home=home,
        root=root,
        municipality_page=area_page,
        county_page=area_page,
        area_page=area_page,
        beside=beside,
        source_links=source_links,
    )
    return html.encode()


def _menu_entry(readership: Readership, page: Page, key: str, target: str) -> tuple[str, str, str]:
    """A menu's key, where it leads, keeping the page's year where it can, and whether one is there ("page", "true")."""
    years = {"country": readership.outcome_years, "compare": readership.outcome_years, "plan": readership.plan_years}
    if page.year in years.get(key, ()):
        target = target.replace("index", str(page.year))
    here = {page.path, page.path.rpartition("/")[0] + "/" + (page.also or "")}
    return key, target, "" if page.section != key else "page" if target in here else "true"


def write_for_robots(public: Path, site: SiteSettings) -> None:
    """robots.txt, and where the site's address is known a list of all pages that lie below `public`."""
    robots = "User-agent: *\nDisallow:\n"
    if site.address:
        pages = sorted(page for page in public.rglob("*.html") if page.name != "404.html")
        years = {page.parent for page in pages if page.stem.isdigit()}  # one of which is the folder's front page too
        listed = [
            f"{site.address}{page.relative_to(public).as_posix()}"
            for page in pages
            if page.stem != "index" or page.parent not in years
        ]
        urls = "".join(f"<url><loc>{address}</loc></url>\n" for address in listed)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        (public / "sitemap.xml").write_text(f"{head}{urls}</urlset>\n", encoding="utf-8")
        robots += f"Sitemap: {site.address}sitemap.xml\n"
    (public / "robots.txt").write_text(robots, encoding="utf-8")


def write_areas(folder: Path, figures: MartRows) -> None:
    """The areas to search among, with the years that have pages, as a script."""
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
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "areas.js").write_text(script, encoding="utf-8")


def _bits(years: list[int], own: list[int]) -> int:
    """Which of all years an area has, as the bits of a number: short in a script."""
    return sum(1 << position for position, year in enumerate(years) if year in own)
