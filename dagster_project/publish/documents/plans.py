"""The documents that planners use: the plan of a year as PDF, whole and per municipality, and a workbook."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from dagster_project import language as languages
from dagster_project.language import SWEDISH
from dagster_project.publish.documents.typesetting import Contents, digest, typeset
from dagster_project.publish.failures import Failure, failure
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.releases.document_paths import LATEST, plan_document, plan_workbook
from dagster_project.releases.folder import PUBLIC
from dagster_project.sql import Row

CLOSING_MONTHS = 3  # of a year in which the one before is still followed
VERSIONS_SHOWN = 6  # what a page is wide enough for
_COUNTRY, _MUNICIPALITY = "country_plan.typ", "municipality_plan.typ"
_TEMPLATES = (_COUNTRY, _MUNICIPALITY)
SHARED_TEMPLATE = "outcome.typ"


@dataclass(frozen=True)
class Editions:
    """Editions of the plans that lie below public/documents/: names by quota year, the newest first."""

    names: dict[int, list[str]]

    def of(self, year: int) -> list[tuple[str, str]]:
        """Name and address of each edition of a year."""
        return [(name, plan_document(year, edition=name)) for name in self.names.get(year, [])]


def write_documents(
    public: Path, figures: MartRows, public_day: PublicDay, previous: Path | None
) -> tuple[Editions, list[Failure]]:
    """Write the plans below `public`, and keep the editions of the release before, at their addresses.

    A plan that has not changed is not made again: its edition of the release before stays the latest. What could not
    be made is missing in its edition, and is tried again by every later release.
    """
    years = figures.plan_years
    names: dict[int, list[str]] = {}
    failures: list[Failure] = []
    kept_editions = keep_editions(public, previous)
    days = {"day": public_day.day, "next": public_day.next.day, "next_from": public_day.next.published_from}
    outcomes = SWEDISH.texts["public"]["when_made"].format(**days)  # no part of what the edition says: it stays
    with ThreadPoolExecutor(os.cpu_count()) as typesetters:
        under_way: list[Future[list[Failure]]] = []
        for year in years:
            kept = kept_editions.get(str(year), [])
            contents = _contents(figures, year, failures)
            made_of = digest(contents, (*_TEMPLATES, SHARED_TEMPLATE))
            same = [edition for edition in kept if edition.endswith(made_of)]
            newest = same[0] if same else f"{figures.as_of}-{made_of}"
            names[year] = [newest, *(edition for edition in kept if edition != newest)]
            folder = public / "documents" / str(year) / newest
            folder.mkdir(parents=True, exist_ok=True)
            missing = _missing(folder, contents, f"Utgåva {newest}. {outcomes}")
            latest = f"{PUBLIC}/documents/{year}/{LATEST}"  # the address while it fails, whatever the edition
            under_way += typeset(typesetters, folder, missing, figures.as_of, latest)
        for part_done in under_way:
            failures += part_done.result()
    for year in years:
        link_files(public / "documents" / str(year) / names[year][0], (public / plan_document(year)).parent)
    return Editions(names), failures


def keep_editions(public: Path, previous: Path | None) -> dict[str, list[str]]:
    """Take over the editions of the release before, at their addresses; their names by year, the newest first."""
    names: dict[str, list[str]] = {}
    for old in sorted((previous / "documents").glob("*/*")) if previous else []:
        if old.name != LATEST:
            link_files(old, public / "documents" / old.parent.name / old.name)
            names.setdefault(old.parent.name, []).insert(0, old.name)
    return names


def link_documents(public: Path, internal: Path) -> None:
    """The plans below `public` at the same addresses below `internal`."""
    for folder in (public / "documents").glob("*/*"):
        link_files(folder, internal / folder.relative_to(public))


def link_files(folder: Path, target: Path) -> None:
    """The same files in another folder, without a copy: neither is ever written to again."""
    target.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        (target / file.name).hardlink_to(file)


def _missing(folder: Path, contents: Contents, edition: str) -> Contents:
    """Documents that an edition has not yet, and what it says of itself."""
    return {
        template: {
            name: content | {"edition": edition} for name, content in documents.items() if not (folder / name).is_file()
        }
        for template, documents in contents.items()
    }


def _contents(figures: MartRows, year: int, failures: list[Failure]) -> Contents:
    """What each PDF of a year says; what cannot be said is added to `failures`."""
    contents: Contents = {template: {} for template in _TEMPLATES}

    def add(template: str, address: str, content: Callable[..., dict[str, Any]], *about: Any) -> None:
        try:
            contents[template][Path(address).name] = content(figures, *about, year)
        except Exception as error:
            failures.append(failure(f"{PUBLIC}/{address}", template, error))

    add(_COUNTRY, plan_document(year), _whole_plan)
    for code in municipalities_with_plan(figures, year):
        add(_MUNICIPALITY, plan_document(year, code), municipality_plan, code)
    return contents


def municipalities_with_plan(figures: MartRows, year: int) -> list[str]:
    """Codes of the municipalities that have a plan of a year."""
    versions = figures.by("monthly_plan_versions", "municipality_code", "quota_year")
    planned = dict.fromkeys(row.municipality_code for row in figures.by("monthly_plan", "quota_year")[year])
    return [code for code in planned if versions.get((code, year))]


def _n(value: float | None, decimals: int = 0) -> str:
    return languages.number(value, SWEDISH, decimals)


def _notices(figures: MartRows, year: int) -> list[str]:
    is_simulated = "kommuntal" in figures.simulated(year)
    return [f"Kommuntalen för {year} är simulerade. Därför är även planen simulerad."] if is_simulated else []


def _whole_plan(figures: MartRows, year: int) -> dict[str, Any]:
    texts = SWEDISH.texts
    by_county = [(county, plans_in_county(figures, county, year)) for county in figures.marts["counties"]]
    counties = [plan_lines(county.county_name, plans) for county, plans in by_county if plans]
    planned, every = len(counties), len(by_county)
    name = texts["page"]["country"] if planned == every else texts["page"]["some_counties"].format(n=planned, all=every)
    of_country = [plan for _, plans in by_county for plan in plans]
    some = [] if planned == every else [texts["site"]["counties_notice"].format(year=year, n=planned, all=every)]
    return {
        "title": f"Årsplanering {year}",
        "lead": texts["document"]["plan_lead"],
        "notices": [*_notices(figures, year), *some],
        "columns": plan_columns(year),
        "counties": [*counties, {"name": name, "rows": [], "total": _sum_line(name, of_country)}],
    }


_Plan = tuple[str, int | None, list[int]]  # a municipality's name, its kommuntal, its months


def plans_in_county(figures: MartRows, county: Row, year: int) -> list[_Plan]:
    """The municipalities of a county that have a plan of a year."""
    plans = figures.by("monthly_plan", "municipality_code", "quota_year")
    return [
        (
            row.municipality_name,
            figures.kommuntal(row.municipality_code, year),
            [month.planned_persons for month in months],
        )
        for row in figures.by("municipalities", "county_code")[county.county_code]
        if (months := plans.get((row.municipality_code, year)))
    ]


def plan_columns(year: int) -> list[str]:
    """What heads the columns of `plan_lines`."""
    months = (languages.short_month(date(year, number, 1), SWEDISH) for number in range(1, 13))
    return ["Kommun", "Kommuntal", *months, "Summa"]


def plan_lines(name: str, plans: list[_Plan]) -> dict[str, Any]:
    """A county's plan as a table: a line per municipality, and their sum."""
    return {"name": name, "rows": [_line(*plan) for plan in plans], "total": _sum_line("Länet", plans)}


