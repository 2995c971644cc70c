"""What a page says first: a sentence that a person would say, and parts that sum to kommuntal."""

from __future__ import annotations

from dataclasses import make_dataclass
from datetime import date
from typing import Any

import pytest

from dagster_project.language import ENGLISH, SWEDISH
from dagster_project.publish.site.standing import open_note, parts, sentence, to_assign_note

ALMHULT = {
    "quota_year": 2026, "plan_status": "on_plan", "to_date_month": date(2026, 10, 1), "is_covered_by_log": True,
    "kommuntal_persons": 25, "planned_persons": 25, "planned_to_date_persons": 20, "net_assigned_to_date_persons": 20,
    "received_persons": 18, "open_persons": 2, "awaiting_persons": 1, "to_assign_persons": 4, "behind_plan_persons": -1,
}  # fmt: skip


def row(**changed: Any) -> Any:
    values = ALMHULT | changed
    return make_dataclass("Row", values)(**values)


def test_a_sentence_says_how_the_plan_is_followed() -> None:
    assert sentence(row(), "Älmhult", SWEDISH, is_internal=True) == (
        "Älmhult följer planen: 20 av 20 anvisade (netto), 18 av 25 mottagna, 5 kvar i november–december, "
        "1 väntar på ersättning."
    )
    assert sentence(row(), "Älmhult", ENGLISH, is_internal=False) == (
        "Älmhult is on plan: 20 of 20 assigned (net), 18 of 25 received, 5 left in November–December."
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"plan_status": "no_kommuntal", "kommuntal_persons": None}, "Älmhult har inget kommuntal för 2026."),
        ({"plan_status": "not_delivered"}, "Älmhult: utfall saknas för 2026."),
        (
            {"plan_status": "not_begun", "to_date_month": None, "planned_to_date_persons": 0, "received_persons": 0},
            "Älmhult har en plan för 2026, men ingen hel månad har gått: 0 av 25 mottagna, 25 kvar i januari–december, "
            "1 väntar på ersättning.",
        ),
        (
            {"to_date_month": date(2026, 12, 1), "planned_to_date_persons": 25, "awaiting_persons": 0},
            "Älmhult följde planen: 20 av 25 anvisade (netto), 18 av 25 mottagna.",
        ),
        (
            {"to_date_month": date(2026, 11, 1), "planned_to_date_persons": 23, "awaiting_persons": 0},
            "Älmhult följer planen: 20 av 23 anvisade (netto), 18 av 25 mottagna, 2 kvar i december.",
        ),
    ],
)
def test_what_is_not_there_is_not_said(changed: dict[str, Any], said: str) -> None:
    assert sentence(row(**changed), "Älmhult", SWEDISH, is_internal=True) == said


@pytest.mark.parametrize(
    ("changed", "is_internal", "expected"),
    [
        ({}, True, {"received": 18, "open": 2, "awaiting": 1, "to_assign": 4}),
        (
            {"open_persons": 13, "to_assign_persons": -7},
            True,
            {"received": 18, "open": 13, "awaiting": 1, "over_assigned": -7},
        ),
        ({}, False, {"received": 18, "not_yet_received": 2, "to_assign": 5}),
        ({"received_persons": 22}, False, {"received": 22, "not_yet_received": 0, "to_assign": 3}),
        ({"net_assigned_to_date_persons": 30}, False, {"received": 18, "not_yet_received": 12, "over_assigned": -5}),
    ],
)  # fmt: skip
def test_parts_sum_to_kommuntal(changed: dict[str, Any], is_internal: bool, expected: dict[str, int]) -> None:
    found = {part.word: part.persons for part in parts(row(**changed), is_internal)}
    assert found == expected
    assert sum(found.values()) == 25


@pytest.mark.parametrize("changed", [{"kommuntal_persons": None}, {"is_covered_by_log": False}])
def test_without_kommuntal_or_outcome_there_are_no_parts(changed: dict[str, Any]) -> None:
    assert parts(row(**changed), is_internal=True) == []


@pytest.mark.parametrize(
    ("to_assign", "behind", "said"),
    [
        (4, -1, "planerade i november–december: 5, före plan: 1"),
        (7, 2, "planerade i november–december: 5, efter plan: 2"),
        (5, 0, "planerade i november–december: 5"),
        (0, 0, ""),
    ],
)
def test_what_is_to_assign_is_planned_later_or_behind(to_assign: int, behind: int, said: str) -> None:
    assert to_assign_note(row(to_assign_persons=to_assign, behind_plan_persons=behind), SWEDISH) == said


def test_open_assignments_are_told_by_month_of_deadline() -> None:
    deadline = make_dataclass("Deadline", ["deadline_month", "open_persons", "overdue_persons"])
    rows: list[Any] = [
        deadline(date(2026, 9, 1), 2, 2),
        deadline(date(2026, 10, 1), 3, 1),
        deadline(date(2027, 1, 1), 4, 0),
    ]
    assert open_note(rows, 2026, SWEDISH) == "försenade: 3, oktober: 2, januari 2027: 4"
    assert open_note([], 2026, SWEDISH) == ""
