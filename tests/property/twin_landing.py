"""Contract section 2 in plain Python: which rows of a landing folder of CSV files fit, and why the others do not."""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Cells = dict[str, str]

MUNICIPALITY_COLUMNS = ("municipality_code", "from_municipality_code", "to_municipality_code")
NUMBER_COLUMNS = ("quota_year", "persons", "wished_persons")
EVENT_TYPES = ("assigned", "over_plan_approved", "cancelled", "received", "retracted")
CANCELLATION_REASONS = ("declined", "not_used", "moved_on_own", "household_changed", "lapsed", "other")
OVER_PLAN_REASONS = ("specialist_care", "relatives", "other")
OLDEST = datetime.min


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
    if not re.fullmatch(r"-?[0-9]+", cells[column]):
        return f"bad_number:{column}"
    number = int(cells[column])
    return f"out_of_range:{column}" if number < low or (high is not None and number > high) else None


def check_day(cells: Cells, column: str, required: bool) -> str | None:
    if not cells[column]:
        return f"missing_value:{column}" if required else None
    day = as_day(cells[column])
    if not day:
        return f"bad_date:{column}"
    return None if 2010 <= day.year <= 2100 else f"out_of_range:{column}"


def check_beside(cells: Cells, column: str, other: str) -> str | None:
    return f"missing_value:{column}" if cells[other] and not cells[column] else None


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
    yield check_day(cells, "decided_date", required=False)
    yield check_day(cells, "in_force_date", required=False)
    yield check_beside(cells, "decided_date", "decision")
    if cells["decision"] == "approved":
        yield check_in_force(cells)


def check_change_request(cells: Cells, register: Register) -> Iterator[str | None]:
    yield check_text(cells, "request_id")
    yield check_area(cells, "municipality_code", register.county_of, required=True)
    yield check_number(cells, "quota_year", 2016, 2100, required=True)
    yield check_day(cells, "plan_month", required=True)
    month = date.fromisoformat(cells["plan_month"])
    if month.day != 1:
        yield "out_of_range:plan_month"
    yield check_number(cells, "wished_persons", 0, None, required=True)
    yield check_day(cells, "requested_date", required=True)
    yield check_choice(cells, "decision", ("accepted", "declined"), required=False)
    yield check_day(cells, "decided_date", required=False)
    if month.year != int(cells["quota_year"]):
        yield "out_of_range:plan_month"
    yield check_beside(cells, "decided_date", "decision")


def check_event(cells: Cells, register: Register) -> Iterator[str | None]:
    kind = cells["event_type"]
    yield check_text(cells, "event_id")
    yield check_choice(cells, "event_type", EVENT_TYPES, required=True)
    yield check_day(cells, "event_date", required=True)
    yield check_text(cells, "assignment_id")
    recorded = as_moment(cells["recorded_at"])
    if cells["recorded_at"] and not recorded:
        yield "bad_date:recorded_at"
    if recorded and not 2010 <= recorded.year <= 2100:
        yield "out_of_range:recorded_at"
    yield check_area(cells, "municipality_code", register.county_of, required=kind == "assigned")
    yield check_number(cells, "persons", 1, 99, required=kind == "assigned")
    yield check_choice(cells, "category", ("accommodation_centre", "quota_refugee"), required=kind == "assigned")
    yield check_day(cells, "reception_deadline_date", required=False)
    if kind == "cancelled":
        yield check_choice(cells, "reason", CANCELLATION_REASONS, required=False)
    if kind == "over_plan_approved":
        yield check_choice(cells, "reason", OVER_PLAN_REASONS, required=False)


@dataclass(frozen=True)
class Feed:
    name: str
    fields: str
    key: tuple[str, ...]
    check: Callable[[Cells, Register], Iterator[str | None]]

    @property
    def columns(self) -> list[str]:
        return self.fields.replace("!", "").split()

    @property
    def required(self) -> list[str]:
        return [name.rstrip("!") for name in self.fields.split() if name.endswith("!")]


