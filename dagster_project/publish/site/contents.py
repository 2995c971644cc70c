"""What each page shows, from the marts in memory: plain values for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from itertools import groupby, pairwise
from typing import Any

from dagster_project import language as languages
from dagster_project.language import Language
from dagster_project.publish.data.changes import Changes
from dagster_project.publish.documents.plans import Editions
from dagster_project.publish.mart_rows import COUNTRY, MartRows
from dagster_project.publish.site import maps
from dagster_project.publish.site.figure_sources import read_sources
from dagster_project.publish.site.shapes import map_shapes
from dagster_project.publish.site.summed_changes import over_a_week, summed
from dagster_project.publish.site.timeline import plan_ids
from dagster_project.releases.build_json import ERROR
from dagster_project.releases.build_record import BuildRecord
from dagster_project.settings import SOURCES_FILE, STOCKHOLM
from dagster_project.sql import Row

CHANGES_SHOWN = 500
FIGURES_OF_A_YEAR = ("lanstal", "kommuntal", "quota_proposals", "redistributions", "change_requests", "assignment_log")

# What waits for somebody, the most urgent first, with the check that counts the same cases, if one does.
WAITING = {
    "overdue": "no_overdue_receptions",
    "over_plan_unanswered": "",
    "over_plan_unapproved": "over_plan_has_approval",
    "awaiting": "",
    "nothing_assigned": "",
    "change_request": "",
    "redistribution": "",
    "kommuntal_awaited": "kommuntal_follows_lanstal",
    "kommuntal_missing": "kommuntal_reported",
}
MONTHS_AHEAD = 3

# Steps of a build in their order, as the history shows them.
STEPS = ("ingest", "transform", "edition", "checks", "tables", "documents", "site", "publish")


def country_outcome(figures: MartRows, measures: Sequence[maps.Measure], year: int | None) -> dict[str, Any]:
    """Plan beside outcome of the country: key figures, months, map, counties."""
    summaries = figures.by("area_year_summaries", "quota_year", "area_level")
    shapes = map_shapes()
    drawn = {"municipality": list(shapes.paths), "county": list(shapes.counties)}
    return {
        "layers": [
            maps.layer(level, summaries.get((year, level), []), codes, measures) for level, codes in drawn.items()
        ],
        "measures": measures,
        "summary": figures.one("area_year_summaries", quota_year=year, area_code=COUNTRY),
        "months": figures.by("area_plan_deviations", "area_code", "quota_year").get((COUNTRY, year), []),
        "coming": coming(figures, "area_plan_deviations", COUNTRY),
        "counties": summaries.get((year, "county"), []),
        "decisions": figures.by("national_decisions", "quota_year").get(year, []),
        "received": figures.one("receptions_by_category", reception_year=year, area_code=COUNTRY),
    }


def country(figures: MartRows, year: int | None) -> dict[str, Any]:
    """Everything of the country, for those who log in."""
    return {
        **country_outcome(figures, maps.MEASURES, year),
        "waiting": waiting(figures),
        **_outlook(figures, year, COUNTRY),
        "reasons": figures.by("cancellation_reasons", "quota_year").get(year, []),
        **_cancellations(figures, year, country=COUNTRY),
    }


def _outlook(figures: MartRows, year: int | None, area_code: str) -> dict[str, Any]:
    """What a quota year will come to, while it is not settled; and once it is over, why it fell short."""
    shortfall = figures.one("shortfalls", quota_year=year, area_code=area_code)
    return {
        "forecast": figures.one("forecasts", quota_year=year, area_code=area_code),
        "shortfall": shortfall if shortfall and shortfall.shortfall_persons else None,
    }


def to_do(figures: MartRows) -> dict[str, Any]:
    """What waits for somebody in the whole country: its kinds with their sums, and every row."""
    rows = waiting(figures)
    kinds = []
    for kind, of_kind in groupby(rows, key=lambda row: row.kind):
        found = list(of_kind)
        persons = [row.persons for row in found if row.persons is not None]
        kinds.append(
            {
                "kind": kind,
                "check": WAITING[kind],
                "cases": sum(row.cases for row in found),
                "persons": sum(persons) if persons else None,
                "oldest_date": found[0].oldest_date,
                "waiting_days": found[0].waiting_days,
            }
        )
    return {"waiting": rows, "kinds": kinds}


def waiting(figures: MartRows, *area_codes: str) -> list[Row]:
    """What waits in these areas, or anywhere: kind by kind, the oldest first."""
    rows = figures.marts["to_do"] if not area_codes else []
    for code in area_codes:
        rows = [*rows, *figures.by("to_do", "area_code").get(code, [])]
    kinds = list(WAITING)
    return sorted(rows, key=lambda row: (kinds.index(row.kind), row.oldest_date, row.area_code, row.quota_year))


def coming(figures: MartRows, months: str, area_code: str) -> list[dict[str, Any]]:
    """What is planned in the months to come, the running one first, and for those who log in what is to be received.

    `months` is the mart of the area's months.
    """
    column = "area_code" if months == "area_plan_deviations" else "municipality_code"
    planned = figures.by(months, column, "plan_month")
    due = figures.by("open_deadlines", "area_code", "deadline_month") if "open_deadlines" in figures.marts else {}
    found = []
    first = figures.as_of + timedelta(days=1)
    for number in range(first.month - 1, first.month - 1 + MONTHS_AHEAD):
        month = date(first.year + number // 12, number % 12 + 1, 1)
        plan = planned.get((area_code, month))
        open_persons = sum(row.open_persons for row in due.get((area_code, month), []))
        found.append({"month": month, "planned": plan[0].planned_persons if plan else None, "due": open_persons})
    return found


def compare(figures: MartRows, years: list[int], year: int | None) -> dict[str, Any]:
    """All municipalities of a year side by side."""
    rows = figures.by("area_year_summaries", "quota_year", "area_level").get((year, "municipality"), [])
    counties = {row.county_code: row.county_name for row in figures.marts["counties"]}
    of = {row.municipality_code: counties[row.county_code] for row in figures.marts["municipalities"]}
    return {"years": years, "municipalities": rows, "county_of": of}


def closed_year(figures: MartRows, year: int | None) -> dict[str, Any]:
    """What is published once of an ended quota year: figures by area, and the country's reasons and categories."""
    rows = [row for row in figures.by("first_published_figures", "quota_year").get(year, []) if row.plan_month is None]
    by_area: dict[str, dict[str, Row]] = {}
    for row in rows:
        if not row.word:
            by_area.setdefault(row.area_code, {})[row.figure] = row
    words = {
        figure: [row for row in rows if row.figure == figure]
        for figure in ("cancelled_by_reason", "assigned_by_category")
    }
    return {"closed": by_area, "closed_words": words}


