"""The contract once more, in plain Python: slow, simple, written from its text alone and independent of the SQL.

`marts_of` turns a landing folder of CSV files into the marts of contract section 4. Left out because the contract
does not say how they are written: `raw_row` of `rejected_rows`.
"""

import csv
import hashlib
import re
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Cells = dict[str, str]
Marts = dict[str, list[Row]]

MUNICIPALITY_COLUMNS = ("municipality_code", "from_municipality_code", "to_municipality_code")
CANCELLATION_REASONS = ("declined", "not_used", "moved_on_own", "household_changed", "lapsed", "other")
OVER_PLAN_REASONS = ("specialist_care", "relatives", "other")
ERROR_CHECKS = (
    "files_readable",
    "county_total_not_below_lanstal",
    "kommuntal_not_negative",
    "plan_sums_to_kommuntal",
    "plan_not_negative",
    "every_assignment_counted_once",
    "rejected_rows_within_limit",
)


# --- The official register -------------------------------------------------------------------------------------------


class Register:
    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = sorted(rows, key=lambda row: row["municipality_code"])
        self.county_of = {row["municipality_code"]: row["county_code"] for row in self.rows}
        self.county_names = {row["county_code"]: row["county_name"] for row in self.rows}

    def rank_and_size(self, municipality: str) -> tuple[int, int]:
        """R4: r, the rank by code within the county, and n, the county's number of municipalities."""
        neighbours = [code for code, county in self.county_of.items() if county == self.county_of[municipality]]
        return sorted(neighbours).index(municipality), len(neighbours)


# --- Section 2: rows that fit and rows that do not -------------------------------------------------------------------


def as_day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def as_moment(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def check_text(cells: Cells, column: str) -> str | None:
    return None if cells[column] else f"missing_value:{column}"


def check_choice(cells: Cells, column: str, known: Iterable[str], required: bool) -> str | None:
    if not cells[column]:
        return f"missing_value:{column}" if required else None
    return None if cells[column] in known else f"unknown_value:{column}"


def check_area(cells: Cells, column: str, known: Iterable[str], required: bool) -> str | None:
    if not cells[column]:
        return f"missing_value:{column}" if required else None
    return None if cells[column] in known else f"unknown_area:{column}"


def check_number(cells: Cells, column: str, low: int, high: int | None, required: bool) -> str | None:
    if not cells[column]:
        return f"missing_value:{column}" if required else None
    if not re.fullmatch(r"[+-]?[0-9]+", cells[column]):
        return f"bad_number:{column}"
    number = int(cells[column])
    return f"out_of_range:{column}" if number < low or (high is not None and number > high) else None


def check_day(cells: Cells, column: str, required: bool) -> str | None:
    if not cells[column]:
        return f"missing_value:{column}" if required else None
    return None if as_day(cells[column]) else f"bad_date:{column}"


def bounded_in_force(year: int, decided: date | None, in_force: date | None) -> date | None:
    """`in_force_date` with its default and its lower bound; None after 31 December of the quota year."""
    new_year = date(year, 1, 1)
    effective = max(in_force or decided or new_year, new_year)
    return effective if effective.year == year else None


def check_in_force(cells: Cells) -> str | None:
    decided, in_force = as_day(cells["decided_date"]), as_day(cells["in_force_date"])
    late = bounded_in_force(int(cells["quota_year"]), decided, in_force) is None
    return "out_of_range:in_force_date" if late else None


def check_quota_decision(cells: Cells, register: Register) -> Iterator[str | None]:
    yield check_text(cells, "decision_id")
    yield check_choice(cells, "level", ("lanstal", "kommuntal"), required=True)
    yield check_number(cells, "quota_year", 2016, 2100, required=True)
    known = register.county_names if cells["level"] == "lanstal" else register.county_of
    yield check_area(cells, "area_code", known, required=True)
    yield check_number(cells, "persons", 0, None, required=True)
    yield check_day(cells, "decided_date", required=False)
    yield check_day(cells, "in_force_date", required=False)
    yield check_in_force(cells)


def check_redistribution(cells: Cells, register: Register) -> Iterator[str | None]:
    yield check_text(cells, "agreement_id")
    yield check_number(cells, "quota_year", 2016, 2100, required=True)
    yield check_area(cells, "from_municipality_code", register.county_of, required=True)
    yield check_area(cells, "to_municipality_code", register.county_of, required=True)
    yield check_number(cells, "persons", 1, None, required=True)
    yield check_day(cells, "requested_date", required=True)
    yield check_day(cells, "reconciled_date", required=False)
    yield check_choice(cells, "decision", ("approved", "rejected"), required=False)
    yield check_day(cells, "decided_date", required=bool(cells["decision"]))
    yield check_day(cells, "in_force_date", required=False)
    if cells["decision"] == "approved":
        yield check_in_force(cells)


def check_change_request(cells: Cells, register: Register) -> Iterator[str | None]:
    yield check_text(cells, "request_id")
    yield check_area(cells, "municipality_code", register.county_of, required=True)
    yield check_number(cells, "quota_year", 2016, 2100, required=True)
    yield check_day(cells, "plan_month", required=True)
    month = date.fromisoformat(cells["plan_month"])
    if month.day != 1 or month.year != int(cells["quota_year"]):
        yield "out_of_range:plan_month"
    yield check_number(cells, "wished_persons", 0, None, required=True)
    yield check_day(cells, "requested_date", required=True)
    yield check_choice(cells, "decision", ("accepted", "declined"), required=False)
    yield check_day(cells, "decided_date", required=bool(cells["decision"]))


def check_event(cells: Cells, register: Register) -> Iterator[str | None]:
    kind = cells["event_type"]
    yield check_text(cells, "event_id")
    yield check_choice(cells, "event_type", EVENT_TYPES, required=True)
    yield check_day(cells, "event_date", required=True)
    yield check_text(cells, "assignment_id")
    if cells["recorded_at"] and not as_moment(cells["recorded_at"]):
        yield "bad_date:recorded_at"
    yield check_area(cells, "municipality_code", register.county_of, required=kind == "assigned")
    yield check_number(cells, "persons", 1, 99, required=kind == "assigned")
    if kind == "assigned":
        yield check_choice(cells, "category", ("accommodation_centre", "quota_refugee"), required=True)
        yield check_day(cells, "reception_deadline_date", required=False)
    if kind == "cancelled":
        yield check_choice(cells, "reason", CANCELLATION_REASONS, required=False)
    if kind == "over_plan_approved":
        yield check_choice(cells, "reason", OVER_PLAN_REASONS, required=False)


EVENT_TYPES = ("assigned", "over_plan_approved", "cancelled", "received", "retracted")


@dataclass(frozen=True)
class Feed:
    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]
    check: Callable[[Cells, Register], Iterator[str | None]]


