"""What changes come to: since the release before, and over a week of what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dagster_project.publish.data.changes import Change
from dagster_project.publish.mart_rows import MartRows
from dagster_project.sql import Row

_OF_PLANS = ("lanstal", "kommuntal", "planned")
_WEEK = timedelta(days=7)
_FOREVER = datetime.max

# What the history tells of each municipality: columns of counts by the word for the figure.
_COUNTS = {
    "kommuntal": "kommuntal_persons",
    "received": "received_persons",
    "open": "open_persons",
    "cancelled": "cancelled_persons",
}


@dataclass
class AreaChanges:
    """What changed of an area in a year: persons more or less by figure, and of the plan month by month."""

    deltas: Counter[str] = field(default_factory=Counter)
    months: list[tuple[date, int]] = field(default_factory=list)


ByCounty = dict[str, dict[tuple[str, int], AreaChanges]]


@dataclass
class SummedChanges:
    """Changed plans and outcomes by county, and area with its year; the outcomes of all areas together."""

    plans: ByCounty = field(default_factory=dict)
    outcomes: ByCounty = field(default_factory=dict)
    total: Counter[str] = field(default_factory=Counter)


def summed(figures: MartRows, rows: Iterable[Change]) -> SummedChanges:
    """Sum changed cells; one that was not there, or is not any more, counts as zero."""
    counties = {row.municipality_code: row.county_code for row in figures.marts["municipalities"]}
    found = SummedChanges()
    for row in rows:
        delta = (row.persons_after or 0) - (row.persons_before or 0)
        is_plan = row.figure in _OF_PLANS
        by_county = found.plans if is_plan else found.outcomes
        of_county = by_county.setdefault(counties.get(row.area_code, row.area_code), {})
        area = of_county.setdefault((row.area_code, row.quota_year), AreaChanges())
        area.deltas[row.figure] += delta
        if not is_plan:
            found.total[row.figure] += delta
        elif row.plan_month:
            area.months.append((row.plan_month, delta))
    return found


@dataclass(frozen=True)
class Week:
    """What was published a week before this release: its as-of date, and what differs; none where history is younger.

    `history_from` is the as-of date of the first release that the history knows.
    """

    history_from: date
    as_of: date | None = None
    changes: SummedChanges | None = None


def over_a_week(figures: MartRows) -> Week:
    """Compare what is published now with what was a week before."""
    releases = sorted(figures.marts["releases"], key=lambda row: row.published_from_at)
    old = [row for row in releases if row.published_from_at <= releases[-1].published_from_at - _WEEK]
    if not old:
        return Week(releases[0].as_of_date)
    then = old[-1]
    plans = _differing(
        figures.marts["plan_publications"],
        lambda row: (row.municipality_code, row.plan_month.year, row.plan_month),
        {"planned": "planned_persons"},
        then,
    )
    counts = _differing(
        figures.marts["count_publications"], lambda row: (row.municipality_code, row.quota_year, None), _COUNTS, then
    )
    return Week(releases[0].as_of_date, then.as_of_date, summed(figures, [*counts, *plans]))


def _differing(rows: Iterable[Row], key: Callable[[Row], Any], columns: dict[str, str], then: Row) -> Iterator[Change]:
    """Figures that a release said otherwise than is said now; a spell holds from its beginning until its end."""
    said: dict[Any, dict[str, Row]] = {}
    for row in rows:
        if row.published_to_at is None:
            said.setdefault(key(row), {})["now"] = row
        if row.published_from_at <= then.published_from_at < (row.published_to_at or _FOREVER):
            said.setdefault(key(row), {})["then"] = row
    for (code, year, month), both in said.items():
        for figure, column in columns.items():
            before, after = (getattr(both.get(when), column, None) for when in ("then", "now"))
            if before != after:
                yield Change(code, year, month, figure, before, after, "", None)
