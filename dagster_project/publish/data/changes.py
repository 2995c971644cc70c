"""What differs between a build and the release before it, cell by cell, with the cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from dagster_project.releases.build_json import Description, digests_by_feed, read_description
from dagster_project.sql import sql_text
from dagster_project.transform.documented_tables import Table

# Figures that are compared: the mart, its columns for the area and the month (none: a whole year), and its columns
# by the word for the figure.
COMPARED: tuple[tuple[str, str, str | None, dict[str, str]], ...] = (
    ("area_year_summaries", "area_code", None, {"lanstal": "lanstal_persons"}),
    ("quota_year_counts", "municipality_code", None, {"kommuntal": "kommuntal_persons", "open": "open_persons"}),
    ("monthly_plan", "municipality_code", "plan_month", {"planned": "planned_persons"}),
    (
        "plan_deviations",
        "municipality_code",
        "plan_month",
        {
            "assigned": "assigned_persons",
            "cancelled": "cancelled_persons",
            "received": "received_in_month_persons",
            "prior_year": "prior_year_replacement_persons",
        },
    ),
)
_OF_DECISIONS = ("kommuntal", "planned")


class Change(NamedTuple):
    """One cell that differs; `cause` is why, `change_ids` names the decisions or requests behind it, if any."""

    area_code: str
    quota_year: int
    plan_month: date | None
    figure: str
    persons_before: int | None
    persons_after: int | None
    cause: str
    change_ids: str | None


CHANGES_TABLE = Table(
    "history",
    "changes",
    "What differs from the release before: one row per cell with another number.",
    (
        ("area_code", "varchar", "'00' for the whole country, two digits for a county, four for a municipality."),
        ("quota_year", "bigint", "The year of the figure."),
        ("plan_month", "date", "First day of the month; null for a figure of the whole year."),
        ("figure", "varchar", "lanstal, kommuntal, open, planned, assigned, cancelled, received or prior_year."),
        ("persons_before", "bigint", "Persons in the release before; null where there was no such cell."),
        ("persons_after", "bigint", "Persons in this release; null where there is no such cell any more."),
        ("cause", "varchar", "kommuntal, redistribution, wish; a feed that was delivered anew; as_of; or code."),
        ("change_ids", "varchar", "Decisions or requests behind the change, separated by semicolons."),
    ),
    ("area_code", "quota_year", "plan_month", "figure"),
)


@dataclass(frozen=True)
class Changes:
    """The release before this build, if there is one, and the cells that differ from it."""

    previous: Description | None = None
    rows: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """What a build was made of: as-of date and known-at moment, its program, and digests of delivered files by feed."""

    as_of: date
    known_at: datetime | None
    code_version: str
    digests: dict[str, set[str]]


def new_files_by_feed(files: Iterable[dict[str, Any]], previous: Description | None) -> dict[str, int]:
    """How many different files each feed has that the release before had not."""
    known = previous.digests_by_feed() if previous else {}
    return {feed: len(digests - known.get(feed, set())) for feed, digests in digests_by_feed(files).items()}


def find_changes(connection: duckdb.DuckDBPyConnection, before: Path, after: Path, new: Made) -> Changes:
    """Compare the Parquet files of a new build, in the folder `after`, with those of the release `before`."""
    previous = read_description(before)
    if previous is None:
        return Changes()
    old = Made(previous.as_of, previous.known_at, previous.code_version, previous.digests_by_feed())
    files = before / "parquet", after / "parquet"
    new_decisions = _new_ids(connection, *files)
    rows = []
    for area_code, quota_year, plan_month, figure, was, now in _differing_cells(connection, *files):
        behind = new_decisions.get((area_code, quota_year), {}) if figure in _OF_DECISIONS else {}
        cause = next(iter(behind), None) or _cause_without_decision(figure, old, new)
        ids = "; ".join(sorted({name for names in behind.values() for name in names})) or None
        rows.append(Change(area_code, quota_year, plan_month, figure, was, now, cause, ids))
    return Changes(previous, rows)


def _differing_cells(connection: duckdb.DuckDBPyConnection, before: Path, after: Path) -> list[tuple[Any, ...]]:
    """Cells with another number than before, or one where there was none, in the order of areas and months."""
    compared = []
    for mart, area, month, columns in COMPARED:
        both = [folder / f"{mart}.parquet" for folder in (before, after)]
        if not both[0].exists():
            continue  # the release before was made by a program without this mart
        known = set.intersection(*(_columns(connection, file) for file in both))
        for figure, column in columns.items():
            if {column, area} <= known:
                cells = [
                    f"(select {area} as area_code, quota_year, {month or 'null::date'} as plan_month, "
                    f"{column} as persons from read_parquet({sql_text(file)}))"
                    for file in both
                ]
                compared.append(
                    f"select coalesce(old.area_code, new.area_code) as area_code, "
                    f"coalesce(old.quota_year, new.quota_year) as quota_year, "
                    f"coalesce(old.plan_month, new.plan_month) as plan_month, '{figure}' as figure, "
                    f"old.persons as persons_before, new.persons as persons_after "
                    f"from {cells[0]} as old full join {cells[1]} as new on old.area_code = new.area_code "
                    f"and old.quota_year = new.quota_year and old.plan_month is not distinct from new.plan_month "
                    f"where old.persons is distinct from new.persons"
                )
    if not compared:
        return []
    every = " union all ".join(compared)
    return connection.execute(
        f"from ({every}) order by area_code, quota_year desc, plan_month nulls first, figure"
    ).fetchall()


def _new_ids(
    connection: duckdb.DuckDBPyConnection, before: Path, after: Path
) -> dict[tuple[str, int], dict[str, list[str]]]:
    """Decisions, redistributions and accepted wishes that were not there before, by municipality and year."""
    queries = {
        "kommuntal_changes": "municipality_code, quota_year, "
        "if(change_kind = 'decision', 'kommuntal', 'redistribution') as cause, change_id",
        "change_request_months": "municipality_code, quota_year, 'wish' as cause, request_id",
    }
    found: dict[tuple[str, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for mart, columns in queries.items():
        old, new = before / f"{mart}.parquet", after / f"{mart}.parquet"
        if not old.exists():
            continue
        wanted = "where decision = 'accepted'" if mart == "change_request_months" else ""
        rows = connection.execute(
            f"select {columns} from read_parquet({sql_text(new)}) {wanted} "
            f"except select {columns} from read_parquet({sql_text(old)}) {wanted} order by all"
        ).fetchall()
        for municipality_code, quota_year, cause, change_id in rows:
            found[municipality_code, quota_year][cause].append(change_id)
    return found


def _cause_without_decision(figure: str, previous: Made, new: Made) -> str:
    """Why a cell differs that no new decision explains."""
    feed = "quota_decisions" if figure in ("lanstal", *_OF_DECISIONS) else "assignment_log"
    feeds = [feed, "redistributions", "change_requests"] if figure in _OF_DECISIONS else [feed]
    if any(previous.digests.get(name, set()) != new.digests.get(name, set()) for name in feeds):
        return feed
    return "as_of" if (previous.as_of, previous.known_at) != (new.as_of, new.known_at) else "code"


def _columns(connection: duckdb.DuckDBPyConnection, file: Path) -> set[str]:
    return {row[0] for row in connection.execute(f"describe from read_parquet({sql_text(file)})").fetchall()}
