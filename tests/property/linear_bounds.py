"""What a set of linear equations over whole numbers, none negative, says of sums of them: least and greatest values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Key = tuple[Any, ...]
Form = Mapping[Key, float]
NEARLY = 0.01  # of a person: corrections are bounded to a thousandth
SMALL = range(1, 6)  # persons that could be one household


@dataclass(frozen=True)
class Range:
    """The least and greatest value that an unknown can have; `high` may be infinite."""

    low: int
    high: float

    def __contains__(self, value: int) -> bool:
        return self.low <= value <= self.high


def total(keys: Iterable[Key], sign: float = 1) -> dict[Key, float]:
    """The sum of unknowns."""
    return dict.fromkeys(keys, sign)


def joined(*forms: Form) -> dict[Key, float]:
    """The sum of sums."""
    found: dict[Key, float] = {}
    for form in forms:
        for key, factor in form.items():
            found[key] = found.get(key, 0) + factor
    return found


@dataclass
class LinearSystem:
    """Unknowns are made when they are first named; `said` are rows of (form, least, greatest)."""

    numbers: dict[Key, int] = field(default_factory=dict)
    said: list[tuple[Form, float, float]] = field(default_factory=list)
    _matrix: Any = None

    def say(self, form: Form, low: float, high: float = math.inf) -> None:
        """Hold a sum between two numbers."""
        for key in form:
            self.numbers.setdefault(key, len(self.numbers))
        if form:
            self.said.append((form, low, high))
            self._matrix = None

    def solve(self, aim: Form) -> np.ndarray | None:
        """The unknowns where the aim is least; None where it has no least value."""
        if self._matrix is None or self._matrix.shape != (len(self.said), len(self.numbers)):
            rows, columns, factors = [], [], []
            for row, (form, _, _) in enumerate(self.said):
                for key, factor in form.items():
                    rows.append(row)
                    columns.append(self.numbers[key])
                    factors.append(factor)
            self._matrix = csr_array((factors, (rows, columns)), shape=(len(self.said), len(self.numbers)))
        low, high = [row[1] for row in self.said], [row[2] for row in self.said]
        objective = np.zeros(len(self.numbers))
        for key, factor in aim.items():
            objective[self.numbers[key]] = factor
        found = milp(objective, constraints=LinearConstraint(self._matrix, low, high), bounds=Bounds(0, np.inf))
        if found.status == 2:
            raise ValueError("what was published contradicts itself")
        return found.x if found.x is not None else None

    def value(self, form: Form, solution: np.ndarray) -> float:
        """A sum in a solution."""
        return float(sum(factor * solution[self.numbers[key]] for key, factor in form.items()))

    def range_of(self, form: Form) -> Range:
        """Between which whole numbers a sum must lie."""
        if not all(key in self.numbers for key in form):
            return Range(0, math.inf)
        least, greatest = self.solve(form), self.solve({key: -factor for key, factor in form.items()})
        low = math.ceil(self.value(form, least) - NEARLY) if least is not None else 0
        return Range(low, math.floor(self.value(form, greatest) + NEARLY) if greatest is not None else math.inf)

    def told(self, unknowns: Mapping[Key, Form]) -> dict[Key, Range]:
        """Unknowns that can have only one value, or only those of one household. None at all is no household's.

        Each solution clears every unknown that is 0 in it, or large in one that asks for large ones: few are left over
        to be looked at one by one.
        """
        left = {name: form for name, form in unknowns.items() if form and all(key in self.numbers for key in form)}
        while left:
            solution = self.solve(joined(*left.values()))
            assert solution is not None
            more = {name: form for name, form in left.items() if self.value(form, solution) > NEARLY}
            if len(more) == len(left):
                break
            left = more
        found = {}
        for name, form in left.items():
            least = self.solve(form)
            assert least is not None
            low = math.ceil(self.value(form, least) - NEARLY)
            if low >= 1:
                found[name] = low
        ranges = {}
        for name, low in found.items():
            greatest = self.solve({key: -factor for key, factor in unknowns[name].items()})
            if greatest is None:
                continue
            high = math.floor(self.value(unknowns[name], greatest) + NEARLY)
            if high == low or (low in SMALL and high in SMALL):
                ranges[name] = Range(low, high)
        return ranges

    def always_none(self, unknowns: Mapping[Key, Form]) -> set[Key]:
        """Unknowns that can only be 0."""
        left = {name: form for name, form in unknowns.items() if all(key in self.numbers for key in form)}
        while left:
            # Each at most 1 in the aim, by an unknown of its own, so that no solution runs to infinity.
            asked = LinearSystem(dict(self.numbers), list(self.said))
            for name, form in left.items():
                asked.say({("asked", name): 1}, 0, 1)
                asked.say(joined(form, {("asked", name): -1}), 0)
            solution = asked.solve(total([("asked", name) for name in left], -1))
            assert solution is not None
            more = {name: form for name, form in left.items() if asked.value({("asked", name): 1}, solution) < 0.5}
            if len(more) == len(left):
                break
            left = more
        return set(left)
