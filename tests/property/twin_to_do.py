"""The mart `to_do` in plain Python: what waits for somebody, from the twin's other marts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from twin_landing import Row
from twin_plan import Wish

Marts = dict[str, list[Row]]
Case = tuple[tuple[str, int, str], int | None, date]  # kind, year and area; persons; since when


def to_do(marts: Marts, undecided: list[Wish], register: list[dict[str, str]], as_of: date) -> list[Row]:
    groups = defaultdict(list)
    county_of = {row["municipality_code"]: row["county_code"] for row in register}
    cases = [*of_the_log(marts), *of_plans(marts, as_of), *of_boards(marts, county_of, as_of)]
    for wish in undecided:
        cases.append((("change_request", wish.quota_year, wish.municipality_code), None, wish.requested_date))
    for key, persons, since in cases:
        groups[key].append((persons, since))
    found = []
    for (kind, year, area), waiting in groups.items():
        known = [persons for persons, _ in waiting if persons is not None]
        oldest = min(since for _, since in waiting)
        found.append(
            {
                "kind": kind,
                "quota_year": year,
                "area_code": area,
                "cases": len(waiting),
                "persons": (max if kind.startswith("kommuntal") else sum)(known) if known else None,
                "oldest_date": oldest,
                "waiting_days": max(0, (as_of - oldest).days),
            }
        )
    return found


def of_the_log(marts: Marts) -> Iterator[Case]:
    for row in marts["assignments"]:
        if row["is_overdue"]:
            key = ("overdue", row["quota_year"], row["municipality_code"])
            yield key, row["persons"], row["reception_deadline_date"]
    for row in marts["cancellations"]:
        if row["awaiting_persons"]:
            key = ("awaiting", row["quota_year"], row["municipality_code"])
            yield key, row["awaiting_persons"], row["cancelled_date"]
    year_of = {row["assignment_id"]: row["quota_year"] for row in marts["assignments"]}
    for row in marts["over_plan_dialogues"]:
        if not row["answer"]:
            year = year_of.get(row["assignment_id"], row["requested_date"].year)
            key = ("over_plan_unanswered", year, row["municipality_code"])
            yield key, row["persons"], row["requested_date"]


def of_plans(marts: Marts, as_of: date) -> Iterator[Case]:
    assigned = defaultdict(list)
    for row in marts["plan_deviations"]:
        municipality = row["municipality_code"]
        if row["over_plan_unapproved_persons"]:
            key = ("over_plan_unapproved", row["quota_year"], municipality)
            yield key, row["over_plan_unapproved_persons"], row["plan_month"]
        if row["is_complete_month"] and row["quota_year"] == as_of.year:
            assigned[municipality].append(row)
    for municipality, rows in assigned.items():
        if not any(row["assigned_persons"] is None or row["assigned_persons"] for row in rows):
            for row in rows:
                if row["planned_persons"]:
                    yield ("nothing_assigned", as_of.year, municipality), row["planned_persons"], row["plan_month"]


def of_boards(marts: Marts, county_of: dict[str, str], as_of: date) -> Iterator[Case]:
    for row in marts["redistribution_outcomes"]:
        if row["status"] == "pending":
            county = county_of[row["from_municipality_code"]]
            yield ("redistribution", row["quota_year"], county), row["persons"], row["requested_date"]
    for row in marts["county_quotas"]:
        is_awaited = row["status"] == "kommuntal_awaited" and row["valid_to_date"] >= as_of
        is_missing = row["status"] == "kommuntal_missing" and row["is_current"]
        if is_awaited or is_missing:
            short = row["lanstal_persons"] - (row["kommuntal_total_persons"] or 0)
            yield (row["status"], row["quota_year"], row["county_code"]), short, row["valid_from_date"]
