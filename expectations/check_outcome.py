"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Outcome of one check: its name, whether it passed, how many rows failed it, sentences about some, and all areas.

    Sentences name places, dates and counts, never a row of the assignment log.
    """

    name: str
    passed: bool
    failing_rows: int
    findings: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


def counted(number: int, noun: str) -> str:
    """A number with its noun, as a person would write it."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
