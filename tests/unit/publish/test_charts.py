"""Marks lie where their numbers say; what is not known is not drawn."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

from dagster_project.publish.site.charts import BOTTOM, bar_chart, level_chart, line_chart, summary
from dagster_project.publish.site.maps import MEASURES, layer
from dagster_project.publish.site.shapes import map_shapes

AS_OF = date(2026, 2, 28)


def month(number: int, planned: int | None, net: int | None, received: int | None, so_far: tuple[Any, Any]) -> Any:
    return SimpleNamespace(
        plan_month=date(2026, number, 1),
        planned_persons=planned,
        net_assigned_persons=net,
        received_in_month_persons=received,
        deviation_persons=None if net is None or planned is None else net - planned,
        cumulative_planned_persons=so_far[0],
        cumulative_net_assigned_persons=so_far[1],
        cumulative_deviation_persons=None if so_far[1] is None else so_far[1] - so_far[0],
    )


ROWS = [month(1, 2, 4, 1, (2, 4)), month(2, 3, 0, 0, (5, 4)), month(3, 4, 0, 0, (9, 4))]
NO_LOG = [month(1, 2, None, None, (2, None)), month(2, 3, None, None, (5, None))]


def test_bars_are_as_high_as_their_numbers() -> None:
    chart = bar_chart(ROWS, AS_OF)
    assert [value for value, _ in chart.ticks] == [0, 1, 2, 3, 4]
    tops = dict(chart.ticks)
    assert chart.paths["planned"] == "".join(
        f"M{left} {BOTTOM}V{tops[persons]}h34V{BOTTOM}z" for left, persons in ((16, 2), (116, 3), (216, 4))
    )
    assert chart.paths["net"] == f"M50 {BOTTOM}V{tops[4]}h34V{BOTTOM}z"
    assert chart.paths["received"] == f"M50 {tops[1]}h0M150 {tops[0]}h0"


def test_lines_end_at_the_as_of_date() -> None:
    chart = line_chart(ROWS, AS_OF)
    assert [value for value, _ in chart.ticks] == [0, 3, 6, 9]
    assert chart.paths["plan-line"].count("L") == 2
    assert chart.paths["net-line"].count("L") == 1


def test_without_a_log_only_the_plan_is_drawn() -> None:
    assert bar_chart(NO_LOG, AS_OF).paths["net"] == ""
    assert line_chart(NO_LOG, AS_OF).paths["net-line"] == ""
    assert summary(NO_LOG, AS_OF) is None


def test_the_sentence_counts_begun_months() -> None:
    said = summary(ROWS, AS_OF)
    assert said == (date(2026, 2, 1), 5, 4, 1, date(2026, 2, 1), -3)


def test_levels_hold_from_their_first_day_through_their_last() -> None:
    spans = [
        ("kommuntal", date(2025, 1, 1), date(2025, 12, 31), 10),
        ("kommuntal", date(2026, 1, 1), date(2026, 6, 30), 20),
        ("lanstal", date(2026, 1, 1), date(2026, 12, 31), None),
    ]
    chart = level_chart(spans)
    assert chart is not None
    tops = dict(chart.ticks)
    assert chart.years == [2025, 2026]
    assert chart.paths == {"kommuntal": f"M0 {tops[10]}H600M600 {tops[20]}H898"}
    [(newest, highest)] = chart.newest_and_highest
    assert (newest.persons, highest.persons) == (20, 20)
    assert level_chart(spans[2:]) is None


def area(code: str, **values: Any) -> Any:
    return SimpleNamespace(area_code=code, **{measure.column: values.get(measure.word) for measure in MEASURES})


def test_every_area_has_a_class_where_it_has_a_figure() -> None:
    rows = [area("0760", fulfilment=10.0, status="behind"), area("0761", fulfilment=90.0), area("0763")]
    drawn = layer("municipality", rows, ["0760", "0761", "0763", "0764"], MEASURES)
    assert drawn.classes == {"0760": "f0 s1", "0761": "f1", "0763": "", "0764": ""}
    by_key = {legend.measure.key: legend for legend in drawn.legends}
    assert by_key["f"].without == 2
    assert [count for *_, count in by_key["f"].classes] == [1, 1]
    assert ("status1", "behind", 1) in by_key["s"].classes


def test_shapes_are_whole_numbers_and_leave_no_municipality_out() -> None:
    shapes = map_shapes()
    assert len(shapes.paths) == 290
    assert len(shapes.counties) == 21
    assert all(re.fullmatch(r"(M\d+ \d+l[-\d ]+z)+", path) for path in shapes.paths.values())
    assert sum(map(len, shapes.paths.values())) + len(shapes.borders) < 50_000


def test_neighbours_meet_without_a_gap() -> None:
    """Every border between counties is drawn on the outline of a municipality on each side of it."""
    shapes = map_shapes()
    points = {code: corners(path) for code, path in shapes.paths.items()}
    for point in corners(shapes.borders):
        assert len({code[:2] for code, own in points.items() if point in own}) >= 2


def corners(path: str) -> set[tuple[int, int]]:
    found = set()
    for ring in re.findall(r"M([^M]+)", path):
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x, y = numbers[:2]
        found.add((x, y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            found.add((x, y))
    return found
