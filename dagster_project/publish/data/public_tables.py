"""Which tables each readership downloads, and what everyone's have beside: names, and whether a row is simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dagster_project.publish.data.publication_history import HISTORY_TABLES, PLAN_PUBLICATIONS, RELEASES_TABLE
from dagster_project.publish.public_day import PublicDay
from dagster_project.sql import sql_text
from dagster_project.transform.documented_tables import Table, edition_tables, internal_marts, public_marts

_SIMULATED = ("is_simulated", "boolean", "Whether figures that the row rests on are simulated.")
# Of the log nobody outside learns how many rows came: from one month to the next that is how many events there were.
_COUNTS_OF_ROWS = {
    name: f"if(figure = 'assignment_log', null, {name}) as {name}" for name in ("delivered_rows", "simulated_rows")
}
_YEARS = ("quota_year", "reception_year")


@dataclass(frozen=True)
class Download:
    """A table as it is downloaded: what is said of it, and the query, in brackets, that has its rows in their order."""

    table: Table
    query: str


def internal_downloads() -> list[Download]:
    """What those who log in download, by name: tables of the warehouse as they are."""
    tables = sorted([*internal_marts(), *HISTORY_TABLES], key=lambda table: table.name)
    return [Download(table, f"(from {table.schema}.{table.name})") for table in tables]


def plan_downloads() -> list[Download]:
    """What everyone downloads as of the release, by name: plans and decisions alone."""
    tables = sorted([*public_marts(), PLAN_PUBLICATIONS.table, RELEASES_TABLE], key=lambda table: table.name)
    return [_for_everyone(table) for table in tables]


def outcome_downloads(public_day: PublicDay) -> list[Download]:
    """What everyone downloads as of the public day, by name: outcomes, beside plans of that day."""
    days = (
        ("public_day", public_day.day, "The public day: to when, and as known some days later, outcomes are told."),
        ("next_public_day", public_day.next.day, "The public day of the edition after this."),
    )
    more = [(f"date {sql_text(day)}", (name, "date", says)) for name, day, says in days]
    return [_for_everyone(table, more, _COUNTS_OF_ROWS) for table in edition_tables()]


def _for_everyone(
    table: Table,
    more: Iterable[tuple[str, tuple[str, str, str]]] = (),
    instead: Mapping[str, str] = MappingProxyType({}),
) -> Download:
    """The table with the name of each area beside its code, whether each row is simulated, and `more` columns.

    `instead` is SQL for columns that are not told as they are.
    """
    columns, selected = [], []
    for column in table.columns:
        name, _, _ = column
        columns.append(column)
        selected.append(instead.get(name, name))
        named = name.removesuffix("_code") + "_name"
        if name.endswith("_code") and named not in table.column_names:
            columns.append((named, "varchar", "Name of the area whose code stands before it."))
            selected.append(f"area_names[{name}] as {named}")
    if _SIMULATED[0] not in table.column_names:
        columns.append(_SIMULATED)
        selected.append(f"{_is_simulated(table)} as {_SIMULATED[0]}")
    for expression, column in more:
        columns.append(column)
        selected.append(f"{expression} as {column[0]}")
    names = "select map(list(area_code), list(area_name)) as area_names from marts.areas"
    query = f"(select {', '.join(selected)} from {table.schema}.{table.name} cross join ({names}))"
    return Download(replace(table, columns=tuple(columns)), query)


def _is_simulated(table: Table) -> str:
    """SQL: whether one of the figures that the table rests on is simulated in the row's year, or in any year."""
    figures = ", ".join(map(sql_text, table.rests_on))
    if not figures:
        return "false"
    simulated = f"from marts.figure_origins where figure in ({figures}) and simulated_rows > 0"
    year = next((name for name in _YEARS if name in table.column_names), None)
    year = year or ("year(plan_month)" if "plan_month" in table.column_names else None)
    if year is None:
        return f"exists (select 1 {simulated})"
    return f"coalesce(list_contains((select list(quota_year) {simulated}), {year}), false)"
