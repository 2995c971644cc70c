"""What a map shows of each area: a class per measure, and legends that say how many areas each class has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.publish.site.scales import class_bounds, class_breaks, class_of, signed_breaks

# How a plan is followed, as on the map: below the plan first.
STATUS_CLASSES = ("far_behind", "behind", "within_household", "on_plan", "ahead", "not_begun")


@dataclass(frozen=True)
class Measure:
    """One measure of the map. `key` is its letter in classes of style; `kind` is sequence, signed or status."""

    key: str
    word: str
    column: str
    kind: str
    is_percent: bool = False


MEASURES = (
    Measure("f", "fulfilment", "fulfilment_percent", "sequence", is_percent=True),
    Measure("s", "status", "plan_status", "status"),
    Measure("p", "deviation_share", "deviation_to_date_percent", "signed", is_percent=True),
    Measure("d", "deviation_to_date", "deviation_to_date_persons", "signed"),
    Measure("q", "open_share", "open_percent", "sequence", is_percent=True),
    Measure("o", "open", "open_persons", "sequence"),
)


# Open assignments are for those who log in.
PUBLIC_MEASURES = tuple(measure for measure in MEASURES if not measure.column.startswith("open"))


@dataclass(frozen=True)
class Legend:
    """A measure's classes: colour, lower and upper bound or status, how many areas; and how many have no figure."""

    measure: Measure
    classes: list[tuple[str, Any, int]]
    without: int


@dataclass(frozen=True)
class Layer:
    """One level of areas on the map: `classes` are the words of style by area code; an area without is hatched."""

    level: str
    rows: Mapping[str, Any]
    classes: dict[str, str]
    legends: list[Legend]


def layer(level: str, rows: Sequence[Any], codes: Sequence[str], measures: Sequence[Measure]) -> Layer:
    """Sort the rows' areas into classes, measure by measure; `codes` are all areas that are drawn."""
    by_code = {row.area_code: row for row in rows}
    words: dict[str, list[str]] = {code: [] for code in codes}
    legends = []
    for measure in measures:
        names, numbers = _classes(measure, {row.area_code: getattr(row, measure.column) for row in rows})
        for code, number in numbers.items():
            words[code].append(f"{measure.key}{number}")
        counted = Counter(numbers.values())
        classes = [(f"{measure.kind}{number}", name, counted[number]) for number, name in enumerate(names)]
        legends.append(Legend(measure, classes, len(codes) - len(numbers)))
    return Layer(level, by_code, {code: " ".join(own) for code, own in words.items()}, legends)


def _classes(measure: Measure, values: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, int]]:
    """The classes' names, and each area's number among them; areas without a value have none."""
    known = {code: value for code, value in values.items() if value is not None}
    if measure.kind == "status":
        numbers = {status: number for number, status in enumerate(STATUS_CLASSES)}
        return STATUS_CLASSES, {code: numbers[value] for code, value in known.items() if value in numbers}
    is_signed = measure.kind == "signed"
    breaks = signed_breaks(known.values()) if is_signed else class_breaks(known.values())
    return class_bounds(breaks), {code: class_of(value, breaks, is_signed) for code, value in known.items()}