def _sum_line(name: str, plans: list[_Plan]) -> list[str]:
    months = [sum(of_month) for of_month in zip(*(months for _, _, months in plans), strict=True)]
    return _line(name, sum(kommuntal or 0 for _, kommuntal, _ in plans), months)


def _line(name: str, kommuntal: int | None, months: list[int]) -> list[str]:
    return [name, _n(kommuntal), *(_n(value) for value in months), _n(sum(months))]


def municipality_plan(figures: MartRows, code: str, year: int) -> dict[str, Any]:
    """A municipality's plan of a year, the newest versions of it and the decisions behind."""
    [municipality] = figures.by("municipalities", "municipality_code")[code]
    [county] = figures.by("counties", "county_code")[municipality.county_code]
    rows = figures.by("monthly_plan_versions", "municipality_code", "quota_year")[code, year]
    versions = [list(months) for _, months in groupby(rows, lambda row: row.version_number)][-VERSIONS_SHOWN:]
    texts = SWEDISH.texts
    heads = [months[0] for months in versions]
    of_versions = [
        [texts["word"]["effect"], *(languages.day(head.effect_date, SWEDISH) for head in heads)],
        [
            texts["municipality"]["why"],
            *(", ".join(texts["cause"][cause] for cause in head.cause.split("+")) for head in heads),
        ],
        [texts["word"]["kommuntal"], *(_n(head.kommuntal_persons) for head in heads)],
    ]
    months = [
        [languages.month(of_month[0].plan_month, SWEDISH), *_with_changes([row.planned_persons for row in of_month])]
        for of_month in zip(*versions, strict=True)
    ]
    totals = [sum(row.planned_persons for row in months) for months in versions]
    return {
        "title": f"Årsplanering {year} för {municipality.municipality_name}",
        "lead": f"{county.county_name}. {texts['document']['plan_lead']}",
        "notices": _notices(figures, year),
        "versions": [_n(head.version_number) for head in heads],
        "of_versions": of_versions,
        "months": months,
        "total": [texts["site"]["total"], *_with_changes(totals)],
        "decisions": list(_decisions(figures, code, year)),
    }


