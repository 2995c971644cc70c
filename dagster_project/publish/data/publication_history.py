"""What was published when: the spells in which a published number stood, handed on from release to release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.publish.data.changes import CHANGES_TABLE, Changes
from dagster_project.releases.build_json import ERROR, Finding
from dagster_project.releases.folder import WAREHOUSE, began_at
from dagster_project.releases.predecessor import whole_releases
from dagster_project.sql import sql_text
from dagster_project.transform.documented_tables import Table

_SPELL = (
    ("first_build_id", "varchar", "The release that first said so."),
    ("last_build_id", "varchar", "The last release that said so, without a break."),
    ("published_from_at", "timestamp", "When the first of these releases was built, UTC."),
    ("published_to_at", "timestamp", "When a release said otherwise, UTC; null while this stands."),
)


@dataclass(frozen=True)
class Remembered:
    """A table of spells: the mart whose rows are remembered, by which key, and which numbers of them."""

    mart: str
    table: Table
    values: tuple[str, ...]


PLAN_PUBLICATIONS = Remembered(
    "monthly_plan",
    Table(
        "history",
        "plan_publications",
        "What the published plan said when: one row per municipality, month and spell of releases with one number.",
        (
            ("municipality_code", "varchar", "Code of the municipality (kommun), four digits, as text."),
            ("plan_month", "date", "First day of the month of assignment."),
            ("planned_persons", "bigint", "Persons planned to be assigned, as published."),
            *_SPELL,
        ),
        ("municipality_code", "plan_month", "first_build_id"),
        ("kommuntal", "redistributions", "change_requests"),
    ),
    ("planned_persons",),
)
COUNT_PUBLICATIONS = Remembered(
    "quota_year_counts",
    Table(
        "history",
        "count_publications",
        "What the published counts said when: one row per quota year, municipality and spell of releases that agree.",
        (
            ("quota_year", "bigint", "The year whose kommuntal the row counts against (R5)."),
            ("municipality_code", "varchar", "Code of the municipality (kommun), four digits, as text."),
            ("kommuntal_persons", "bigint", "Kommuntal in force, as published."),
            ("received_persons", "bigint", "Persons received, as published."),
            ("open_persons", "bigint", "Persons of open assignments, as published."),
            ("cancelled_persons", "bigint", "Persons of cancelled assignments, as published."),
            *_SPELL,
        ),
        ("quota_year", "municipality_code", "first_build_id"),
    ),
    ("kommuntal_persons", "received_persons", "open_persons", "cancelled_persons"),
)
RELEASES_TABLE = Table(
    "history",
    "releases",
    "The releases that the tables of this schema speak of: one row per release.",
    (
        ("build_id", "varchar", "Id of the build."),
        ("as_of_date", "date", "Its as-of date."),
        ("known_at", "timestamp", "Its known-at moment, Stockholm's time; null without one."),
        ("published_from_at", "timestamp", "When it was built, UTC."),
    ),
    ("build_id",),
    ("lanstal", "kommuntal", "redistributions", "change_requests"),
)
REMEMBERED = (PLAN_PUBLICATIONS, COUNT_PUBLICATIONS)
# What pages show of them.
HISTORY_SHOWN = (RELEASES_TABLE.name, *(remembered.table.name for remembered in REMEMBERED))
HISTORY_TABLES = (CHANGES_TABLE, RELEASES_TABLE, *(remembered.table for remembered in REMEMBERED))

# Raised when tables that are handed on change: histories with another number are not read, but rebuilt.
HISTORY_VERSION = 1
# What releases wrote that gave no number yet.
_UNNUMBERED = 1
VERSION_TABLE = Table(
    "history",
    "schema_version",
    "Which form the tables of this schema have: one row.",
    (("version_number", "bigint", "Raised when a table that is handed on gets other columns or another meaning."),),
    ("version_number",),
)
_HANDED_ON = (RELEASES_TABLE, *(remembered.table for remembered in REMEMBERED))


def write_history(
    connection: duckdb.DuckDBPyConnection,
    previous: Path | None,
    output: Path,
    build_id: str,
    began_at: datetime,
    changes: Changes,
) -> Finding | None:
    """Create the tables of schema `history` in a new warehouse, from the release before and the new marts.

    `previous` is the folder of the release before, `began_at` when this build began (UTC). Where the history of that
    release cannot be read, it is rebuilt from the releases below `output`, and a finding says so.
    """
    _write_changes(connection, changes)
    _begin(connection)
    unread = _read(connection, previous) if previous else None
    rebuilt_from = _rebuild(connection, output) if unread else 0
    _add(connection, "marts", build_id, began_at)
    for table in _HANDED_ON:
        table.create(connection)
        order = ", ".join(table.key)
        connection.execute(f"insert into history.{table.name} from {_so_far(table)} order by {order}")
    VERSION_TABLE.create(connection)
    connection.execute(f"insert into history.{VERSION_TABLE.name} values ({HISTORY_VERSION})")
    if previous is None or unread is None:
        return None
    facts = {"release": previous.name, "reason": unread, "releases": rebuilt_from}
    return Finding("history", ERROR, previous.name, facts)


def _write_changes(connection: duckdb.DuckDBPyConnection, changes: Changes) -> None:
    CHANGES_TABLE.create(connection)
    if changes.rows:
        # All rows decide the types of the columns: the first ones may all be of whole years, without a month.
        names = CHANGES_TABLE.column_names
        changed = pl.DataFrame(changes.rows, names, orient="row", infer_schema_length=None)
        connection.register("changed_cells", changed.to_arrow())
        connection.execute("insert into history.changes from changed_cells")
        connection.unregister("changed_cells")


def _so_far(table: Table) -> str:
    """Where a table of the history grows, release by release, until it is written: in memory."""
    return f"{table.name}_so_far"


def _begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Let nothing have been published yet."""
    for table in _HANDED_ON:
        columns = ", ".join(f"{name} {data_type}" for name, data_type, _ in table.columns)
        connection.execute(f"create or replace temp table {_so_far(table)} ({columns})")


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, release: Path) -> Iterator[None]:
    """The warehouse of an earlier release, as database `earlier`."""
    connection.execute(f"attach {sql_text(release / WAREHOUSE)} as earlier (read_only)")
    try:
        yield
    finally:
        connection.execute("detach earlier")