FEEDS = (
    Feed(
        "quota_decisions",
        ("decision_id", "level", "quota_year", "area_code", "persons", "decided_date", "in_force_date"),
        ("decision_id", "level", "quota_year", "area_code", "persons"),
        ("decision_id", "quota_year", "area_code"),
        check_quota_decision,
    ),
    Feed(
        "redistributions",
        ("agreement_id", "quota_year", "from_municipality_code", "to_municipality_code", "persons")
        + ("requested_date", "reconciled_date", "decision", "decided_date", "in_force_date"),
        ("agreement_id", "quota_year", "from_municipality_code", "to_municipality_code", "persons", "requested_date"),
        ("agreement_id",),
        check_redistribution,
    ),
    Feed(
        "change_requests",
        ("request_id", "municipality_code", "quota_year", "plan_month", "wished_persons", "requested_date")
        + ("decision", "decided_date"),
        ("request_id", "municipality_code", "quota_year", "plan_month", "wished_persons", "requested_date"),
        ("request_id", "plan_month"),
        check_change_request,
    ),
    Feed(
        "assignment_log",
        ("event_id", "event_type", "event_date", "assignment_id", "recorded_at", "municipality_code", "persons")
        + ("category", "reception_deadline_date", "replaces", "reason"),
        ("event_id", "event_type", "event_date", "assignment_id"),
        ("event_id",),
        check_event,
    ),
)


# --- Section 2: files, duplicates, superseded rows -------------------------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    file_name: str
    row_number: int
    cells: Cells
    reason: str | None


@dataclass
class Landed:
    """What ingest makes of one feed; `accepted` is in the order of files and rows."""

    accepted: list[Cells] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)


def healed(cells: Cells) -> Cells:
    """Codes that lost their leading zeros get them back."""
    for column in MUNICIPALITY_COLUMNS:
        if cells.get(column):
            cells[column] = cells[column].rjust(4, "0")
    if cells.get("area_code"):
        cells["area_code"] = cells["area_code"].rjust(2 if cells["level"] == "lanstal" else 4, "0")
    return cells


