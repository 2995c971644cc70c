"""Rules R1 to R4 in plain Python: what is in force, county totals and the monthly plan."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from twin_landing import Cells, Register, Row, as_day

CAUSES = ("kommuntal", "redistribution", "wish")


# --- Section 3: what is visible at the as-of date --------------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    decision_id: str
    level: str
    quota_year: int
    area_code: str
    persons: int
    decided_date: date
    in_force_date: date

    @property
    def order(self) -> tuple[date, date, str]:
        """R1: the latest in this order counts."""
        return self.in_force_date, self.decided_date, self.decision_id


@dataclass(frozen=True)
class Redistribution:
    """Decision, `decided_date` and `in_force_date` are None while the decision is not visible."""

    agreement_id: str
    quota_year: int
    from_municipality_code: str
    to_municipality_code: str
    persons: int
    requested_date: date
    reconciled_date: date | None
    decision: str | None
    decided_date: date | None
    in_force_date: date | None


@dataclass(frozen=True)
class Wish:
    request_id: str
    municipality_code: str
    quota_year: int
    requested_date: date
    decision: str | None
    decided_date: date | None
    months: dict[date, int]


def visible_decisions(rows: list[Cells], as_of: date) -> list[Decision]:
    found = []
    for cells in rows:
        key = cells["decision_id"], cells["level"], int(cells["quota_year"]), cells["area_code"], int(cells["persons"])
        days = date.fromisoformat(cells["decided_date"]), date.fromisoformat(cells["in_force_date"])
        if days[0] <= as_of:
            found.append(Decision(*key, *days))
    return found


def visible_decision(cells: Cells, as_of: date) -> tuple[str | None, date | None]:
    """What is decided about a request, and when; nothing while it is pending."""
    decided = as_day(cells["decided_date"])
    is_decided = cells["decision"] and decided and decided <= as_of
    return (cells["decision"], decided) if is_decided else (None, None)


def visible_redistributions(rows: list[Cells], as_of: date) -> list[Redistribution]:
    found = []
    for cells in rows:
        requested, reconciled = date.fromisoformat(cells["requested_date"]), as_day(cells["reconciled_date"])
        decision, decided = visible_decision(cells, as_of)
        one = Redistribution(
            agreement_id=cells["agreement_id"],
            quota_year=int(cells["quota_year"]),
            from_municipality_code=cells["from_municipality_code"],
            to_municipality_code=cells["to_municipality_code"],
            persons=int(cells["persons"]),
            requested_date=requested,
            reconciled_date=reconciled if reconciled and reconciled <= as_of else None,
            decision=decision,
            decided_date=decided,
            in_force_date=as_day(cells["in_force_date"]) if decision else None,
        )
        found += [one] if requested <= as_of else []
    return found


def visible_wishes(rows: list[Cells], as_of: date) -> list[Wish]:
    """The rows of one request agree on everything but month and number."""
    found: dict[str, Wish] = {}
    for cells in rows:
        requested = date.fromisoformat(cells["requested_date"])
        if requested <= as_of:
            area = cells["municipality_code"], int(cells["quota_year"])
            new = Wish(cells["request_id"], *area, requested, *visible_decision(cells, as_of), {})
            wish = found.setdefault(new.request_id, new)
            wish.months[date.fromisoformat(cells["plan_month"])] = int(cells["wished_persons"])
    return list(found.values())


def lanstal_proposals(rows: list[Cells], quotas: "Quotas", as_of: date) -> list[Row]:
    """Each proposal beside the first decision on that länstal on or after it."""
    found = []
    for cells in rows:
        proposed, year, county = (
            date.fromisoformat(cells["proposed_date"]),
            int(cells["quota_year"]),
            cells["area_code"],
        )
        later = [one for one in quotas.decisions.get((year, county), []) if one.decided_date >= proposed]
        first = min(later, key=lambda one: (one.decided_date, *one.order), default=None)
        if proposed <= as_of:
            found.append(
                {
                    "proposal_id": cells["proposal_id"],
                    "quota_year": year,
                    "county_code": county,
                    "proposed_persons": int(cells["persons"]),
                    "proposed_date": proposed,
                    "first_decided_persons": first and first.persons,
                    "first_decided_date": first and first.decided_date,
                    "difference_persons": first and first.persons - int(cells["persons"]),
                }
            )
    return found


# --- R1, R2, R3: quotas ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quotas:
    decisions: dict[tuple[int, str], list[Decision]]
    redistributions: dict[tuple[int, str], list[Redistribution]]
    invalid_reasons: dict[str, str]

    def decision_at(self, year: int, area: str, day: date) -> Decision | None:
        """R1: the latest decision in force."""
        in_force = [decision for decision in self.decisions.get((year, area), []) if decision.in_force_date <= day]
        return max(in_force, key=lambda one: one.order, default=None)

    def decided_and_moved(self, year: int, municipality: str, day: date) -> tuple[int, int] | None:
        """R1: the decision's persons, and the redistributions that are not yet contained in it."""
        decision = self.decision_at(year, municipality, day)
        if decision is None:
            return None
        moved = 0
        for one in self.redistributions.get((year, municipality), []):
            assert one.in_force_date is not None
            if decision.in_force_date <= one.in_force_date <= day:
                moved += one.persons if one.to_municipality_code == municipality else -one.persons
        return decision.persons, moved

    def kommuntal_at(self, year: int, municipality: str, day: date) -> int | None:
        parts = self.decided_and_moved(year, municipality, day)
        return None if parts is None else sum(parts)

    def change_dates(self, year: int, areas: Iterable[str]) -> list[date]:
        days = {one.in_force_date for area in areas for one in self.decisions.get((year, area), [])}
        days |= {one.in_force_date for area in areas for one in self.redistributions.get((year, area), [])}  # type: ignore[misc]
        return sorted(days)


