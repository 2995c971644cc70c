"""What was published when: the spells in which a published number stood, handed on from release to release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.publish.data.changes import CHANGES_TABLE, Changes
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
            ("municipality_code", "varchar", "Code of the municipality, four digits, as text."),
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
            ("quota_year", "bigint", "The year whose kommuntal the counts count against."),
            ("municipality_code", "varchar", "Code of the municipality, four digits, as text."),
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
HISTORY_TABLES = (CHANGES_TABLE, RELEASES_TABLE, *(remembered.table for remembered in REMEMBERED))


def write_history(
    connection: duckdb.DuckDBPyConnection, previous: Path | None, build_id: str, began_at: datetime, changes: Changes
) -> None:
    """Create the tables of schema `history` in a new warehouse, from the release before and the new marts.

    `previous` is the folder of the release before, `began_at` when this build began (UTC).
    """
    CHANGES_TABLE.create(connection)
    if changes.rows:
        # All rows decide the types of the columns: the first ones may all be of whole years, without a month.
        names = CHANGES_TABLE.column_names
        changed = pl.DataFrame(changes.rows, names, orient="row", infer_schema_length=None)
        connection.register("changed_cells", changed.to_arrow())
        connection.execute("insert into history.changes from changed_cells")
        connection.unregister("changed_cells")
    if previous is not None:
        connection.execute(f"attach {sql_text(previous / 'warehouse.duckdb')} as previous (read_only)")
    RELEASES_TABLE.create(connection)
    if _is_known(connection, RELEASES_TABLE):
        connection.execute("insert into history.releases from previous.history.releases")
    connection.execute(
        "insert into history.releases select build_id, as_of_date, known_at, ? from marts.release",
        [began_at.replace(tzinfo=None)],
    )
    for remembered in REMEMBERED:
        remembered.table.create(connection)
        _continue_spells(connection, remembered, build_id, began_at)
    if previous is not None:
        connection.execute("detach previous")


def _is_known(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether the release before has this table."""
    found = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'previous' and schema_name = 'history' and table_name = ?",
        [table.name],
    ).fetchone()
    return found is not None


def _continue_spells(
    connection: duckdb.DuckDBPyConnection, remembered: Remembered, build_id: str, began_at: datetime
) -> None:
    """Copy closed spells, extend those whose number still stands, close the others, open new ones."""
    table = remembered.table
    key = [name for name in table.key if name != "first_build_id"]
    names = [*key, *remembered.values]
    columns = ", ".join(table.column_names)
    before = f"select {columns} from {'previous.' if _is_known(connection, table) else ''}history.{table.name}"
    same_key = " and ".join(f"spells.{name} = published.{name}" for name in key)
    same_values = " and ".join(f"spells.{name} is not distinct from published.{name}" for name in remembered.values)
    listed = ", ".join(names)
    connection.execute(
        f"""
        insert into history.{table.name}
        with before as ({before}),
        published as (select {listed} from marts.{remembered.mart}),
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
            if(still_stands, null, $built_at)
        from standing
        union all
        select {listed}, $build_id, $build_id, $built_at, null
        from published
        where not exists (from standing as spells where still_stands and {same_key})
        order by {", ".join(key)}, first_build_id
        """,
        {"build_id": build_id, "built_at": began_at.replace(tzinfo=None)},
    )