def country_months_shown(figures: MartRows) -> dict[str, int]:
    """Of how many months the country's figures are shown and withheld, all years together."""
    rows = figures.by("first_published_figures", "figure").get("cancelled_in_month", [])
    withheld = sum(row.is_withheld for row in rows)
    return {"all": len(rows), "withheld": withheld, "shown": len(rows) - withheld}


def county_outcome(figures: MartRows, county: Row, year: int | None) -> dict[str, Any]:
    """Plan beside outcome of a county and its municipalities."""
    code = county.county_code
    register = _register(figures, code)
    summaries = [
        figures.one("area_year_summaries", quota_year=year, area_code=row.municipality_code) for row in register
    ]
    return {
        "code": code,
        "area": county.county_name,
        "years": figures.years_of(code),
        "register": register,
        "summary": figures.one("area_year_summaries", quota_year=year, area_code=code),
        "municipalities": [summary for summary in summaries if summary],
        "months": figures.by("area_plan_deviations", "area_code", "quota_year").get((code, year), []),
        "coming": coming(figures, "area_plan_deviations", code),
        "received": figures.one("receptions_by_category", reception_year=year, area_code=code),
    }


def county_plan(figures: MartRows, county: Row) -> dict[str, Any]:
    """Decisions on länstal and kommuntal of a county, of all years."""
    code = county.county_code
    quotas, register = figures.by("county_quotas", "county_code").get(code, []), _register(figures, code)
    codes = {row.municipality_code for row in register}
    moved = [
        row
        for row in figures.marts["redistribution_outcomes"]
        if codes & {row.from_municipality_code, row.to_municipality_code}
    ]
    return {
        "code": code,
        "area": county.county_name,
        "register": register,
        "redistributions": sorted(moved, key=lambda row: row.requested_date, reverse=True),
        "proposals": figures.by("lanstal_proposals", "county_code").get(code, []),
        "quotas": quotas,
        "quota_spans": [
            (series, row.valid_from_date, row.valid_to_date, persons)
            for row in quotas
            for series, persons in (("lanstal", row.lanstal_persons), ("kommuntal", row.kommuntal_total_persons))
        ],
        "lanstal_changes": figures.by("lanstal_changes", "county_code").get(code, []),
    }


