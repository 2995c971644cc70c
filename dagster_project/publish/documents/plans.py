"""The documents that planners use: the plan of a year as PDF, whole and per municipality, and a workbook."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
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

VERSIONS_SHOWN = 6  # what a page is wide enough for
_COUNTRY, _MUNICIPALITY = "country_plan.typ", "municipality_plan.typ"
_TEMPLATES = (_COUNTRY, _MUNICIPALITY)


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
            made_of = digest(contents, _TEMPLATES)
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


def _contents(figures: MartRows, year: int, failures: list[Failure]) -> dict[str, Any]:
    """What each PDF of a year says, by template and file name; what cannot be said is added to `failures`."""
    plans = {
        code: list(months)
        for code, months in groupby(figures.by("monthly_plan", "quota_year")[year], lambda row: row.municipality_code)
    }
    versions = figures.by("monthly_plan_versions", "municipality_code", "quota_year")
    contents: dict[str, Any] = {template: {} for template in _TEMPLATES}

    def add(template: str, address: str, content: Callable[..., dict[str, Any]], *about: Any) -> None:
        try:
            contents[template][Path(address).name] = content(figures, *about, year)
        except Exception as error:
            failures.append(failure(f"{PUBLIC}/{address}", template, error))

    add(_COUNTRY, plan_document(year), _whole_plan, plans)
    for code in plans:
        if versions.get((code, year)):
            add(_MUNICIPALITY, plan_document(year, code), _municipality_plan, code)
    return contents


def _n(value: float | None, decimals: int = 0) -> str:
    return languages.number(value, SWEDISH, decimals)


def _notices(figures: MartRows, year: int) -> list[str]:
    kommuntal = figures.one("figure_origins", quota_year=year, figure="kommuntal")
    return (
        [f"Kommuntalen för {year} är simulerade. Därför är även planen simulerad."]
        if kommuntal and kommuntal.simulated_rows
        else []
    )


def _whole_plan(figures: MartRows, plans: dict[str, list[Row]], year: int) -> dict[str, Any]:
    texts = SWEDISH.texts
    counties = []
    country: list[tuple[int, list[int]]] = []
    for county in figures.marts["counties"]:
        rows = []
        for municipality in figures.by("municipalities", "county_code")[county.county_code]:
            months = plans.get(municipality.municipality_code)
            if months:
                rows.append((municipality, figures.kommuntal(municipality.municipality_code, year), months))
        if rows:
            sums = [sum(months[position].planned_persons for _, _, months in rows) for position in range(12)]
            quota = sum(kommuntal or 0 for _, kommuntal, _ in rows)
            country.append((quota, sums))
            counties.append(
                {
                    "name": county.county_name,
                    "rows": [
                        [
                            municipality.municipality_name,
                            _n(kommuntal),
                            *(_n(row.planned_persons) for row in months),
                            _n(sum(row.planned_persons for row in months)),
                        ]
                        for municipality, kommuntal, months in rows
                    ],
                    "total": _sum_line("Länet", quota, sums),
                }
            )
    of_country = [sum(position) for position in zip(*(sums for _, sums in country), strict=True)]
    planned, every = len(country), len(figures.marts["counties"])
    name = texts["page"]["country"] if planned == every else texts["page"]["some_counties"].format(n=planned, all=every)
    counties.append(
        {"name": name, "rows": [], "total": _sum_line(name, sum(quota for quota, _ in country), of_country)}
    )
    some = [] if planned == every else [texts["site"]["counties_notice"].format(year=year, n=planned, all=every)]
    first = next(iter(plans.values()))
    return {
        "title": f"Årsplanering {year}",
        "lead": texts["document"]["plan_lead"],
        "notices": [*_notices(figures, year), *some],
        "columns": [
            "Kommun",
            "Kommuntal",
            *(languages.short_month(row.plan_month, SWEDISH) for row in first),
            "Summa",
        ],
        "counties": counties,
    }


def _sum_line(name: str, quota: int, months: list[int]) -> list[str]:
    return [name, _n(quota), *(_n(value) for value in months), _n(sum(months))]


def _municipality_plan(figures: MartRows, code: str, year: int) -> dict[str, Any]:
    [municipality] = figures.by("municipalities", "municipality_code")[code]
    [county] = figures.by("counties", "county_code")[municipality.county_code]
    versions = [
        list(months)
        for _, months in groupby(
            figures.by("monthly_plan_versions", "municipality_code", "quota_year")[code, year],
            lambda row: row.version_number,
        )
    ][-VERSIONS_SHOWN:]
    texts = SWEDISH.texts
    heads = [months[0] for months in versions]
    lines = [
        [texts["word"]["effect"], *(languages.day(head.effect_date, SWEDISH) for head in heads)],
        [
            texts["municipality"]["why"],
            *(", ".join(texts["cause"][cause] for cause in head.cause.split("+")) for head in heads),
        ],
        [texts["word"]["kommuntal"], *(_n(head.kommuntal_persons) for head in heads)],
    ]
    lines += [
        [languages.month(months[0].plan_month, SWEDISH), *(_n(row.planned_persons) for row in months)]
        for months in zip(*versions, strict=True)
    ]
    return {
        "title": f"Årsplanering {year} för {municipality.municipality_name}",
        "lead": f"{county.county_name}. {texts['document']['plan_lead']}",
        "notices": _notices(figures, year),
        "versions": [_n(head.version_number) for head in heads],
        "lines": lines,
        "total": [texts["site"]["total"], *(_n(sum(row.planned_persons for row in months)) for months in versions)],
        "decisions": list(_decisions(figures, code, year)),
    }


def _decisions(figures: MartRows, code: str, year: int) -> Iterator[list[str]]:
    for row in figures.by("kommuntal_changes", "municipality_code", "quota_year").get((code, year), []):
        persons = row.decided_persons if row.change_kind == "decision" else row.moved_persons
        shown = _n(persons) if row.change_kind == "decision" else languages.signed(persons, SWEDISH)
        text = f"{SWEDISH.texts['change'][row.change_kind]}: {row.change_id}"
        yield [languages.day(row.effect_date, SWEDISH), text, shown, _n(row.kommuntal_persons)]


def write_workbooks(root: Path, figures: MartRows, public_day: PublicDay | None = None) -> list[Failure]:
    """A workbook below `root` for each year: plan, outcome and counts, and a sheet that explains every column.

    Those that could not be made are returned; their years have none.
    """
    failures = []
    for year in figures.plan_years:
        file = root / plan_workbook(year)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = _workbook(figures, year, public_day)
        except Exception as error:
            failures.append(failure(f"{root.name}/{plan_workbook(year)}", "workbook.py", error))
        else:
            file.write_bytes(content)
    return failures


def _workbook(figures: MartRows, year: int, public_day: PublicDay | None) -> bytes:
    """A year's workbook, made in memory: an error while it is filled leaves no half of it."""
    import xlsxwriter  # noqa: PLC0415 (only when there is a workbook to write)

    from dagster_project.publish.documents.workbook import fill  # noqa: PLC0415

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": f"Årsplan {year}", "created": datetime.combine(figures.as_of, time())})
        fill(book, figures, year, public_day)
    return content.getvalue()
