"""Calls at the edge of what the stack holds fetch no memory from the system every time."""

from __future__ import annotations

import resource
from types import FunctionType

import pytest

from dagster_project.room import with_room

CALLS = 1000


def _nothing() -> None:
    pass


# It takes more of the stack than one step deeper does, so that at some depth it does not fit any more.
wide = FunctionType(_nothing.__code__.replace(co_stacksize=100), {})


def pages_fetched(depth: int) -> int:
    """Pages of memory that the system gives while `wide` is called again and again at this depth."""
    if depth:
        return pages_fetched(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        wide()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_no_depth_is_at_the_edge() -> None:
    assert max(with_room(pages_fetched, depth) for depth in range(400)) < CALLS / 2


def test_what_it_returns_and_raises_comes_through() -> None:
    assert with_room(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        with_room(divmod, 7, 0)