def invalid_reason(one: Redistribution, quotas: Quotas, register: Register) -> str | None:
    """R2: why an approved redistribution is not applied."""
    assert one.in_force_date is not None
    ends = one.from_municipality_code, one.to_municipality_code
    if register.county_of[ends[0]] != register.county_of[ends[1]]:
        return "different_counties"
    if ends[0] == ends[1]:
        return "same_municipality"
    if any(quotas.decision_at(one.quota_year, end, one.in_force_date) is None for end in ends):
        return "no_kommuntal"
    return None


def quotas_of(decisions: list[Decision], redistributions: list[Redistribution], register: Register) -> Quotas:
    quotas = Quotas(defaultdict(list), defaultdict(list), {})
    for decision in decisions:
        quotas.decisions[decision.quota_year, decision.area_code].append(decision)
    for one in redistributions:
        if one.decision == "approved":
            reason = invalid_reason(one, quotas, register)
            if reason:
                quotas.invalid_reasons[one.agreement_id] = reason
                continue
            for end in (one.from_municipality_code, one.to_municipality_code):
                quotas.redistributions[one.quota_year, end].append(one)
    return quotas


def bounded_now(year: int, as_of: date) -> date:
    """R1: "now" for a quota year."""
    return min(max(as_of, date(year, 1, 1)), date(year, 12, 31))


def spells(days: list[date], year: int, as_of: date) -> Iterator[tuple[date, Row]]:
    for index, day in enumerate(days):
        last = days[index + 1] - timedelta(days=1) if index + 1 < len(days) else date(year, 12, 31)
        yield (
            day,
            {"valid_from_date": day, "valid_to_date": last, "is_current": day <= bounded_now(year, as_of) <= last},
        )


def municipality_quotas(quotas: Quotas, register: Register, as_of: date) -> list[Row]:
    rows = []
    for year, area in sorted(quotas.decisions):
        if area in register.county_of:
            for day, spell in spells(quotas.change_dates(year, [area]), year, as_of):
                parts = quotas.decided_and_moved(year, area, day)
                assert parts is not None
                persons = {"decided_persons": parts[0], "redistributed_persons": parts[1]}
                key = {"quota_year": year, "municipality_code": area}
                rows.append({**key, **spell, **persons, "kommuntal_persons": sum(parts)})
    return rows


def is_answered(lanstal: Decision, quotas: Quotas, municipalities: list[str], day: date) -> bool:
    """R3: whether a länstal is the first of its year, or a kommuntal decided since it was is in force by the day."""
    year = lanstal.quota_year
    is_first = lanstal == min(quotas.decisions[year, lanstal.area_code], key=lambda one: one.order)
    kommuntal = [one for area in municipalities for one in quotas.decisions.get((year, area), [])]
    return is_first or any(one.in_force_date <= day and one.decided_date >= lanstal.decided_date for one in kommuntal)


