"""The arithmetic of the page that tries redistributions, on cases whose answer is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from page_redistributions import run_script
from twin_plan import month_weights, spread

ONES = [1] * 12
NEW_YEAR = "2026-01-01"


def latest_plan(rank: int = 0, n: int = 1, weights: list[int] = ONES, **inputs: Any) -> list[int]:
    inputs = {"decisions": [[NEW_YEAR, 12]], "moves": [], "wishes": []} | inputs
    planned: list[int] = run_script("", f"latestPlan(2026, {json.dumps(inputs)}, {weights}, {rank}, {n})")
    return planned


@pytest.mark.parametrize(
    ("rank", "planned"),
    [(0, [0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1]), (1, [1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0])],
)
def test_the_example_of_the_contract(rank: int, planned: list[int]) -> None:
    assert latest_plan(rank, 2, decisions=[[NEW_YEAR, 5]]) == planned


def test_products_beyond_53_bits_are_exact() -> None:
    kommuntal, wished = 9_007_199_254_740_881, 10**14 + 1
    weights = month_weights(kommuntal, range(1, 13), {3: wished})
    expected = spread(kommuntal, weights, 20, 49)
    found = latest_plan(20, 49, decisions=[[NEW_YEAR, kommuntal]], wishes=[[NEW_YEAR, 3, wished]])
    assert found == expected
    assert sum(found) == kommuntal


def test_months_have_the_weights_of_the_year() -> None:
    assert latest_plan(weights=[2, *ONES[1:]], decisions=[[NEW_YEAR, 13]]) == [2, *ONES[1:]]
    assert latest_plan(weights=[0] * 12) == [0] * 12


@pytest.mark.parametrize(
    ("day", "planned"),
    [
        (NEW_YEAR, [2] * 12),
        ("2026-11-01", [*ONES[:10], 7, 7]),
        ("2026-11-02", [*ONES[:11], 13]),
        ("2026-12-02", ONES),
    ],
    ids=["from the start", "from the first of a month", "within a month", "no month is left"],
)
def test_a_move_remakes_the_months_from_its_day(day: str, planned: list[int]) -> None:
    assert latest_plan(moves=[[day, 12]]) == planned


def test_a_later_decision_contains_the_move() -> None:
    later = [[NEW_YEAR, 12], ["2026-07-01", 12]]
    assert latest_plan(decisions=later, moves=[["2026-07-01", 6]]) == [*ONES[:6], *[2] * 6]
    assert latest_plan(decisions=later, moves=[["2026-04-01", -9]]) == [1, 1, 1, 0, 0, 0, 2, 1, 2, 1, 2, 1]


def tried(**asked: Any) -> Any:
    """Of 5 persons from 0001 to 0002; of the latter a kommuntal from July is decided already."""
    municipalities = {
        "0001": {"decisions": [[NEW_YEAR, 12]], "moves": [], "wishes": []},
        "0002": {"decisions": [[NEW_YEAR, 12], ["2026-07-01", 12]], "moves": [], "wishes": []},
    }
    spells = [[NEW_YEAR, "2026-06-30", 1], ["2026-07-01", "2026-12-31", 3]]
    of_year = {"weights": ONES, "margins": {"00": spells}, "municipalities": municipalities}
    plans = {"asOf": "2026-02-01", "counties": {"00": ["0001", "0002"]}, "years": {"2026": of_year}}
    asked = {"year": "2026", "from": "0001", "to": "0002", "persons": 5, "day": "2026-03-01"} | asked
    return run_script("", f"tried({json.dumps(plans)}, {json.dumps(asked)})")


def test_a_decision_that_contains_the_move_changes_the_countys_margin() -> None:
    found = tried()
    assert [end["kommuntal"] for end in found["ends"].values()] == [[12, 7], [12, 17]]
    assert [end.get("containedFrom") for end in found["ends"].values()] == [None, "2026-07-01"]
    assert found["margin"] == [{"from": NEW_YEAR, "margin": 1}, {"from": "2026-07-01", "margin": -2}]


@pytest.mark.parametrize(
    ("asked", "obstacle"),
    [({"persons": 12}, None), ({"persons": 13}, "negative"), ({"day": "2027-01-01"}, "outside_year")],
)
def test_kommuntal_may_be_moved_away_whole_within_the_year(asked: dict[str, Any], obstacle: str | None) -> None:
    assert tried(**asked)["obstacle"] == obstacle
