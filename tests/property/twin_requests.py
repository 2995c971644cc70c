"""Undecided requests as if they were granted, and answers to decided ones, in plain Python."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from twin_landing import FEEDS, Register, Row, land
from twin_plan import (
    Redistribution,
    Version,
    Wish,
    all_versions,
    bounded_now,
    first_changed_month,
    invalid_reason,
    monthly_plan,
    quotas_of,
    visible_decisions,
    visible_redistributions,
    visible_wishes,
)
from twin_to_do import to_do

Marts = dict[str, list[Row]]


class Requests:
    """What is decided and undecided at the as-of date, and the plans that follow from it."""

    def __init__(self, landing: Path, register: list[dict[str, str]], as_of: date, known_at: datetime | None) -> None:
        self.areas, self.as_of = Register(register), as_of
        accepted = {feed.name: land(landing, feed, self.areas, known_at).accepted for feed in FEEDS}
        self.decisions = visible_decisions(accepted["quota_decisions"], as_of)
        self.redistributions = visible_redistributions(accepted["redistributions"], as_of)
        self.wishes = visible_wishes(accepted["change_requests"], as_of)
        self.quotas = quotas_of(self.decisions, self.redistributions, self.areas)
        self.versions = all_versions(self.quotas, self.wishes, self.areas)

    def if_granted(self, request: Wish | Redistribution) -> dict[tuple[str, int], list[Version]]:
        """All plans if this request, alone of the undecided ones, were granted on the as-of date."""
        if isinstance(request, Wish):
            granted = replace(request, decision="accepted", decided_date=self.as_of)
            wishes = [granted if wish is request else wish for wish in self.wishes]
            return all_versions(self.quotas, wishes, self.areas)
        moves = [self.approved(one) if one is request else one for one in self.redistributions]
        return all_versions(quotas_of(self.decisions, moves, self.areas), self.wishes, self.areas)

    def approved(self, request: Redistribution) -> Redistribution:
        now = bounded_now(request.quota_year, self.as_of)
        return replace(request, decision="approved", decided_date=self.as_of, in_force_date=now)

    def undecided(self) -> Iterator[tuple[str, str, Wish | Redistribution, list[str]]]:
        """Kind, id, the request and the municipalities that it concerns, where granting it could change a plan."""
        for wish in self.wishes:
            if wish.decision is None and wish.quota_year >= self.as_of.year:
                yield "change_request", wish.request_id, wish, [wish.municipality_code]
        for one in self.redistributions:
            possible = one.decision is None and one.quota_year >= self.as_of.year
            if possible and not invalid_reason(self.approved(one), self.quotas, self.areas):
                yield "redistribution", one.agreement_id, one, [one.from_municipality_code, one.to_municipality_code]


def request_marts(
    landing: Path, register: list[dict[str, str]], as_of: date, known_at: datetime | None, marts: Marts
) -> Marts:
    """`assessed_plan_months`, `request_answer_months` and `to_do`."""
    requests = Requests(landing, register, as_of, known_at)
    return {
        "assessed_plan_months": list(assessed_plan_months(requests, marts)),
        "request_answer_months": list(request_answer_months(requests, marts)),
        "to_do": to_do(marts, [wish for wish in requests.wishes if wish.decision is None], register, as_of),
    }


def assessed_plan_months(requests: Requests, marts: Marts) -> Iterator[Row]:
    months = {(row["municipality_code"], row["plan_month"]): row for row in marts["plan_deviations"]}
    for kind, request_id, request, ends in requests.undecided():
        changed_from = first_changed_month(requests.as_of, request.quota_year)
        wished = request.months if isinstance(request, Wish) else {}
        for row in monthly_plan(requests.if_granted(request)):
            if row["municipality_code"] in ends and row["quota_year"] == request.quota_year:
                now = months[row["municipality_code"], row["plan_month"]]
                net = now["net_assigned_persons"]
                yield {
                    "request_kind": kind,
                    "request_id": request_id,
                    "municipality_code": row["municipality_code"],
                    "plan_month": row["plan_month"],
                    "can_change": row["plan_month"].month >= changed_from,
                    "wished_persons": wished.get(row["plan_month"]),
                    "planned_persons": now["planned_persons"],
                    "planned_if_granted_persons": row["planned_persons"],
                    "is_full": None if net is None else net >= now["planned_persons"],
                    "is_overfull_if_granted": None if net is None else net > row["planned_persons"],
                }


def answered(requests: Requests, marts: Marts) -> Iterator[tuple[str, str, str, int, date, date | None]]:
    """Kind, id, municipality, quota year, decided date, and the date of the version that it is part of, if any."""
    for wish in requests.wishes:
        if wish.decided_date:
            first = requests.versions.get((wish.municipality_code, wish.quota_year), [])[:1]
            effect = max([wish.decided_date, *(version.effect_date for version in first)])
            accepted = wish.decision == "accepted"
            key = wish.municipality_code, wish.quota_year, wish.decided_date
            yield "change_request", wish.request_id, *key, effect if accepted else None
    statuses = {row["agreement_id"]: row["status"] for row in marts["redistribution_outcomes"]}
    for one in requests.redistributions:
        if one.decided_date:
            effect_date = one.in_force_date if statuses[one.agreement_id] == "applied" else None
            for end in {one.from_municipality_code, one.to_municipality_code}:
                yield "redistribution", one.agreement_id, end, one.quota_year, one.decided_date, effect_date


def request_answer_months(requests: Requests, marts: Marts) -> Iterator[Row]:
    wished = {wish.request_id: wish.months for wish in requests.wishes}
    for kind, request_id, municipality, year, decided, effect in answered(requests, marts):
        versions = requests.versions.get((municipality, year), [])
        own = [version for version in versions if version.effect_date == effect]
        for version in own or [version for version in versions if version.effect_date <= decided][-1:]:
            before = (
                version if not own else versions[version.version_number - 2] if version.version_number > 1 else None
            )
            for month, persons in enumerate(version.planned, start=1):
                plan_month = date(year, month, 1)
                yield {
                    "request_kind": kind,
                    "request_id": request_id,
                    "municipality_code": municipality,
                    "plan_month": plan_month,
                    "version_number": version.version_number,
                    "wished_persons": wished[request_id].get(plan_month) if kind == "change_request" else None,
                    "planned_before_persons": before.planned[month - 1] if before else None,
                    "planned_persons": persons,
                }
