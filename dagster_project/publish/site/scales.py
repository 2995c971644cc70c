"""Scales of charts and maps: round numbers for an axis, and classes that a reader can tell apart. Pure arithmetic."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor, log10

_ROUND = (1, 2, 2.5, 5, 10)


def nice_ticks(highest: float, steps: int = 4) -> list[int]:
    """Round whole numbers from 0 to `highest` or just beyond, in about so many even steps."""
    step = max(1, _round_up(highest / steps)) if highest > 0 else 1
    return [position * step for position in range(max(1, ceil(highest / step)) + 1)]


def class_breaks(values: Iterable[float], classes: int = 5) -> list[int]:
    """Round numbers that part values into at most so many classes of about the same size.

    A value equal to a break belongs above it. Breaks lie within the values, so that no class is empty by itself.
    """
    ordered = sorted(values)
    if not ordered:
        return []
    quantiles = [ordered[len(ordered) * position // classes] for position in range(1, classes)]
    return sorted({point for point in map(_nearest_round, quantiles) if ordered[0] < point <= ordered[-1]})


def signed_breaks(values: Iterable[float]) -> list[int]:
    """Four breaks, alike on both sides of zero: much below, below, near zero, above, much above."""
    sizes = sorted(abs(value) for value in values)
    if not sizes:
        return []
    near = max(1, _nearest_round(sizes[len(sizes) // 2]))
    far = max(2 * near, _nearest_round(sizes[len(sizes) * 9 // 10]))
    return [-far, -near, near, far]


def class_of(value: float, breaks: Sequence[int], is_signed: bool = False) -> int:
    """Which class a value is in, from 0. With `is_signed`, a value equal to a break is in the class nearer to zero."""
    if is_signed:
        return sum(value > point if point > 0 else value >= point for point in breaks)
    return bisect_right(breaks, value)


def class_bounds(breaks: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """Lower and upper bound of every class; None where it is open."""
    return list(pairwise([None, *breaks, None]))


def _round_up(number: float) -> int:
    """The least of 1, 2, 2.5, 5 × 10ⁿ, in whole numbers, that is not below."""
    power = 10.0 ** floor(log10(number))
    return ceil(next(factor * power for factor in _ROUND if factor * power >= number))


def _nearest_round(number: float) -> int:
    """A whole number of about two digits: 7, 35, 120, 1500."""
    if number < 10:
        return round(number)
    unit = int(10 ** floor(log10(number))) // 2
    return round(number / unit) * unit