def county_spell(quotas: Quotas, year: int, county: str, municipalities: list[str], day: date) -> Row:
    """R3: totals and status of a county-year from a date on."""
    lanstal = quotas.decision_at(year, county, day)
    parts = [quotas.kommuntal_at(year, area, day) for area in municipalities]
    known = [part for part in parts if part is not None]
    total = sum(known) if known else None
    if lanstal is None:
        status = "lanstal_missing"
    elif total is None:
        status = "kommuntal_missing"
    elif total >= lanstal.persons:
        status = "ok"
    else:
        status = "below_lanstal" if is_answered(lanstal, quotas, municipalities, day) else "kommuntal_awaited"
    return {
        "quota_year": year,
        "county_code": county,
        "lanstal_persons": lanstal and lanstal.persons,
        "kommuntal_total_persons": total,
        "margin_persons": None if lanstal is None or total is None else total - lanstal.persons,
        "status": status,
        "municipalities_missing": len(parts) - len(known),
    }


def county_quotas(quotas: Quotas, register: Register, as_of: date) -> list[Row]:
    rows = []
    for year, county in sorted({(year, register.county_of.get(area, area)) for year, area in quotas.decisions}):
        municipalities = [area for area, its_county in register.county_of.items() if its_county == county]
        for day, spell in spells(quotas.change_dates(year, [county, *municipalities]), year, as_of):
            rows.append(county_spell(quotas, year, county, municipalities, day) | spell)
    return rows


def redistribution_outcomes(redistributions: list[Redistribution], quotas: Quotas) -> list[Row]:
    rows = []
    for one in redistributions:
        reason = quotas.invalid_reasons.get(one.agreement_id)
        applied = "invalid" if reason else "applied"
        status = {None: "pending", "rejected": "rejected", "approved": applied}[one.decision]
        reconciled = bool(one.reconciled_date and one.decided_date and one.reconciled_date <= one.decided_date)
        rows.append({**vars(one), "status": status, "invalid_reason": reason, "is_reconciled": reconciled})
    return sorted(rows, key=lambda row: row["agreement_id"])


# --- R4: the monthly plan --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    municipality_code: str
    quota_year: int
    version_number: int
    effect_date: date
    decided_date: date
    first_month: int
    kommuntal_persons: int
    planned: tuple[int, ...]
    cause: str
    request_ids: frozenset[str]


def first_changed_month(effect: date, year: int) -> int:
    """R4: f, from 1 to 13 (no month is left)."""
    if effect <= date(year, 1, 1):
        return 1
    if effect.year > year:
        return 13
    return effect.month if effect.day == 1 else effect.month + 1


def month_weights(remaining: int, months: range, fixed: dict[int, int]) -> list[int]:
    """R4: W_m of the months from f on; the profile weight of every month is 1."""
    free = sum(month not in fixed for month in months)
    share = max(0, remaining - sum(fixed.values()))
    weights = [fixed[month] * (free or 1) if month in fixed else share for month in months]
    return weights if any(weights) else [1 for _ in months]


def spread(remaining: int, weights: list[int], rank: int, size: int) -> list[int]:
    """R4: the formula of `planned(m)`."""
    total, running, before, planned = sum(weights), 0, 0, []
    for weight in weights:
        running += weight
        upto = (remaining * running * 2 * size + (2 * rank + 1) * total) // (2 * size * total)
        planned.append(upto - before)
        before = upto
    return planned


@dataclass(frozen=True)
class Change:
    """R4: something that remakes a plan."""

    cause: str
    decided_date: date
    wish: Wish | None = None


def changes_by_effect_date(
    municipality: str, year: int, quotas: Quotas, wishes: list[Wish]
) -> dict[date, list[Change]]:
    """Wishes from before the first decision join the first version."""
    changes: dict[date, list[Change]] = defaultdict(list)
    for decision in quotas.decisions[year, municipality]:
        changes[decision.in_force_date].append(Change("kommuntal", decision.decided_date))
    first = min(changes)
    for one in quotas.redistributions.get((year, municipality), []):
        assert one.in_force_date and one.decided_date
        changes[one.in_force_date].append(Change("redistribution", one.decided_date))
    for wish in wishes:
        assert wish.decided_date
        changes[max(first, wish.decided_date)].append(Change("wish", wish.decided_date, wish))
    return changes


