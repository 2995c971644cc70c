"""Where the marks of a chart lie: x in parts of the plot's width, y in pixels, so that text keeps its size on a phone.

A chart is made from rows of plain values; templates/charts.html draws it, a path for each series.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from dagster_project.publish.site.scales import nice_ticks

WIDTH = 1200  # parts of the plot's width: a month has a hundred
BOTTOM = 196  # pixels from the top to zero; the uppermost tick's label takes the first 16
_TOP = 16
_BAR = 34  # a bar's width, in parts


class Level(NamedTuple):
    """A value that held from one day through another."""

    series: str
    first: date
    last: date
    persons: int


class Summary(NamedTuple):
    """What a year's months say in a sentence: the newest month with an outcome, and sums through it."""

    month: date
    planned: int
    net: int
    received: int
    widest_month: date
    widest_deviation: int


@dataclass(frozen=True)
class Chart:
    """The vertical axis, as values with their pixels, and a path by the name of what it shows."""

    ticks: list[tuple[int, int]]
    paths: dict[str, str]


@dataclass(frozen=True)
class LevelChart(Chart):
    """Level lines; `years` are those of the horizontal axis, `newest_and_highest` two levels of each series."""

    years: list[int]
    newest_and_highest: list[tuple[Level, Level]]


class _Axis:
    """A vertical axis on which all values have room, with round ticks from 0."""

    def __init__(self, values: Iterable[int | None]) -> None:
        numbers = nice_ticks(max((value for value in values if value is not None), default=0))
        self.highest = numbers[-1]
        self.ticks = [(number, self.y(number)) for number in numbers]

    def y(self, persons: int) -> int:
        return BOTTOM - round((BOTTOM - _TOP) * persons / self.highest)


def bar_chart(rows: Sequence[Any], as_of: date) -> Chart:
    """Planned and net side by side as bars, received as dots; of months not begun by the as-of date the plan alone."""
    begun = [row for row in rows if row.plan_month <= as_of]
    planned = [(row.plan_month.month, row.planned_persons) for row in rows]
    net = [(row.plan_month.month, row.net_assigned_persons) for row in begun]
    received = [(row.plan_month.month, row.received_in_month_persons) for row in begun]
    axis = _Axis(persons for _, persons in (*planned, *net, *received))
    dots = "".join(f"M{point}h0" for point in _points(axis, received))
    bars = {"planned": _bars(axis, planned, -_BAR), "net": _bars(axis, net, 0)}
    return Chart(axis.ticks, {**bars, "halo": dots, "received": dots})


def line_chart(rows: Sequence[Any], as_of: date) -> Chart:
    """The cumulative plan of the whole year and the cumulative net through the as-of date, as lines."""
    plan = [(row.plan_month.month, row.cumulative_planned_persons) for row in rows]
    net = [(row.plan_month.month, row.cumulative_net_assigned_persons) for row in rows if row.plan_month <= as_of]
    axis = _Axis(persons for _, persons in (*plan, *net))
    paths = {name: "L".join(_points(axis, line)) for name, line in (("plan-line", plan), ("net-line", net))}
    return Chart(axis.ticks, {name: f"M{path}" if path else "" for name, path in paths.items()})


def _points(axis: _Axis, months: Iterable[tuple[int, int | None]]) -> list[str]:
    return [f"{100 * month - 50} {axis.y(persons)}" for month, persons in months if persons is not None]


def _bars(axis: _Axis, months: Iterable[tuple[int, int | None]], offset: int) -> str:
    return "".join(
        f"M{100 * month - 50 + offset} {BOTTOM}V{axis.y(persons)}h{_BAR}V{BOTTOM}z"
        for month, persons in months
        if persons
    )


def summary(rows: Sequence[Any], as_of: date) -> Summary | None:
    """Sums of the months begun by the as-of date; None where nothing is known of an outcome."""
    known = [row for row in rows if row.plan_month <= as_of and row.deviation_persons is not None]
    if not known:
        return None
    last, widest = known[-1], max(known, key=lambda row: abs(row.deviation_persons))
    return Summary(
        last.plan_month,
        sum(row.planned_persons for row in known),
        sum(row.net_assigned_persons for row in known),
        sum(row.received_in_month_persons or 0 for row in known),
        widest.plan_month,
        widest.deviation_persons,
    )


def level_chart(spans: Iterable[tuple[str, date, date, int | None]]) -> LevelChart | None:
    """Level lines over whole years, from the first day's year to the last day's; None where no span has persons."""
    levels = [Level(series, first, last, persons) for series, first, last, persons in spans if persons is not None]
    if not levels:
        return None
    axis = _Axis(level.persons for level in levels)
    begin = date(min(level.first for level in levels).year, 1, 1)
    end = date(max(level.last for level in levels).year + 1, 1, 1)
    by_series: dict[str, list[Level]] = {}
    for level in levels:
        by_series.setdefault(level.series, []).append(level)

    def x(day: date) -> int:
        return round(WIDTH * (day - begin).days / (end - begin).days)

    paths = {
        series: "".join(
            f"M{x(level.first)} {axis.y(level.persons)}H{x(level.last + timedelta(days=1))}" for level in own
        )
        for series, own in by_series.items()
    }
    extremes = [
        (max(own, key=lambda level: level.last), max(own, key=lambda level: level.persons))
        for own in by_series.values()
    ]
    return LevelChart(axis.ticks, paths, list(range(begin.year, end.year)), extremes)