def _read(connection: duckdb.DuckDBPyConnection, previous: Path) -> str | None:
    """Take over the history of the release before; why not, where it cannot be read."""
    try:
        with _attached(connection, previous):
            columns = _columns(connection)
            is_numbered = VERSION_TABLE.name in columns
            version = _number(connection) if is_numbered else _UNNUMBERED if _is_as_today(columns) else None
            if version != HISTORY_VERSION:
                return f"history.{VERSION_TABLE.name}: {version or '–'}"
            for table in _HANDED_ON:
                if is_numbered or table.name in columns:
                    listed = ", ".join(table.column_names)
                    connection.execute(
                        f"insert into {_so_far(table)} select {listed} from earlier.history.{table.name}"
                    )
    except duckdb.Error as error:
        return type(error).__name__
    return None


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Columns of the history of an earlier release, with their types, by table."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, name, data_type in connection.execute(
        "select table_name, column_name, lower(data_type) from duckdb_columns() "
        "where database_name = 'earlier' and schema_name = 'history' order by column_index"
    ).fetchall():
        found.setdefault(table, []).append((name, data_type))
    return found


def _number(connection: duckdb.DuckDBPyConnection) -> int | None:
    found = connection.execute(f"select version_number from earlier.history.{VERSION_TABLE.name}").fetchone()
    return found[0] if found else None


def _is_as_today(columns: dict[str, list[tuple[str, str]]]) -> bool:
    """Whether a history without a number can be read; the first ones had no table of releases."""
    today = {table.name: [column[:2] for column in table.columns] for table in _HANDED_ON}
    found = {RELEASES_TABLE.name: today[RELEASES_TABLE.name]} | columns
    return all(found.get(name) == expected for name, expected in today.items())


def _rebuild(connection: duckdb.DuckDBPyConnection, output: Path) -> int:
    """Let the whole releases that are there be published once more, the oldest first; how many could be read."""
    _begin(connection)
    return sum(_replay(connection, release) for release in whole_releases(output))


def _replay(connection: duckdb.DuckDBPyConnection, release: Path) -> bool:
    """Add an earlier release, wholly or not at all: a program that knew other marts may have made it."""
    try:
        with _attached(connection, release):
            connection.begin()
            try:
                _add(connection, "earlier.marts", release.name, began_at(release.name))
                connection.commit()
            except duckdb.Error:
                connection.rollback()
                raise
    except duckdb.Error:
        return False
    return True


def _add(connection: duckdb.DuckDBPyConnection, marts: str, build_id: str, built_at: datetime) -> None:
    """Add a release to the history so far; `marts` is the schema that holds its marts."""
    connection.execute(
        f"insert into {_so_far(RELEASES_TABLE)} select build_id, as_of_date, known_at, ? from {marts}.release",
        [built_at.replace(tzinfo=None)],
    )
    for remembered in REMEMBERED:
        _continue_spells(connection, remembered, marts, build_id, built_at)


def _continue_spells(
    connection: duckdb.DuckDBPyConnection, remembered: Remembered, marts: str, build_id: str, built_at: datetime
) -> None:
    """Keep closed spells, extend those whose number still stands, close the others, open new ones."""
    table = remembered.table
    key = [name for name in table.key if name != "first_build_id"]
    columns = ", ".join(table.column_names)
    same_key = " and ".join(f"spells.{name} = published.{name}" for name in key)
    same_values = " and ".join(f"spells.{name} is not distinct from published.{name}" for name in remembered.values)
    listed = ", ".join([*key, *remembered.values])
    connection.execute(
        f"""
        create or replace temp table {_so_far(table)} as
        with before as (from {_so_far(table)}),
        published as (select {listed} from {marts}.{remembered.mart}),
        standing as (
            select spells.*, published.{key[0]} is not null as still_stands
            from before as spells
            left join published on {same_key} and {same_values}
            where spells.published_to_at is null
        )
        select {columns} from before where published_to_at is not null
        union all
        select
            {listed}, first_build_id, if(still_stands, $build_id, last_build_id), published_from_at,
            if(still_stands, null, $built_at::timestamp)
        from standing
        union all
        select {listed}, $build_id, $build_id, $built_at::timestamp, null
        from published
        where not exists (from standing as spells where still_stands and {same_key})
        """,
        {"build_id": build_id, "built_at": built_at.replace(tzinfo=None)},
    )
