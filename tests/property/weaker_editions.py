"""Outcome editions as they would be with a protection less, made from the warehouse of the one that was published."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from adversary import COUNTRY, Edition, Row

from dagster_project.transform.dbt_manifest import EDITION_SCHEMA

Group = Callable[[Row], Hashable]


def queried(warehouse: Path, sql: str) -> list[Row]:
    """Rows of a query by column."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def as_of_the_day(edition: Edition, warehouse: Path) -> Edition:
    """Without waiting: the year totals as they stand in a release, to its own day."""
    query = "select quota_year, area_code, columns('_persons$') from marts.area_year_summaries order by all"
    return replace(
        edition, tables={**{name: [] for name in edition.tables}, "outcome_years": queried(warehouse, query)}
    )


def with_rows_counted(edition: Edition, warehouse: Path) -> Edition:
    """With how many rows of the log there are."""
    return replace(
        edition, tables={**edition.tables, "figure_origins": queried(warehouse, "from marts.figure_origins")}
    )


def with_corrected_months(editions: list[Edition], warehouses: dict[date, Path]) -> list[Edition]:
    """With each month as it is known with each public day, not only as it was first published."""
    query = """
        select municipality_code as area_code, plan_month, quota_year, net_assigned_persons as persons
        from marts.plan_deviations where plan_month <= date '{day}' and net_assigned_persons is not null
    """
    return _with_more(editions, warehouses, query, "net_assigned_as_known", "municipality")


def with_reasons(editions: list[Edition], warehouses: dict[date, Path]) -> list[Edition]:
    """With the reasons of a year's cancellations in every edition."""
    query = """
        select '00' as area_code, date_trunc('month', date '{day}')::date as plan_month, years.quota_year, words.word,
            coalesce(sum(persons), 0)::bigint as persons
        from (select distinct quota_year from marts.cancellations) as years
        cross join (select distinct reason as word from marts.cancellations) as words
        left join marts.cancellations as gone on gone.quota_year = years.quota_year and gone.reason = words.word
        group by all
    """
    return _with_more(editions, warehouses, query, "cancelled_by_reason", "country")


def _with_more(
    editions: list[Edition], warehouses: dict[date, Path], query: str, figure: str, level: str
) -> list[Edition]:
    more: list[Row] = []
    found = []
    for edition in editions:
        if edition.day in warehouses:
            about = {"figure": figure, "area_level": level, "is_withheld": False, "first_public_day": edition.day}
            rows = queried(warehouses[edition.day], query.format(day=edition.day))
            more += [{"word": "", **about, **row} for row in rows]
        found.append(replace(edition, more=tuple(more)))
    return found


def judged(edition: Edition, warehouse: Path, together: Group) -> Edition:
    """With small figures of closed years withheld for every group that has one, and for no other cause."""
    closed = queried(warehouse, f"from {EDITION_SCHEMA}.closed_year_figures")
    small = {together(row) for row in closed if 1 <= row["persons"] <= 5}
    persons: dict[tuple[Any, ...], tuple[int, bool]] = {
        _key(row): (row["persons"], together(row) in small) for row in closed
    }
    rows = []
    for row in edition.tables["first_published_figures"]:
        if row["plan_month"] is None and _key(row) in persons:
            number, is_withheld = persons[_key(row)]
            row = {**row, "persons": None if is_withheld else number, "is_withheld": is_withheld}  # noqa: PLW2901
        rows.append(row)
    return replace(edition, tables={**edition.tables, "first_published_figures": rows})


def _key(row: Row) -> tuple[Any, ...]:
    return row["figure"], row["area_code"], row["quota_year"], row["word"]


def by_cell(row: Row) -> Hashable:
    """Each figure is judged for itself: what is small in a county is withheld there alone."""
    return _key(row)


def by_part(row: Row) -> Hashable:
    """Each figure is judged with those of its level, but not with the other part of what is over plan."""
    return row["figure"], row["area_code"] == COUNTRY, row["quota_year"]


def by_level(row: Row) -> Hashable:
    """Small figures alone decide, whatever sums are known: as before words and months were looked at."""
    return row["together"], row["area_code"] == COUNTRY, row["quota_year"]
