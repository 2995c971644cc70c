"""Suites on the feeds as staging holds them, made from the table of feeds: what ingest let through is of their form."""

from __future__ import annotations

from collections.abc import Iterator

import great_expectations.expectations as gxe

from dagster_project.ingest.feeds import COUNTY_LEVEL, FEEDS, Column, Feed, Kind, When
from dagster_project.sql import sql_text
from expectations.suite import Suite

KEY_REPEATED = "key_repeated"
ROWS_LOST = "rows_lost"


def faults_of(feed: Feed) -> list[str]:
    """Names of all that is looked for in a feed."""
    return [*(name for name, _ in _faults(feed)), KEY_REPEATED, ROWS_LOST]


def feed_suites() -> list[Suite]:
    """A suite for every feed, on the settled rows of staging."""
    return [_suite(feed) for feed in FEEDS]


def _suite(feed: Feed) -> Suite:
    table = f"staging.stg_{feed.name}"
    faults = {name: f"count(*) filter (where {fault})" for name, fault in _faults(feed)}
    faults[KEY_REPEATED] = f"count(*) - count(distinct ({', '.join(feed.key)}))"
    accepted = f"select sum(rows_accepted) from staging.stg_landed_files where feed = {sql_text(feed.name)}"
    faults[ROWS_LOST] = f"coalesce(({accepted}), 0) - count(*)"
    counts = ", ".join(f"{count} as {name}" for name, count in faults.items())
    return Suite(
        table=table,
        # One row per fault: an expectation for each would take longer than all that it looks at.
        query=f"unpivot (select {counts} from {table}) on columns(*) into name fault value rows",
        expectations=(gxe.ExpectColumnValuesToBeInSet(column="rows", value_set=[0]),),
        describe=lambda row: f"{feed.name}: {row['fault']}",
    )


def _faults(feed: Feed) -> Iterator[tuple[str, str]]:
    """Name of a fault, and SQL that is true of a row that has it."""
    for column in feed.columns:
        if column.required:
            condition = _holds(column.required) if isinstance(column.required, When) else "true"
            yield f"{column.name}_missing", f"{column.name} is null and {condition}"
        yield from ((f"{column.name}_{fault}", condition) for fault, condition in _faults_of_form(column))
    if feed.in_force:
        fault = "in_force_date is null or year(in_force_date) <> quota_year"
        yield "in_force_date_out_of_year", f"({fault}) and {_holds(feed.in_force)}"


def _faults_of_form(column: Column) -> Iterator[tuple[str, str]]:
    name = column.name
    if column.words:
        yield "unknown", f"{name} not in ({', '.join(map(sql_text, column.words))})"
    if column.minimum is not None:
        yield "out_of_range", f"{name} not between {column.minimum} and {column.maximum}"
    if column.kind is Kind.AREA_CODE:
        level = column.decided_by or sql_text(column.level)
        yield "of_another_length", f"length({name}) <> if({level} = {sql_text(COUNTY_LEVEL)}, 2, 4)"
    if column.kind is Kind.MONTH:
        yield "out_of_year", f"year({name}) <> quota_year or day({name}) <> 1"


def _holds(condition: When) -> str:
    words = ", ".join(map(sql_text, condition.values))
    return f"{condition.column} in ({words})" if words else f"{condition.column} is not null"
