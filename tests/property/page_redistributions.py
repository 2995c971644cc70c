"""The page that tries redistributions, against the pipeline's marts and against the twin.

Its script runs in the node that playwright brings along.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import playwright
from twin_landing import Row
from twin_plan import Redistribution, bounded_now, county_quotas, invalid_reason, plan_versions, quotas_of
from twin_requests import Requests

from dagster_project.publish.mart_rows import read_mart_rows
from dagster_project.publish.site import redistribute

NODE = Path(playwright.__file__).parent / "driver" / "node"
SCRIPT = Path(redistribute.__file__).parent / "static" / "redistribute.js"
INPUTS = (
    "municipalities",
    "monthly_plan",
    "county_quotas",
    "plan_arithmetic",
    "kommuntal_changes",
    "change_request_months",
)
MOVES = 60
ZEROS = (0,) * 12


def run_script(inputs: str, expression: str) -> Any:
    """What an expression comes to where the page's script, and `inputs` before it, have run."""
    program = f"const window = {{}};\n{inputs}\n{SCRIPT.read_text()}\nconsole.log(JSON.stringify({expression}));"
    done = subprocess.run([NODE, "-"], input=program, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def tried_on_page(warehouse: Path, as_of: date, folder: Path, moves: Sequence[Redistribution]) -> list[Row]:
    """What the page answers, by its own inputs; `in_force_date` is the day that is tried."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        redistribute.write_plan_inputs(folder, read_mart_rows(connection, INPUTS, as_of, "", ""), as_of.year)
    asked = [
        {
            "year": one.quota_year,
            "from": one.from_municipality_code,
            "to": one.to_municipality_code,
            "persons": one.persons,
            "day": f"{one.in_force_date}",
        }
        for one in moves
    ]
    inputs = (folder / "plans.js").read_text()
    answers: list[Row] = run_script(inputs, f"{json.dumps(asked)}.map((one) => tried(window.arsplanPlans, one))")
    return answers


def undecided(requests: Requests) -> list[Redistribution]:
    """Undecided redistributions of years that are not over, as if granted now."""
    pending = [one for one in requests.redistributions if one.decision is None]
    return [requests.approved(one) for one in pending if one.quota_year >= requests.as_of.year]


def add_requests(requests: Requests, landing: Path, seed: int) -> None:
    """Deliver made-up redistributions as undecided requests, so that the pipeline says what each would do."""
    names = (
        "agreement_id",
        "quota_year",
        "from_municipality_code",
        "to_municipality_code",
        "persons",
        "requested_date",
    )
    rows = [[str(getattr(one, name)) for name in names] for one in made_up(requests, seed)]
    text = "\n".join(",".join(row) for row in [list(names), *rows])
    (landing / "redistributions" / "asked.csv").write_text(f"{text}\n", encoding="utf-8")


def made_up(requests: Requests, seed: int) -> list[Redistribution]:
    """Moves of any size between municipalities with plans, mostly of one county, on any day of a year not over."""
    rng = Random(seed)
    years = sorted({year for year, _ in requests.quotas.decisions if year >= requests.as_of.year})
    moves = []
    for number in range(MOVES if years else 0):
        year = rng.choice(years)
        giver = rng.choice(
            sorted(area for area in requests.areas.county_of if (year, area) in requests.quotas.decisions)
        )
        county = requests.areas.county_of[giver]
        near = [area for area, its_county in requests.areas.county_of.items() if its_county == county]
        taker = rng.choice(near if rng.random() < 0.9 else sorted(requests.areas.county_of))
        day = date(year, rng.randrange(1, 13), rng.choice([1, 1, 2, 15, 28]))
        persons = rng.choice([1, 2, 3, 10, 10**6])
        asked = (requests.as_of, None, "approved", requests.as_of, day)
        moves.append(Redistribution(f"tried {number}", year, giver, taker, persons, *asked))
    return moves


def said_by_twin(requests: Requests, one: Redistribution) -> Row:
    """Obstacle, plans now and after of both municipalities, kommuntal on the day, and margins."""
    if reason := invalid_reason(one, requests.quotas, requests.areas):
        return {"obstacle": reason}
    assert one.in_force_date
    after = quotas_of(requests.decisions, [*requests.redistributions, one], requests.areas)
    ends = {"from": one.from_municipality_code, "to": one.to_municipality_code}
    day, year, both = one.in_force_date, one.quota_year, (requests.quotas, after)
    now, county = bounded_now(year, requests.as_of), requests.areas.county_of[ends["from"]]
    later = [day, *(other for other in after.change_dates(year, [ends["from"]]) if other > day)]
    accepted = [wish for wish in requests.wishes if wish.decision == "accepted" and wish.quota_year == year]
    accepted.sort(key=lambda wish: (wish.decided_date, wish.request_id))

    def plan(quotas: Any, area: str) -> list[int]:
        wishes = [wish for wish in accepted if wish.municipality_code == area]
        versions = plan_versions(area, year, quotas, wishes, requests.areas)
        return list(versions[-1].planned if versions else ZEROS)

    def margin(quotas: Any) -> int | None:
        rows = [row for row in county_quotas(quotas, requests.areas, requests.as_of) if row["county_code"] == county]
        ahead = [row["margin_persons"] for row in rows if row["quota_year"] == year and row["valid_to_date"] >= now]
        return min((margin for margin in ahead if margin is not None), default=None)

    return {
        "obstacle": "negative" if min(after.kommuntal_at(year, ends["from"], on) or 0 for on in later) < 0 else None,
        "plan": {end: [plan(quotas, area) for quotas in both] for end, area in ends.items()},
        "kommuntal": {end: [quotas.kommuntal_at(year, area, day) for quotas in both] for end, area in ends.items()},
        "margin": [margin(quotas) for quotas in both],
    }


def said_by_page(answer: Row) -> Row:
    if "ends" not in answer:
        return answer
    parts = {part: {end: found[part] for end, found in answer["ends"].items()} for part in ("plan", "kommuntal")}
    margins = [least and least["margin"] for least in answer["margin"]]
    return {"obstacle": answer["obstacle"], **parts, "margin": margins}


def assert_page_equals_marts(warehouse: Path, pending: Sequence[Redistribution], answers: Sequence[Row]) -> int:
    """Month by month, what the marts say of undecided redistributions; how many of them have plans."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select agreement_id, municipality_code = from_municipality_code, "
            "list(months.planned_persons order by plan_month), list(planned_if_granted_persons order by plan_month), "
            "any_value(county_margin_persons) "
            "from marts.redistribution_assessments join marts.assessed_plan_months as months "
            "on request_kind = 'redistribution' and request_id = agreement_id group by all"
        ).fetchall()
        obstacles = dict(
            connection.execute("select agreement_id, obstacle from marts.redistribution_assessments").fetchall()
        )
    by_id = {one.agreement_id: answer for one, answer in zip(pending, answers, strict=True)}
    for name, is_giver, *plans, margin in rows:
        answer = by_id[name]
        assert answer["ends"]["from" if is_giver else "to"]["plan"] == plans, name
        assert (answer["margin"][0] and answer["margin"][0]["margin"]) == margin, name
    page_says = {name: answer["obstacle"] for name, answer in by_id.items() if answer["obstacle"] != "negative"}
    assert {name: obstacles[name] for name in page_says} == page_says
    return len(rows)


def assert_page_agrees(seed: int, requests: Requests, warehouse: Path, folder: Path) -> int:
    """On undecided redistributions with the marts, on others of other days with the twin; plans compared with marts."""
    pending, others = undecided(requests), made_up(requests, seed + 1)
    answers = tried_on_page(warehouse, requests.as_of, folder, [*pending, *others])
    compared = assert_page_equals_marts(warehouse, pending, answers[: len(pending)])
    for one, answer in zip(others, answers[len(pending) :], strict=True):
        assert said_by_page(answer) == said_by_twin(requests, one), f"seed {seed}: {one}"
    return compared