def _register(figures: MartRows, county_code: str) -> list[Row]:
    """The municipalities of a county."""
    return figures.by("municipalities", "county_code")[county_code]


def county(figures: MartRows, county: Row, year: int | None) -> dict[str, Any]:
    """Everything of a county, for those who log in."""
    code = county.county_code
    return {
        **county_plan(figures, county),
        **county_outcome(figures, county, year),
        "waiting": waiting(figures, code, *(row.municipality_code for row in _register(figures, code))),
        **_outlook(figures, year, code),
        **_cancellations(figures, year, county=code, country=COUNTRY),
    }


def municipality_outcome(figures: MartRows, municipality: Row, year: int | None) -> dict[str, Any]:
    """Plan beside outcome of a municipality."""
    code = municipality.municipality_code
    return {
        **_of_municipality(figures, municipality),
        "years": figures.years_of(code),
        "summary": figures.one("area_year_summaries", quota_year=year, area_code=code),
        "received": figures.one("receptions_by_category", reception_year=year, area_code=code),
        "months": figures.by("plan_deviations", "municipality_code", "quota_year").get((code, year), []),
        "coming": coming(figures, "plan_deviations", code),
    }


def municipality_plan(figures: MartRows, municipality: Row, year: int | None) -> dict[str, Any]:
    """A municipality's plan: its versions, the decisions, wishes and redistributions behind it, its arithmetic."""
    code = municipality.municipality_code
    changes = figures.by("kommuntal_changes", "municipality_code").get(code, [])
    outcomes = figures.by("redistribution_outcomes", "quota_year").get(year, [])
    return {
        **_of_municipality(figures, municipality),
        "changes": changes,
        "quota_spans": [("kommuntal", row.effect_date, row.valid_to_date, row.kommuntal_persons) for row in changes],
        "requests": figures.by("change_request_months", "municipality_code", "quota_year").get((code, year), []),
        "redistributions": [row for row in outcomes if code in (row.from_municipality_code, row.to_municipality_code)],
        "arithmetic": figures.by("plan_arithmetic", "municipality_code", "quota_year").get((code, year), []),
        **_versions(figures, code, year),
        "publications": _publications(figures, code, year),
    }


def municipality(figures: MartRows, municipality: Row, year: int | None) -> dict[str, Any]:
    """Everything of a municipality, for those who log in."""
    code, county_code = municipality.municipality_code, municipality.county_code
    return {
        **municipality_plan(figures, municipality, year),
        **municipality_outcome(figures, municipality, year),
        "waiting": waiting(figures, code),
        **_outlook(figures, year, code),
        "prior": figures.one("area_year_summaries", quota_year=(year or 0) - 1, area_code=code),
        **_cancellations(figures, year, municipality=code, county=county_code, country=COUNTRY),
    }


def _of_municipality(figures: MartRows, municipality: Row) -> dict[str, Any]:
    return {
        "code": municipality.municipality_code,
        "area": municipality.municipality_name,
        "county_code": municipality.county_code,
        "county": figures.by("counties", "county_code")[municipality.county_code][0].county_name,
    }


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
    heads = [
        {
            "first": months[0],
            "causes": months[0].cause.split("+"),
            "change_ids": plan_ids(figures, months[0]),
            "total": sum(row.planned_persons for row in months),
        }
        for months in by_version.values()
    ]
    lines = []
    for months in zip(*by_version.values(), strict=True):
        planned = [row.planned_persons for row in months]
        changed = [None, *(new - old for old, new in pairwise(planned))]
        lines.append((months[0].plan_month, list(zip(planned, changed, strict=True))))
    return {"versions": heads, "version_months": lines}


