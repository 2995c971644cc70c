"""Plan beside outcome of a year as PDF, per municipality and per county: for those who log in."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from dagster_project import language as languages
from dagster_project.language import SWEDISH
from dagster_project.publish.documents import plans
from dagster_project.publish.documents.typesetting import Contents, digest, typeset
from dagster_project.publish.failures import Failure, failure
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.site import standing
from dagster_project.releases.document_paths import outcome_document
from dagster_project.releases.folder import INTERNAL
from dagster_project.sql import Row

_MUNICIPALITY, _COUNTY = "municipality_plan.typ", "county_outcome.typ"
_TEXTS = SWEDISH.texts
_n = partial(languages.number, language=SWEDISH)
_signed = partial(languages.signed, language=SWEDISH)
_percent = partial(languages.percent, language=SWEDISH)


def write_outcome_documents(internal: Path, figures: MartRows, previous: Path | None) -> list[Failure]:
    """Write them below `internal`, for areas with an outcome in the years followed; those that cannot be made.

    Each names in its keywords what it was made of: one that has not changed since `previous`, the internal/ of the
    release before, is the same file.
    """
    failures: list[Failure] = []
    with ThreadPoolExecutor(os.cpu_count()) as typesetters:
        under_way: list[Future[list[Failure]]] = []
        for year in plans.years_followed(figures):
            changed: Contents = {_MUNICIPALITY: {}, _COUNTY: {}}
            for template, address, content in _contents(figures, year, failures):
                made_of = digest(content, (template, plans.SHARED_TEMPLATE))
                file = internal / address
                before = previous / address if previous else file
                if before.is_file() and f"<pdf:Keywords>{made_of}<".encode() in before.read_bytes():
                    file.hardlink_to(before)
                else:
                    edition = _TEXTS["document"]["outcome_edition"].format(day=figures.as_of)
                    changed[template][file.name] = content | {"made_of": made_of, "edition": edition}
            latest = Path(outcome_document(year, "")).parent
            under_way += typeset(typesetters, internal / latest, changed, figures.as_of, f"{INTERNAL}/{latest}")
        for part_done in under_way:
            failures += part_done.result()
    return failures


def _contents(figures: MartRows, year: int, failures: list[Failure]) -> list[tuple[str, str, dict[str, Any]]]:
    """Template, address and content of each document of a year; what cannot be said is added to `failures`."""
    contents = []

    def add(template: str, code: str, content: Callable[..., dict[str, Any]], *about: Any) -> None:
        summary = figures.one("area_year_summaries", quota_year=year, area_code=code)
        if summary and summary.is_covered_by_log:
            try:
                contents.append((template, outcome_document(year, code), content(figures, summary, *about)))
            except Exception as error:
                failures.append(failure(f"{INTERNAL}/{outcome_document(year, code)}", template, error))

    for code in plans.municipalities_with_plan(figures, year):
        add(_MUNICIPALITY, code, _of_municipality)
    for county in (one for one in figures.marts["counties"] if plans.plans_in_county(figures, one, year)):
        add(_COUNTY, county.county_code, _of_county, county)
    return contents


def _of_municipality(figures: MartRows, summary: Row) -> dict[str, Any]:
    code, year = summary.area_code, summary.quota_year
    months = figures.by("plan_deviations", "municipality_code", "quota_year")[code, year]
    [municipality] = figures.by("municipalities", "municipality_code")[code]
    said = _outcome(figures, summary, municipality.municipality_name)
    names = [*(languages.month(row.plan_month, SWEDISH) for row in months), _TEXTS["site"]["total"]]
    lines = [
        list(line) for line in zip(names, *(_figure(word, months, figures.as_of) for word in _MONTHS), strict=True)
    ]
    said["outcome"] |= {"columns": [_TEXTS["word"][word] for word in _MONTHS], "months": lines[:-1], "total": lines[-1]}
    return plans.municipality_plan(figures, code, year) | said


def _of_county(figures: MartRows, summary: Row, county: Row) -> dict[str, Any]:
    code, year = summary.area_code, summary.quota_year
    months = figures.by("area_plan_deviations", "area_code", "quota_year")[code, year]
    municipalities = figures.by("municipalities", "county_code")[code]
    summaries = figures.by("area_year_summaries", "area_code", "quota_year")
    quotas = figures.by("county_quotas", "county_code").get(code, [])
    plan = plans.plan_lines(county.county_name, plans.plans_in_county(figures, county, year))
    of_county = [("planned", plan["total"][1:2]), *((word, [""]) for word in ("net", "deviation", "received"))]
    return _outcome(figures, summary, county.county_name) | {
        "municipalities": [
            [row.municipality_name, *_line(summaries[row.municipality_code, year][0])]
            for row in municipalities
            if summaries.get((row.municipality_code, year))
        ],
        "county": [plan["total"][0], *_line(summary)],
        "quotas": [_quota(row) for row in quotas if row.quota_year == year],
        "plan_columns": plans.plan_columns(year),
        "plan": plan,
        "totals": [
            [f"Länet: {_TEXTS['word'][word].lower()}", *quota, *_figure(word, months, figures.as_of)]
            for word, quota in of_county
        ],
    }


def _outcome(figures: MartRows, summary: Row, area: str) -> dict[str, Any]:
    """What documents of municipalities and of counties say alike."""
    simulated = ", ".join(_TEXTS["origin"][figure] for figure in figures.simulated(summary.quota_year))
    notice = _TEXTS["site"]["simulated_notice"].format(year=summary.quota_year, figures=simulated)
    title = _TEXTS["document"]["outcome_title"].format(year=summary.quota_year, area=area)
    return {
        "title": title,
        "lead": f"{_TEXTS['site']['internal']} {_TEXTS['country']['key_text']}",
        "notices": [notice] if simulated else [],
        "outcome": {
            "standing": standing.sentence(summary, area, SWEDISH, is_internal=True),
            "figures": [_parts(figures, summary), _key_figures(summary)],
        },
    }


def _parts(figures: MartRows, summary: Row) -> list[list[str]]:
    """Kommuntal and what it is made of: word, persons, note."""
    code, year = summary.area_code, summary.quota_year
    deadlines = figures.by("open_deadlines", "quota_year", "area_code").get((year, code), [])
    to_assign = standing.to_assign_note(summary, SWEDISH)
    notes = {"open": standing.open_note(deadlines, year, SWEDISH), "to_assign": to_assign, "over_assigned": to_assign}
    lanstal = [["lanstal", _n(summary.lanstal_persons), ""]] if summary.area_level == "county" else []
    parts = [[part.word, _n(part.persons), notes.get(part.word, "")] for part in standing.parts(summary, True)]
    kommuntal = ["kommuntal", _n(summary.kommuntal_persons), ""]
    return [[_TEXTS["word"][word], *said] for word, *said in (*lanstal, kommuntal, *parts)]


def _key_figures(summary: Row) -> list[list[str]]:
    """What there is to say to date: word, figure, note."""
    to_month = _TEXTS["status"]["to_month"]
    ended = summary.to_date_month
    until = to_month.format(month=languages.month(ended, SWEDISH), year=ended.year) if ended else ""
    words = [
        ("planned_to_date", _n(summary.planned_to_date_persons), ""),
        ("assigned", _n(summary.assigned_persons), ""),
        ("cancelled", _n(summary.cancelled_persons), ""),
        ("net_to_date", _n(summary.net_assigned_to_date_persons), ""),
        ("deviation_to_date", _signed(summary.deviation_to_date_persons), ""),
        ("fulfilment", _percent(summary.fulfilment_percent), ""),
        ("status", _TEXTS["status"][summary.plan_status], until),
    ]
    return [[_TEXTS["word"][word], *said] for word, *said in words]


_MONTHS = {
    "planned": ("planned_persons", _n),
    "assigned": ("assigned_persons", _n),
    "cancelled": ("cancelled_persons", _n),
    "net": ("net_assigned_persons", _n),
    "deviation": ("deviation_persons", _signed),
    "cumulative_deviation": ("cumulative_deviation_persons", _signed),
    "received": ("received_in_month_persons", _n),
}  # by the word that heads a figure of the months: the mart's column, how it is shown


def _figure(word: str, months: list[Row], as_of: date) -> list[str]:
    """A figure of a year's months, a dash where the month has not begun, and their sum where there is one."""
    column, shown = _MONTHS[word]
    known = [getattr(row, column) if word == "planned" or row.plan_month <= as_of else None for row in months]
    total = "" if shown is _signed else _n(sum(value or 0 for value in known))
    return [*map(shown, known), total]


def _line(summary: Row) -> list[str]:
    """An area in the table of municipalities."""
    return [
        _TEXTS["status"][summary.plan_status],
        _n(summary.kommuntal_persons),
        _n(summary.planned_to_date_persons),
        _n(summary.net_assigned_to_date_persons),
        _signed(summary.deviation_to_date_persons),
        _n(summary.received_persons),
        _n(summary.open_persons),
        _n(summary.awaiting_persons),
    ]


def _quota(row: Row) -> list[str]:
    return [
        languages.day(row.valid_from_date, SWEDISH),
        languages.day(row.valid_to_date, SWEDISH),
        _n(row.lanstal_persons),
        _n(row.kommuntal_total_persons),
        _signed(row.margin_persons),
        _TEXTS["county_status"][row.status],
    ]