FEEDS = (
    Feed(
        "quota_decisions",
        "decision_id! level! quota_year! area_code! persons! decided_date in_force_date",
        ("decision_id", "quota_year", "area_code"),
        check_quota_decision,
    ),
    Feed(
        "redistributions",
        "agreement_id! quota_year! from_municipality_code! to_municipality_code! persons! requested_date! "
        "reconciled_date decision decided_date in_force_date",
        ("agreement_id",),
        check_redistribution,
    ),
    Feed(
        "change_requests",
        "request_id! municipality_code! quota_year! plan_month! wished_persons! requested_date! decision decided_date",
        ("request_id", "plan_month"),
        check_change_request,
    ),
    Feed(
        "assignment_log",
        "event_id! event_type! event_date! assignment_id! recorded_at municipality_code persons category "
        "reception_deadline_date replaces reason",
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
    understood: Cells


@dataclass
class Landed:
    """What ingest makes of one feed; `accepted` is in the order of files and rows."""

    accepted: list[Cells] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    remarks: list[Row] = field(default_factory=list)


def healed(cells: Cells) -> Cells:
    """Zero decimals and a midnight are no harm; codes that lost their leading zeros get them back."""
    for column, cell in cells.items():
        if column in (*NUMBER_COLUMNS, *MUNICIPALITY_COLUMNS, "area_code"):
            cells[column] = re.sub(r"^(-?[0-9]+)[.,]0+$", r"\1", cell)
        if column.endswith("_date") or column == "plan_month":
            cells[column] = re.sub(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(:00(\.0+)?)?$", r"\1", cell)
    for column in MUNICIPALITY_COLUMNS:
        if cells.get(column):
            cells[column] = cells[column].rjust(4, "0")
    if cells.get("area_code"):
        cells["area_code"] = cells["area_code"].rjust(2 if cells["level"] == "lanstal" else 4, "0")
    return cells


def understood(feed: str, cells: Cells) -> Cells:
    """A fitting row with its defaults, as rows of one key are compared."""
    said = dict(cells)
    if feed == "quota_decisions" or (feed == "redistributions" and cells["decision"] == "approved"):
        decided, in_force = as_day(cells["decided_date"]), as_day(cells["in_force_date"])
        bounded = bounded_in_force(int(cells["quota_year"]), decided, in_force)
        said["in_force_date"] = f"{bounded}"
        said["decided_date"] = f"{decided or in_force or bounded}"
    if feed == "assignment_log":
        said["recorded_at"] = f"{as_moment(cells['recorded_at'])}"
        applies = cells["event_type"] in ("cancelled", "over_plan_approved")
        said["reason"] = (cells["reason"] or "other") if applies else ""
        ids = [one.strip() for one in cells["replaces"].split(";") if one.strip()]
        said["replaces"] = ";".join(dict.fromkeys(ids))
    for column in NUMBER_COLUMNS:
        if said.get(column):
            said[column] = f"{int(said[column])}"
    return said


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
            said = {} if reason else understood(feed.name, cells)
            rows.append(Delivered(path.name, row_number, cells, reason, said))
    return "loaded", rows


def fates(feed: Feed, rows: list[Delivered]) -> list[str]:
    """Per row `accepted`, `duplicate` or the reason for which it is set aside."""
    found = [row.reason or "" for row in rows]
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if not row.reason:
            groups[tuple(row.cells[column] for column in feed.key)].append(index)
    for indexes in groups.values():
        recorded = {index: as_moment(rows[index].cells.get("recorded_at", "")) or OLDEST for index in indexes}
        winner = rows[max(indexes, key=lambda index: (recorded[index], index))].understood
        seen: list[Cells] = []
        for index in indexes:
            said = rows[index].understood
            found[index] = "duplicate" if said in seen else "accepted" if said == winner else "superseded"
            seen.append(said)
    return one_answer_a_request(rows, found) if feed.name == "change_requests" else found


def one_answer_a_request(rows: list[Delivered], found: list[str]) -> list[str]:
    """What a month's winner says is superseded where the request's last row says otherwise of the request."""
    columns = ("municipality_code", "quota_year", "requested_date", "decision", "decided_date")
    last = {row.cells["request_id"]: row.understood for row in rows if not row.reason}
    return [
        "superseded"
        if fate == "accepted" and any(row.understood[name] != last[row.cells["request_id"]][name] for name in columns)
        else fate
        for row, fate in zip(rows, found, strict=True)
    ]


def remarks_on(path: Path, feed: Feed) -> list[Row]:
    """What is noticed in a file of this kind: columns that are not the feed's, rows with too few fields."""
    header, records = read_records(path)
    unknown = [name for name in header if name not in feed.columns]
    short = [record for record in records if any(record) and len(record) < len(header)]
    found = {"unknown_column": len(unknown), "short_rows": len(short)}
    return [
        {"feed": feed.name, "file_name": path.name, "remark": remark, "occurrences": count}
        for remark, count in found.items()
        if count
    ]


def land(landing: Path, feed: Feed, register: Register) -> Landed:
    landed, rows = Landed(), list[Delivered]()
    paths = sorted((landing / feed.name).glob("*.csv"), key=lambda path: path.name.encode())
    for path in paths:
        status, delivered = delivered_rows(path, feed, register)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        landed.files.append({"feed": feed.name, "file_name": path.name, "sha256": sha256, "status": status})
        rows += delivered
        landed.remarks += remarks_on(path, feed)
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