def read_records(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = [[cell.strip() for cell in record] for record in csv.reader(file)]
    return [name.lower() for name in records[0]], records[1:]


def delivered_rows(path: Path, feed: Feed, register: Register) -> tuple[str, list[Delivered]]:
    """A file's status and its rows; blank rows are counted by `row_number` and otherwise skipped."""
    header, records = read_records(path)
    for column in feed.required:
        if column not in header:
            return f"missing_column:{column}", []
    rows = []
    for row_number, record in enumerate(records, start=1):
        if any(record):
            named = dict(zip(header, record, strict=False))
            cells = healed({column: named.get(column, "") for column in feed.columns})
            reason = next(filter(None, feed.check(cells, register)), None)
            rows.append(Delivered(path.name, row_number, cells, reason))
    return "loaded", rows


def fates(feed: Feed, rows: list[Delivered]) -> list[str]:
    """Per row `accepted`, `duplicate` or the reason for which it is set aside."""
    found = [row.reason or "" for row in rows]
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if not row.reason:
            groups[tuple(row.cells[column] for column in feed.key)].append(index)
    for indexes in groups.values():
        different: list[int] = []
        for index in indexes:
            repeated = any(rows[index].cells == rows[earlier].cells for earlier in different)
            found[index] = "duplicate" if repeated else "superseded"
            different += [] if repeated else [index]
        winner = max(
            different, key=lambda index: (as_moment(rows[index].cells.get("recorded_at", "")) or OLDEST, index)
        )
        found[winner] = "accepted"
    return found


OLDEST = datetime.min


def land(landing: Path, feed: Feed, register: Register) -> Landed:
    landed, rows = Landed(), list[Delivered]()
    paths = sorted((landing / feed.name).glob("*.csv"), key=lambda path: path.name.encode())
    for path in paths:
        status, delivered = delivered_rows(path, feed, register)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        landed.files.append({"feed": feed.name, "file_name": path.name, "sha256": sha256, "status": status})
        rows += delivered
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row, fate in zip(rows, fates(feed, rows), strict=True):
        counts[row.file_name][fate if fate in ("accepted", "duplicate") else "rejected"] += 1
        if fate == "accepted":
            landed.accepted.append(row.cells)
        elif fate != "duplicate":
            key = {"feed": feed.name, "file_name": row.file_name, "row_number": row.row_number}
            landed.rejected.append({**key, "reason": fate})
    for file in landed.files:
        count = counts[file["file_name"]]
        file["rows_read"] = count.total()
        file.update({f"rows_{fate}": count[fate] for fate in ("accepted", "rejected", "duplicate")})
    return landed


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
    decision: str | None
    decided_date: date | None
    months: dict[date, int]


@dataclass(frozen=True)
class Event:
    event_id: str
    event_type: str
    event_date: date
    assignment_id: str
    cells: Cells


def visible_decisions(rows: list[Cells], as_of: date) -> list[Decision]:
    found = []
    for cells in rows:
        decided, in_force, year = (
            as_day(cells["decided_date"]),
            as_day(cells["in_force_date"]),
            int(cells["quota_year"]),
        )
        effective = bounded_in_force(year, decided, in_force)
        assert effective is not None
        decided = decided or in_force or effective
        if decided <= as_of:
            key = cells["decision_id"], cells["level"], year, cells["area_code"]
            found.append(Decision(*key, int(cells["persons"]), decided, effective))
    return found


def visible_redistributions(rows: list[Cells], as_of: date) -> list[Redistribution]:
    found = []
    for cells in rows:
        requested, reconciled = date.fromisoformat(cells["requested_date"]), as_day(cells["reconciled_date"])
        decided, in_force, year = (
            as_day(cells["decided_date"]),
            as_day(cells["in_force_date"]),
            int(cells["quota_year"]),
        )
        if requested > as_of:
            continue
        decision = cells["decision"] if decided and decided <= as_of else None
        if decision == "approved":
            in_force = bounded_in_force(year, decided, in_force)
        found.append(
            Redistribution(
                agreement_id=cells["agreement_id"],
                quota_year=year,
                from_municipality_code=cells["from_municipality_code"],
                to_municipality_code=cells["to_municipality_code"],
                persons=int(cells["persons"]),
                requested_date=requested,
                reconciled_date=reconciled if reconciled and reconciled <= as_of else None,
                decision=decision or None,
                decided_date=decided if decision else None,
                in_force_date=in_force if decision else None,
            )
        )
    return found


def visible_wishes(rows: list[Cells], as_of: date) -> list[Wish]:
    """The rows of one request agree on everything but month and number."""
    months: dict[str, dict[date, int]] = defaultdict(dict)
    request: dict[str, Cells] = {}
    for cells in rows:
        if date.fromisoformat(cells["requested_date"]) <= as_of:
            months[cells["request_id"]][date.fromisoformat(cells["plan_month"])] = int(cells["wished_persons"])
            request[cells["request_id"]] = cells
    found = []
    for request_id, cells in request.items():
        decided = as_day(cells["decided_date"])
        decision = (cells["decision"] or None) if decided and decided <= as_of else None
        area = cells["municipality_code"], int(cells["quota_year"])
        found.append(Wish(request_id, *area, decision, decided if decision else None, months[request_id]))
    return found


def visible_events(rows: list[Cells], as_of: date) -> list[Event]:
    """A winner of type `retracted` makes the event never have happened."""
    found = []
    for cells in rows:
        event_date = date.fromisoformat(cells["event_date"])
        if event_date <= as_of and cells["event_type"] != "retracted":
            found.append(Event(cells["event_id"], cells["event_type"], event_date, cells["assignment_id"], cells))
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
        return max(in_force, key=lambda one: (one.in_force_date, one.decided_date, one.decision_id), default=None)

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


def county_status(lanstal: int | None, total: int | None) -> str:
    """R3: the state of a county-year at a date."""
    if lanstal is None:
        return "lanstal_missing"
    if total is None:
        return "kommuntal_missing"
    return "ok" if total >= lanstal else "below_lanstal"


def county_quotas(quotas: Quotas, register: Register, as_of: date) -> list[Row]:
    rows = []
    for year, county in sorted({(year, register.county_of.get(area, area)) for year, area in quotas.decisions}):
        municipalities = [area for area, its_county in register.county_of.items() if its_county == county]
        for day, spell in spells(quotas.change_dates(year, [county, *municipalities]), year, as_of):
            decision = quotas.decision_at(year, county, day)
            lanstal = decision.persons if decision else None
            parts = [quotas.kommuntal_at(year, area, day) for area in municipalities]
            known = [part for part in parts if part is not None]
            total = sum(known) if known else None
            row = {"quota_year": year, "county_code": county, **spell, "status": county_status(lanstal, total)}
            margin = None if lanstal is None or total is None else total - lanstal
            rows.append({**row, "lanstal_persons": lanstal, "kommuntal_total_persons": total, "margin_persons": margin})
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

CAUSES = ("kommuntal", "redistribution", "wish")


@dataclass(frozen=True)
class Version:
    municipality_code: str
    quota_year: int
    version_number: int
    effect_date: date
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


def changes_by_effect_date(
    municipality: str, year: int, quotas: Quotas, wishes: list[Wish]
) -> dict[date, list[tuple[str, Wish | None]]]:
    """R4: what remakes the plan; wishes from before the first decision join the first version."""
    changes: dict[date, list[tuple[str, Wish | None]]] = defaultdict(list)
    for decision in quotas.decisions[year, municipality]:
        changes[decision.in_force_date].append(("kommuntal", None))
    first = min(changes)
    for one in quotas.redistributions.get((year, municipality), []):
        assert one.in_force_date is not None
        changes[one.in_force_date].append(("redistribution", None))
    for wish in wishes:
        assert wish.decided_date is not None
        changes[max(first, wish.decided_date)].append(("wish", wish))
    return changes


def plan_versions(
    municipality: str, year: int, quotas: Quotas, wishes: list[Wish], register: Register
) -> list[Version]:
    """R4: all versions of one municipality's plan of one year; `wishes` are its accepted ones in order of decision."""
    planned, fixed, versions = [0] * 12, dict[int, int](), list[Version]()
    changes = changes_by_effect_date(municipality, year, quotas, wishes)
    for effect in sorted(changes):
        first = first_changed_month(effect, year)
        if first == 13:
            break
        wished = [wish for _, wish in changes[effect] if wish]
        for wish in wished:
            fixed |= {month.month: persons for month, persons in wish.months.items()}
        kommuntal = quotas.kommuntal_at(year, municipality, effect)
        assert kommuntal is not None
        kept, months = planned[: first - 1], range(first, 13)
        remaining = max(0, kommuntal - sum(kept))
        weights = month_weights(remaining, months, {month: fixed[month] for month in months if month in fixed})
        planned = kept + spread(remaining, weights, *register.rank_and_size(municipality))
        causes = {cause for cause, _ in changes[effect]}
        cause = "+".join(name for name in CAUSES if name in causes)
        ids = frozenset(wish.request_id for wish in wished)
        key = municipality, year, len(versions) + 1, effect, first
        versions.append(Version(*key, kommuntal, tuple(planned), cause, ids))
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


# --- R5, R6, R7, R9: assignments -------------------------------------------------------------------------------------


@dataclass
class Assignment:
    assignment_id: str
    event_id: str
    municipality_code: str
    persons: int
    category: str
    assigned_date: date
    reception_deadline_date: date
    named_originals: list[str]
    outcome: Event | None = None
    approval: Event | None = None
    originals: list["Assignment"] = field(default_factory=list)
    replacements: list["Assignment"] = field(default_factory=list)
    root: tuple[date, str] = (date.max, "")
    quota_year: int = 0

    @property
    def status(self) -> str:
        return self.outcome.event_type if self.outcome else "open"

    @property
    def outcome_date(self) -> date | None:
        return self.outcome.event_date if self.outcome else None

    @property
    def received_persons(self) -> int | None:
        return (
            int(self.outcome.cells["persons"] or self.persons) if self.outcome and self.status == "received" else None
        )


def issue(event: Event, name: str) -> Row:
    key = {"event_id": event.event_id, "assignment_id": event.assignment_id}
    return {**key, "issue": name, "original_assignment_id": None}


def two_months_after(day: date) -> date:
    """R7: two calendar months, ending on the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month + 1, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def assignment_of(event: Event) -> Assignment:
    named = [name.strip() for name in event.cells["replaces"].split(";")]
    return Assignment(
        assignment_id=event.assignment_id,
        event_id=event.event_id,
        municipality_code=event.cells["municipality_code"],
        persons=int(event.cells["persons"]),
        category=event.cells["category"],
        assigned_date=event.event_date,
        reception_deadline_date=as_day(event.cells["reception_deadline_date"]) or two_months_after(event.event_date),
        named_originals=list(dict.fromkeys(filter(None, named))),
    )


def assigned(events: list[Event], issues: list[Row]) -> dict[str, Assignment]:
    """R9: the first assigned event by date and id counts; others are repeated, events without one are orphans."""
    found: dict[str, Assignment] = {}
    for event in sorted(events, key=lambda event: (event.event_date, event.event_id)):
        if event.event_type == "assigned" and event.assignment_id not in found:
            found[event.assignment_id] = assignment_of(event)
        elif event.event_type == "assigned":
            issues.append(issue(event, "repeated_assignment"))
    issues += [issue(event, "orphan") for event in events if event.assignment_id not in found]
    return found


def settle_outcomes(assignments: dict[str, Assignment], events: list[Event], issues: list[Row]) -> None:
    """R6: the first outcome counts, received before cancelled on one day; R9: the rest are issues."""
    outcomes = [event for event in events if event.event_type in ("received", "cancelled")]
    for event in sorted(outcomes, key=lambda one: (one.event_date, one.event_type != "received", one.event_id)):
        assignment = assignments.get(event.assignment_id)
        if assignment is None:
            continue
        if event.event_date < assignment.assigned_date:
            issues.append(issue(event, "before_assignment"))
        elif assignment.outcome is None:
            assignment.outcome = event
        else:
            same = event.event_type == assignment.status
            issues.append(issue(event, "repeated_outcome" if same else "conflicting_outcome"))


def settle_approvals(assignments: dict[str, Assignment], events: list[Event]) -> None:
    """R8: an assignment's first approval by date and id; it may come before the assignment."""
    for event in sorted(events, key=lambda event: (event.event_date, event.event_id), reverse=True):
        if event.event_type == "over_plan_approved" and event.assignment_id in assignments:
            assignments[event.assignment_id].approval = event


def obstacle(replacement: Assignment, original: Assignment | None) -> str | None:
    """R5: why a link is not valid."""
    if original is None:
        return "replacement_unknown"
    cancelled = original.outcome_date if original.status == "cancelled" else None
    if cancelled is None or cancelled > replacement.assigned_date:
        return "replacement_not_cancelled"
    if original.municipality_code != replacement.municipality_code:
        return "replacement_other_municipality"
    if order_of(original) >= order_of(replacement):
        return "replacement_not_after"
    return None


def order_of(assignment: Assignment) -> tuple[date, str]:
    return assignment.assigned_date, assignment.assignment_id


def settle_links(assignments: dict[str, Assignment], issues: list[Row]) -> None:
    """R5: valid links, and through them the quota year and the earliest root."""
    for replacement in sorted(assignments.values(), key=order_of):
        for name in replacement.named_originals:
            original = assignments.get(name)
            problem = obstacle(replacement, original)
            if problem:
                key = {"event_id": replacement.event_id, "assignment_id": replacement.assignment_id}
                issues.append({**key, "issue": problem, "original_assignment_id": name})
            elif original:
                replacement.originals.append(original)
                original.replacements.append(replacement)
        roots = [original.root for original in replacement.originals]
        years = [original.quota_year for original in replacement.originals]
        replacement.root = min(roots, default=order_of(replacement))
        replacement.quota_year = min(years, default=replacement.assigned_date.year)


def is_overdue(assignment: Assignment, as_of: date) -> bool:
    """R7: open past its deadline."""
    return assignment.status == "open" and assignment.reception_deadline_date < as_of


def assignments_mart(assignments: list[Assignment], as_of: date) -> list[Row]:
    rows = []
    for one in assignments:
        received, cancelled = one.status == "received", one.status == "cancelled"
        rows.append(
            {
                "assignment_id": one.assignment_id,
                "municipality_code": one.municipality_code,
                "persons": one.persons,
                "category": one.category,
                "assigned_date": one.assigned_date,
                "reception_deadline_date": one.reception_deadline_date,
                "status": one.status,
                "received_date": one.outcome_date if received else None,
                "received_persons": one.received_persons,
                "cancelled_date": one.outcome_date if cancelled else None,
                "cancellation_reason": one.outcome.cells["reason"] or "other" if one.outcome and cancelled else None,
                "is_replacement": bool(one.originals),
                "original_assignment_id": one.root[1],
                "quota_year": one.quota_year,
                "is_overdue": is_overdue(one, as_of),
                "over_plan_approved_date": one.approval.event_date if one.approval else None,
                "over_plan_reason": one.approval.cells["reason"] or "other" if one.approval else None,
            }
        )
    return rows


def displacement_days(one: Assignment) -> int | None:
    """R7: from its deadline to the latest deadline of its direct replacements."""
    deadlines = [replacement.reception_deadline_date for replacement in one.replacements]
    return (max(deadlines) - one.reception_deadline_date).days if deadlines else None


def cancellations_mart(assignments: list[Assignment]) -> list[Row]:
    rows = []
    for one in assignments:
        if one.status == "cancelled" and one.outcome:
            sizes = [replacement.persons for replacement in one.replacements]
            rows.append(
                {
                    "assignment_id": one.assignment_id,
                    "municipality_code": one.municipality_code,
                    "quota_year": one.quota_year,
                    "persons": one.persons,
                    "assigned_date": one.assigned_date,
                    "cancelled_date": one.outcome.event_date,
                    "reason": one.outcome.cells["reason"] or "other",
                    "replacement_assignments": len(sizes),
                    "replacement_persons": sum(sizes),
                    "awaiting_persons": max(0, one.persons - sum(sizes)),
                    "displacement_days": displacement_days(one),
                    "is_new_constellation": bool(sizes) and sizes != [one.persons],
                    "crosses_year": one.outcome.event_date.year > one.quota_year,
                }
            )
    return rows


# --- R8, R10: plan against outcome -----------------------------------------------------------------------------------


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_figures(area: str, month: date, planned: int, assignments: list[Assignment]) -> Row:
    """One row of `plan_deviations` without what depends on other months; R8: the over-plan persons."""
    here = [one for one in assignments if one.municipality_code == area]
    begun = [one for one in here if month_of(one.assigned_date) == month]
    counted = [one for one in begun if one.quota_year == month.year]
    received = [one for one in here if one.status == "received" and month_of(one.outcome_date or date.max) == month]
    ordinary = [one for one in begun if not one.originals]
    over_plan = max(0, persons_of(ordinary) - planned)
    approved = min(over_plan, persons_of([one for one in ordinary if one.approval]))
    cancelled = persons_of([one for one in counted if one.status == "cancelled"])
    return {
        "municipality_code": area,
        "plan_month": month,
        "quota_year": month.year,
        "planned_persons": planned,
        "assigned_persons": persons_of(counted),
        "cancelled_persons": cancelled,
        "net_assigned_persons": persons_of(counted) - cancelled,
        "prior_year_replacement_persons": persons_of([one for one in begun if one.quota_year < month.year]),
        "received_persons": sum(one.received_persons or 0 for one in received),
        "over_plan_persons": over_plan,
        "over_plan_approved_persons": approved,
        "over_plan_unapproved_persons": over_plan - approved,
    }


def persons_of(assignments: list[Assignment]) -> int:
    return sum(one.persons for one in assignments)


def plan_deviations(plan: list[Row], assignments: list[Assignment], as_of: date) -> list[Row]:
    planned = {(row["municipality_code"], row["plan_month"]): row["planned_persons"] for row in plan}
    keys = set(planned)
    for one in assignments:
        keys.add((one.municipality_code, month_of(one.assigned_date)))
        if one.status == "received" and one.outcome_date:
            keys.add((one.municipality_code, month_of(one.outcome_date)))
    by_area: dict[str, list[Assignment]] = defaultdict(list)
    for one in assignments:
        by_area[one.municipality_code].append(one)
    rows: list[Row] = []
    running: Counter[tuple[str, int, str]] = Counter()
    for area, month in sorted(keys):
        row = month_figures(area, month, planned.get((area, month), 0), by_area[area])
        running[area, month.year, "planned"] += row["planned_persons"]
        running[area, month.year, "net"] += row["net_assigned_persons"]
        cumulative = running[area, month.year, "planned"], running[area, month.year, "net"]
        begun = month <= as_of
        row["deviation_persons"] = row["net_assigned_persons"] - row["planned_persons"] if begun else None
        row["cumulative_planned_persons"] = cumulative[0] if begun else None
        row["cumulative_net_assigned_persons"] = cumulative[1] if begun else None
        row["cumulative_deviation_persons"] = cumulative[1] - cumulative[0] if begun else None
        rows.append(row)
    return rows


def quota_year_counts(quotas: Quotas, plan: list[Row], assignments: list[Assignment], as_of: date) -> list[Row]:
    planned: Counter[tuple[int, str]] = Counter()
    for row in plan:
        planned[row["quota_year"], row["municipality_code"]] += row["planned_persons"]
    keys = {(row["quota_year"], row["municipality_code"]) for row in plan}
    keys |= {(one.quota_year, one.municipality_code) for one in assignments}
    rows = []
    for year, area in sorted(keys):
        mine = [one for one in assignments if (one.quota_year, one.municipality_code) == (year, area)]
        received = [one for one in mine if one.status == "received"]
        open_ones = [one for one in mine if one.status == "open"]
        kommuntal = quotas.kommuntal_at(year, area, bounded_now(year, as_of))
        received_persons, open_persons = received_sum(received), persons_of(open_ones)
        later = [one for one in received if one.outcome_date and one.outcome_date.year > year]
        rows.append(
            {
                "quota_year": year,
                "municipality_code": area,
                "kommuntal_persons": kommuntal,
                "planned_persons": planned[year, area],
                "received_persons": received_persons,
                "open_persons": open_persons,
                "cancelled_persons": persons_of([one for one in mine if one.status == "cancelled"]),
                "unassigned_persons": None if kommuntal is None else kommuntal - received_persons - open_persons,
                "received_later_persons": received_sum(later),
                "received_by_replacement_persons": received_sum([one for one in received if one.originals]),
                "overdue_persons": persons_of([one for one in open_ones if is_overdue(one, as_of)]),
            }
        )
    return rows


def received_sum(assignments: list[Assignment]) -> int:
    return sum(one.received_persons or 0 for one in assignments)


def uncounted_areas(assignments: list[Assignment], counts: list[Row]) -> int:
    """R10: municipalities and quota years where assigned is not received at assignment size + open + cancelled."""
    size: Counter[tuple[int, str]] = Counter()
    for one in assignments:
        surplus = (one.received_persons or one.persons) - one.persons
        size[one.quota_year, one.municipality_code] += one.persons + surplus
    counted = {
        (row["quota_year"], row["municipality_code"]): row["received_persons"]
        + row["open_persons"]
        + row["cancelled_persons"]
        for row in counts
    }
    return sum(size[key] != counted.get(key, 0) for key in size.keys() | counted.keys())


# --- Section 4: checks and marts -------------------------------------------------------------------------------------


def files_over_limit(files: list[Row], rejected: list[Row]) -> int:
    """More than 5 % of a file's rows set aside; superseded rows do not count."""
    bad = Counter((row["feed"], row["file_name"]) for row in rejected if row["reason"] != "superseded")
    return sum(bad[file["feed"], file["file_name"]] * 20 > file["rows_read"] for file in files)


def wrong_sums(versions: dict[tuple[str, int], list[Version]]) -> int:
    """Plans that do not sum to kommuntal although what was already planned left room for it."""
    wrong = 0
    for version in (version for one_plan in versions.values() for version in one_plan):
        exceeded = sum(version.planned[: version.first_month - 1]) > version.kommuntal_persons
        wrong += not exceeded and version.kommuntal_persons >= 0 and sum(version.planned) != version.kommuntal_persons
    return wrong


def is_stale(log: list[Cells], as_of: date) -> bool:
    days = [date.fromisoformat(cells["event_date"]) for cells in log]
    latest = max((day for day in days if day <= as_of), default=None)
    return latest is not None and (as_of - latest).days > 7


def failing_rows(marts: Marts, versions: dict[tuple[str, int], list[Version]], as_of: date) -> dict[str, int]:
    below = [row for row in marts["county_quotas"] if row["status"] == "below_lanstal"]
    approved = [row for row in marts["redistribution_outcomes"] if row["status"] in ("applied", "invalid")]
    missing = [row for row in marts["county_quotas"] if row["status"] == "kommuntal_missing" and row["is_current"]]
    return {
        "files_readable": sum(row["status"] != "loaded" for row in marts["landed_files"]),
        "county_total_not_below_lanstal": sum(row["valid_to_date"] >= as_of for row in below),
        "kommuntal_not_negative": sum(row["kommuntal_persons"] < 0 for row in marts["municipality_quotas"]),
        "plan_sums_to_kommuntal": wrong_sums(versions),
        "plan_not_negative": sum(row["planned_persons"] < 0 for row in marts["monthly_plan_versions"]),
        "rejected_rows_within_limit": files_over_limit(marts["landed_files"], marts["rejected_rows"]),
        "no_rejected_rows": sum(row["reason"] != "superseded" for row in marts["rejected_rows"]),
        "no_log_issues": len(marts["log_issues"]),
        "over_plan_has_approval": sum(row["over_plan_unapproved_persons"] > 0 for row in marts["plan_deviations"]),
        "no_overdue_receptions": sum(row["is_overdue"] for row in marts["assignments"]),
        "redistributions_reconciled": sum(not row["is_reconciled"] for row in approved),
        "redistributions_valid": sum(row["status"] == "invalid" for row in approved),
        "kommuntal_reported": len(missing),
        "past_county_totals_not_below_lanstal": sum(row["valid_to_date"] < as_of for row in below),
    }


def check_results(failing: dict[str, int]) -> list[Row]:
    return [
        {
            "check_name": name,
            "severity": "error" if name in ERROR_CHECKS else "warn",
            "passed": count == 0,
            "failing_rows": count,
        }
        for name, count in sorted(failing.items())
    ]


def exit_code(marts: Marts) -> int:
    """0 where the build is published, 3 where a blocking check failed."""
    blocked = any(row["severity"] == "error" and not row["passed"] for row in marts["check_results"])
    return 3 if blocked else 0


def marts_of(landing: Path, register: list[dict[str, str]], as_of: date) -> Marts:
    areas = Register(register)
    landed = {feed.name: land(landing, feed, areas) for feed in FEEDS}
    accepted = {name: one.accepted for name, one in landed.items()}

    redistributions = visible_redistributions(accepted["redistributions"], as_of)
    quotas = quotas_of(visible_decisions(accepted["quota_decisions"], as_of), redistributions, areas)
    wishes = visible_wishes(accepted["change_requests"], as_of)
    versions = all_versions(quotas, wishes, areas)
    plan = monthly_plan(versions)

    issues: list[Row] = []
    events = visible_events(accepted["assignment_log"], as_of)
    by_id = assigned(events, issues)
    settle_outcomes(by_id, events, issues)
    settle_approvals(by_id, events)
    settle_links(by_id, issues)
    assignments = [by_id[name] for name in sorted(by_id)]

    marts: Marts = {
        "counties": [{"county_code": code, "county_name": name} for code, name in sorted(areas.county_names.items())],
        "municipalities": [
            {column: row[column] for column in ("municipality_code", "municipality_name", "county_code")}
            for row in areas.rows
        ],
        "county_quotas": county_quotas(quotas, areas, as_of),
        "municipality_quotas": municipality_quotas(quotas, areas, as_of),
        "monthly_plan": plan,
        "monthly_plan_versions": monthly_plan_versions(versions),
        "plan_deviations": plan_deviations(plan, assignments, as_of),
        "assignments": assignments_mart(assignments, as_of),
        "cancellations": cancellations_mart(assignments),
        "quota_year_counts": quota_year_counts(quotas, plan, assignments, as_of),
        "redistribution_outcomes": redistribution_outcomes(redistributions, quotas),
        "change_request_outcomes": change_request_outcomes(wishes, versions),
        "rejected_rows": [row for one in landed.values() for row in one.rejected],
        "landed_files": [row for one in landed.values() for row in one.files],
        "log_issues": sorted(issues, key=lambda row: (row["event_id"], row["original_assignment_id"] or "")),
    }
    failing = failing_rows(marts, versions, as_of)
    failing["every_assignment_counted_once"] = uncounted_areas(assignments, marts["quota_year_counts"])
    failing["feeds_are_fresh"] = int(is_stale(accepted["assignment_log"], as_of))
    marts["check_results"] = check_results(failing)
    return marts
