"""The documents that planners use: the plan of a year as PDF, whole and per municipality, and a workbook."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from dagster_project import language as languages
from dagster_project.language import SWEDISH
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.releases.document_paths import LATEST, plan_document, plan_workbook
from dagster_project.sql import Row

HERE = Path(__file__).parent
VERSIONS_SHOWN = 6  # what a page is wide enough for
_DOCUMENTS_AT_A_TIME = 50
_TEMPLATES = ("country_plan.typ", "municipality_plan.typ")


@dataclass(frozen=True)
class Editions:
    """Editions of the plans that lie below public/documents/: names by quota year, the newest first."""

    names: dict[int, list[str]]

    def of(self, year: int) -> list[tuple[str, str]]:
        """Name and address of each edition of a year."""
        return [(name, plan_document(year, edition=name)) for name in self.names.get(year, [])]


def write_documents(public: Path, figures: MartRows, previous: Path | None) -> Editions:
    """Write the plans below `public`, and keep the editions of the release before, at their addresses.

    A plan that has not changed is not made again: its edition of the release before stays the latest.
    """
    years = figures.plan_years
    names: dict[int, list[str]] = {}
    kept_editions = keep_editions(public, previous)
    with ThreadPoolExecutor(os.cpu_count()) as typesetters:
        under_way = []
        for year in years:
            folder = public / "documents" / str(year)
            kept = kept_editions.get(str(year), [])
            contents = _contents(figures, year)
            digest = _digest(contents)
            same = [edition for edition in kept if edition.endswith(digest)]
            newest = same[0] if same else f"{figures.as_of}-{digest}"
            names[year] = [newest, *(edition for edition in kept if edition != newest)]
            if not same:
                (folder / newest).mkdir(parents=True)
                under_way += [
                    typesetters.submit(_typeset, folder / newest, template, part, figures.as_of)
                    for template, documents in contents.items()
                    for part in _parts(documents)
                ]
        for part_done in under_way:
            part_done.result()
    for year in years:
        link_files(public / "documents" / str(year) / names[year][0], (public / plan_document(year)).parent)
    return Editions(names)


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


def _digest(contents: dict[str, Any]) -> str:
    """Of all that decides what the documents look like."""
    made_with = [version("typst"), *((HERE / name).read_text(encoding="utf-8") for name in _TEMPLATES)]
    text = json.dumps([contents, made_with], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _parts(documents: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Documents in parts that are compiled in parallel."""
    names = list(documents)
    for start in range(0, len(names), _DOCUMENTS_AT_A_TIME):
        yield {name: documents[name] for name in names[start : start + _DOCUMENTS_AT_A_TIME]}


def _typeset(folder: Path, template: str, documents: dict[str, Any], as_of: date) -> None:
    import typst  # noqa: PLC0415 (only when there is a plan to write)

    compiler = typst.Compiler(HERE / template, root=HERE, ignore_system_fonts=True)
    made = datetime.combine(as_of, time(), UTC)
    for name, content in documents.items():
        data = json.dumps(content | {"edition": f"Utgåva {folder.name}"}, ensure_ascii=False)
        pdf = compiler.compile(format="pdf", sys_inputs={"data": data}, pdf_standards="ua-1", timestamp=made)
        (folder / name).write_bytes(pdf)  # type: ignore[arg-type]


def _contents(figures: MartRows, year: int) -> dict[str, Any]:
    """What each PDF of a year says, by template and file name."""
    plans = {
        code: list(months)
        for code, months in groupby(figures.by("monthly_plan", "quota_year")[year], lambda row: row.municipality_code)
    }
    own = {
        Path(plan_document(year, code)).name: _municipality_plan(figures, code, year)
        for code in plans
        if figures.by("monthly_plan_versions", "municipality_code", "quota_year").get((code, year))
    }
    return {
        "country_plan.typ": {Path(plan_document(year)).name: _whole_plan(figures, plans, year)},
        "municipality_plan.typ": own,
    }


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


def write_workbooks(root: Path, figures: MartRows, public_day: PublicDay | None = None) -> None:
    """A workbook below `root` for each year: plan, outcome and counts, and a sheet that explains every column."""
    import xlsxwriter  # noqa: PLC0415 (only when there is a workbook to write)

    from dagster_project.publish.documents.workbook import fill  # noqa: PLC0415

    for year in figures.plan_years:
        file = root / plan_workbook(year)
        file.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            book.set_properties({"title": f"Årsplan {year}", "created": datetime.combine(figures.as_of, time())})
            fill(book, figures, year, public_day)