def _with_changes(persons: list[int]) -> list[list[str]]:
    """Numbers of a plan's versions, each with the change from the one before where there is one."""
    changes = [0, *(new - old for old, new in pairwise(persons))]
    shown = (f"({languages.signed(change, SWEDISH)})" if change else "" for change in changes)
    return [list(pair) for pair in zip(map(_n, persons), shown, strict=True)]


def _decisions(figures: MartRows, code: str, year: int) -> Iterator[list[str]]:
    for row in figures.by("kommuntal_changes", "municipality_code", "quota_year").get((code, year), []):
        persons = row.decided_persons if row.change_kind == "decision" else row.moved_persons
        shown = _n(persons) if row.change_kind == "decision" else languages.signed(persons, SWEDISH)
        text = f"{SWEDISH.texts['change'][row.change_kind]}: {row.change_id}"
        yield [languages.day(row.effect_date, SWEDISH), text, shown, _n(row.kommuntal_persons)]


def years_followed(figures: MartRows) -> list[int]:
    """Quota years with a plan whose outcome has documents per area: that of the as-of date and later ones, and until
    the end of March the one before, which closes then. Of older ones the pages and one workbook tell.
    """
    oldest = figures.as_of.year - (figures.as_of.month <= CLOSING_MONTHS)
    return [year for year in figures.plan_years if year >= oldest]


def write_workbooks(root: Path, figures: MartRows, public_day: PublicDay | None = None) -> list[Failure]:
    """A workbook below `root` for each year: plan, outcome and counts, and a sheet that explains every column.

    For those who log in, who have no public day, also one per county. Those that could not be made are returned.
    """
    failures = []
    followed = [] if public_day else years_followed(figures)
    counties = [(year, county) for year in followed for county in figures.marts["counties"]]
    of_one = [(year, county.county_code) for year, county in counties if plans_in_county(figures, county, year)]
    for year, county_code in (*((year, None) for year in figures.plan_years), *of_one):
        address = plan_workbook(year, county_code)
        file = root / address
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = _workbook(figures, year, public_day, county_code)
        except Exception as error:
            failures.append(failure(f"{root.name}/{address}", "workbook.py", error))
        else:
            file.write_bytes(content)
    return failures


def _workbook(figures: MartRows, year: int, public_day: PublicDay | None, county_code: str | None) -> bytes:
    """A year's workbook, made in memory: an error while it is filled leaves no half of it."""
    import xlsxwriter  # noqa: PLC0415 (only when there is a workbook to write)

    from dagster_project.publish.documents.workbook import fill  # noqa: PLC0415

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": f"Årsplan {year}", "created": datetime.combine(figures.as_of, time())})
        fill(book, figures, year, public_day, county_code)
    return content.getvalue()