def plan_versions(
    municipality: str, year: int, quotas: Quotas, wishes: list[Wish], register: Register
) -> list[Version]:
    """R4: all versions of one municipality's plan of one year; `wishes` are its accepted ones in order of decision."""
    planned, fixed, versions = [0] * 12, dict[int, int](), list[Version]()
    for effect, changes in sorted(changes_by_effect_date(municipality, year, quotas, wishes).items()):
        first = first_changed_month(effect, year)
        if first == 13:
            break
        wished = [change.wish for change in changes if change.wish]
        for wish in wished:
            fixed |= {month.month: persons for month, persons in wish.months.items()}
        kommuntal = quotas.kommuntal_at(year, municipality, effect)
        assert kommuntal is not None
        kept, months = planned[: first - 1], range(first, 13)
        remaining = max(0, kommuntal - sum(kept))
        weights = month_weights(remaining, months, {month: fixed[month] for month in months if month in fixed})
        planned = kept + spread(remaining, weights, *register.rank_and_size(municipality))
        version = Version(
            municipality_code=municipality,
            quota_year=year,
            version_number=len(versions) + 1,
            effect_date=effect,
            decided_date=max(change.decided_date for change in changes),
            first_month=first,
            kommuntal_persons=kommuntal,
            planned=tuple(planned),
            cause="+".join(cause for cause in CAUSES if cause in {change.cause for change in changes}),
            request_ids=frozenset(wish.request_id for wish in wished),
        )
        versions.append(version)
    return versions


def all_versions(quotas: Quotas, wishes: list[Wish], register: Register) -> dict[tuple[str, int], list[Version]]:
    """R4: per municipality and year with a kommuntal decision; where R4 leaves no month the list is empty."""
    accepted: dict[tuple[str, int], list[Wish]] = defaultdict(list)
    for wish in sorted(wishes, key=lambda wish: (wish.decided_date or date.max, wish.request_id)):
        if wish.decision == "accepted":
            accepted[wish.municipality_code, wish.quota_year].append(wish)
    return {
        (area, year): plan_versions(area, year, quotas, accepted[area, year], register)
        for area, year in sorted((area, year) for year, area in quotas.decisions)
        if area in register.county_of
    }


def monthly_plan_versions(versions: dict[tuple[str, int], list[Version]]) -> list[Row]:
    return [
        {
            "municipality_code": version.municipality_code,
            "quota_year": version.quota_year,
            "version_number": version.version_number,
            "plan_month": date(version.quota_year, month, 1),
            "effect_date": version.effect_date,
            "decided_date": version.decided_date,
            "first_changed_month": date(version.quota_year, version.first_month, 1),
            "kommuntal_persons": version.kommuntal_persons,
            "planned_persons": persons,
            "cause": version.cause,
        }
        for one_plan in versions.values()
        for version in one_plan
        for month, persons in enumerate(version.planned, start=1)
    ]


def monthly_plan(versions: dict[tuple[str, int], list[Version]]) -> list[Row]:
    rows = []
    for (area, year), one_plan in versions.items():
        planned = one_plan[-1].planned if one_plan else (0,) * 12
        for month, persons in enumerate(planned, start=1):
            key = {"municipality_code": area, "plan_month": date(year, month, 1), "quota_year": year}
            rows.append({**key, "planned_persons": persons})
    return rows


def change_request_outcomes(wishes: list[Wish], versions: dict[tuple[str, int], list[Version]]) -> list[Row]:
    rows = []
    for wish in wishes:
        status = {None: "pending", "declined": "declined", "accepted": "partly_applied"}[wish.decision]
        for version in versions.get((wish.municipality_code, wish.quota_year), []):
            numbers = [version.planned[month.month - 1] == persons for month, persons in wish.months.items()]
            if wish.request_id in version.request_ids and all(numbers):
                status = "applied"
        rows.append({"request_id": wish.request_id, "status": status})
    return sorted(rows, key=lambda row: row["request_id"])