def _publications(figures: MartRows, code: str, year: int | None) -> list[tuple[date, dict[date, int]]]:
    """What was published as the plan, from each day on which that changed: planned persons by month."""
    published = figures.by("plan_publications", "municipality_code").get(code, [])
    rows = [row for row in published if row.plan_month.year == year]
    moments = {row.published_from_at for row in rows} | {row.published_to_at for row in rows if row.published_to_at}
    by_day = {}  # of a day the last
    for moment in sorted(moments):
        by_day[moment.replace(tzinfo=UTC).astimezone(STOCKHOLM).date()] = {
            row.plan_month: row.planned_persons
            for row in rows
            if row.published_from_at <= moment and (row.published_to_at is None or moment < row.published_to_at)
        }
    return list(by_day.items())


def explanation(figures: MartRows, code: str, year: int, head: Row, language: Language) -> str:
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


def plan(figures: MartRows, editions: Editions, years: list[int], year: int | None) -> dict[str, Any]:
    """The plan of all municipalities in a year, and its editions as documents."""
    rows = []
    planned = figures.by("monthly_plan", "quota_year").get(year, [])
    for code, of_code in groupby(planned, key=lambda row: row.municipality_code):
        months = [row.planned_persons for row in of_code]
        [municipality] = figures.by("municipalities", "municipality_code")[code]
        [county] = figures.by("counties", "county_code")[municipality.county_code]
        rows.append(
            {
                "code": code,
                "county": county.county_name,
                "kommuntal_persons": figures.kommuntal(code, year),
                "planned_persons": sum(months),
                "months": months,
            }
        )
    return {
        "years": years,
        "rows": rows,
        "plan_months": sorted({row.plan_month for row in planned}),
        "editions": editions.of(year) if year else [],
    }


def changes(figures: MartRows, found: Changes) -> dict[str, Any]:
    """What changes come to, and each figure by cause, county and area with its year: one cause in one place."""
    shown = sorted(found.rows[:CHANGES_SHOWN], key=lambda row: (row.cause, row.change_ids or ""))
    counties = {row.municipality_code: row.county_code for row in figures.marts["municipalities"]}
    groups = []
    for (cause, ids), rows in groupby(shown, key=lambda row: (row.cause, row.change_ids)):
        by_county: dict[str, list[Any]] = {}
        for area, cells in groupby(rows, key=lambda row: (row.area_code, row.quota_year)):
            by_county.setdefault(counties.get(area[0], area[0]), []).append((area, list(cells)))
        groups.append({"cause": cause, "change_ids": ids, "counties": sorted(by_county.items())})
    return {
        "previous": found.previous,
        "summed": summed(figures, found.rows),
        "week": over_a_week(figures),
        "groups": groups,
        "shown": len(shown),
        "all_changes": len(found.rows),
    }


def quality(figures: MartRows, builds: list[BuildRecord]) -> dict[str, Any]:
    """Checks, deliveries, rejected rows and remarks of the release, and the builds before."""
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


def about(figures: MartRows) -> dict[str, Any]:
    """Where figures come from, and which of them are simulated."""
    years = sorted({row.quota_year for row in figures.marts["figure_origins"]}, reverse=True)
    return {
        "origin_figures": FIGURES_OF_A_YEAR,
        "origins": [(year, [origin(figures, year, figure) for figure in FIGURES_OF_A_YEAR]) for year in years],
        "sources": read_sources(SOURCES_FILE),
    }


def origin(figures: MartRows, year: int, figure: str) -> str:
    """Whether a kind of figure of a year is real, simulated, partly simulated, or missing."""
    row = figures.one("figure_origins", quota_year=year, figure=figure)
    if row is None:
        return "missing"
    if not row.is_simulated:
        return "real"
    return "simulated" if row.simulated_rows == row.delivered_rows else "partly"
