"""Axes end at round numbers, classes part values where a reader expects it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dagster_project.publish.site.scales import class_bounds, class_breaks, class_of, nice_ticks, signed_breaks


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (9, [0, 3, 6, 9]),
        (23, [0, 10, 20, 30]),
        (981, [0, 250, 500, 750, 1000]),
        (14_588, [0, 5000, 10_000, 15_000]),
    ],
)
def test_ticks_are_round_and_reach_the_highest(highest: int, ticks: list[int]) -> None:
    assert nice_ticks(highest) == ticks


def test_ticks_of_any_height_are_few_even_and_enough() -> None:
    for highest in range(1, 20_000, 7):
        ticks = nice_ticks(highest)
        assert len({after - before for before, after in pairwise(ticks)}) == 1
        assert ticks[-2] < highest <= ticks[-1]
        assert 2 <= len(ticks) <= 6


def test_classes_hold_about_as_many_each() -> None:
    values = [float(value) for value in range(200)]
    breaks = class_breaks(values)
    assert breaks == [40, 80, 100, 150]
    sizes = [sum(class_of(value, breaks) == number for value in values) for number in range(5)]
    assert sizes == [40, 40, 20, 50, 50]


def test_few_values_make_few_classes() -> None:
    assert class_breaks([]) == []
    assert class_breaks([5, 5, 5]) == []
    assert class_breaks([0, 0, 0, 0, 9]) == [9]
    assert class_bounds([]) == [(None, None)]


def test_signed_classes_are_alike_on_both_sides() -> None:
    breaks = signed_breaks([-50, -4, 0, 1, 2, 3, 9])
    assert breaks == [-50, -3, 3, 50]
    assert [class_of(value, breaks, is_signed=True) for value in (-51, -50, -4, -3, 0, 3, 4, 50, 51)] == [
        *(0, 1, 1),
        *(2, 2, 2),
        *(3, 3, 4),
    ]
    assert signed_breaks([0, 0]) == [-2, -1, 1, 2]
    assert signed_breaks([]) == []


def test_a_value_at_a_break_belongs_above_it() -> None:
    assert [class_of(value, [20, 40]) for value in (19.9, 20, 39.9, 40)] == [0, 1, 1, 2]
    assert class_bounds([20, 40]) == [(None, 20), (20, 40), (40, None)]
