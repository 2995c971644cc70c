"""Contract section 2 in plain Python: which rows of a landing folder of CSV files fit, and why the others do not."""

import csv
import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Cells = dict[str, str]

MUNICIPALITY_COLUMNS = ("municipality_code", "from_municipality_code", "to_municipality_code")
NUMBER_COLUMNS = ("quota_year", "persons", "wished_persons")
EVENT_TYPES = (
    "assigned",
    "over_plan_requested",
    "over_plan_approved",
    "over_plan_declined",
    "cancelled",
    "received",
    "retracted",
)
CATEGORIES = ("accommodation_centre", "quota_refugee", "temporary_protection")
CANCELLATION_REASONS = ("declined", "not_used", "moved_on_own", "household_changed", "lapsed", "other")
OVER_PLAN_REASONS = ("specialist_care", "relatives", "other")
REASONS = {
    "cancelled": CANCELLATION_REASONS,
    "over_plan_requested": OVER_PLAN_REASONS,
    "over_plan_approved": OVER_PLAN_REASONS,
}
STOCKHOLM = ZoneInfo("Europe/Stockholm")
OLDEST = datetime.min.replace(tzinfo=UTC)
NO_BREAK_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " ")
ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"), "")


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
    """An ISO timestamp, as it is written; a date alone is its first moment."""
    clock = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
    if not re.fullmatch(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({clock})?", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def in_utc(moment: datetime) -> datetime:
    """What has no zone is meant in Stockholm."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)).astimezone(UTC)


def in_stockholm(moment: datetime) -> datetime:
    """Stockholm's time of a moment, without its zone."""
    return in_utc(moment).astimezone(STOCKHOLM).replace(tzinfo=None)


def known_at_moment(text: str) -> datetime | None:
    """The known-at moment as the command takes it: a date alone is the end of that day."""
    day = as_day(text)
    return datetime.combine(day, time.max) if day else as_moment(text)


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


def check_recorded_at(cells: Cells) -> str | None:
    if not cells["recorded_at"]:
        return None
    recorded = as_moment(cells["recorded_at"])
    if not recorded:
        return "bad_date:recorded_at"
    return None if 2010 <= recorded.year <= 2100 else "out_of_range:recorded_at"


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
    yield check_recorded_at(cells)
    yield check_in_force(cells)


def check_quota_proposal(cells: Cells, register: Register) -> Iterator[str | None]:
    yield check_text(cells, "proposal_id")
    yield check_number(cells, "quota_year", 2016, 2100, required=True)
    yield check_area(cells, "area_code", register.county_names, required=True)
    yield check_number(cells, "persons", 0, None, required=True)
    yield check_day(cells, "proposed_date", required=True)
    yield check_recorded_at(cells)


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
    yield check_recorded_at(cells)
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
    yield check_recorded_at(cells)
    if month.year != int(cells["quota_year"]):
        yield "out_of_range:plan_month"
    yield check_beside(cells, "decided_date", "decision")


def check_event(cells: Cells, register: Register) -> Iterator[str | None]:
    kind = cells["event_type"]
    names_household = kind in ("assigned", "over_plan_requested")
    yield check_text(cells, "event_id")
    yield check_choice(cells, "event_type", EVENT_TYPES, required=True)
    yield check_day(cells, "event_date", required=True)
    yield check_text(cells, "assignment_id")
    yield check_recorded_at(cells)
    yield check_area(cells, "municipality_code", register.county_of, required=names_household)
    yield check_number(cells, "persons", 1, 99, required=names_household)
    yield check_choice(cells, "category", CATEGORIES, required=kind == "assigned")
    yield check_day(cells, "reception_deadline_date", required=False)
    if kind in REASONS:
        yield check_choice(cells, "reason", REASONS[kind], required=False)


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
        "decision_id! level! quota_year! area_code! persons! decided_date in_force_date recorded_at",
        ("decision_id", "quota_year", "area_code"),
        check_quota_decision,
    ),
    Feed(
        "quota_proposals",
        "proposal_id! quota_year! area_code! persons! proposed_date! recorded_at",
        ("proposal_id", "quota_year", "area_code"),
        check_quota_proposal,
    ),
    Feed(
        "redistributions",
        "agreement_id! quota_year! from_municipality_code! to_municipality_code! persons! requested_date! "
        "reconciled_date decision decided_date in_force_date recorded_at",
        ("agreement_id",),
        check_redistribution,
    ),
    Feed(
        "change_requests",
        "request_id! municipality_code! quota_year! plan_month! wished_persons! requested_date! decision decided_date "
        "recorded_at",
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


# --- Section 2: files, keys, what is not yet known -------------------------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    """A row of a file: why it does not fit, or the fitting row as it is understood and when it was recorded."""

    file_name: str
    row_number: int
    reason: str | None
    said: Cells
    recorded: datetime | None


@dataclass
class Landed:
    """What ingest makes of one feed; `accepted` holds rows as understood, in the order of files and rows."""

    accepted: list[Cells] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    remarks: list[Row] = field(default_factory=list)


def clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(NO_BREAK_SPACES | ZERO_WIDTH)).strip()


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
        cells["area_code"] = cells["area_code"].rjust(4 if cells.get("level") == "kommuntal" else 2, "0")
    return cells


def understood(feed: str, cells: Cells) -> Cells:
    """A fitting row with its defaults, as rows of one key are compared; outside the log without `recorded_at`."""
    said = {column: cell for column, cell in cells.items() if column != "recorded_at"}
    if feed == "quota_decisions" or (feed == "redistributions" and cells["decision"] == "approved"):
        decided, in_force = as_day(cells["decided_date"]), as_day(cells["in_force_date"])
        bounded = bounded_in_force(int(cells["quota_year"]), decided, in_force)
        said["in_force_date"] = f"{bounded}"
        said["decided_date"] = f"{decided or in_force or bounded}"
    if feed == "assignment_log":
        said["recorded_at"] = f"{recorded_of(cells)}"
        said["reason"] = (cells["reason"] or "other") if cells["event_type"] in REASONS else ""
        ids = [one.strip() for one in cells["replaces"].split(";") if one.strip()]
        said["replaces"] = ";".join(dict.fromkeys(ids))
    for column in NUMBER_COLUMNS:
        if said.get(column):
            said[column] = f"{int(said[column])}"
    return said


def recorded_of(cells: Cells) -> datetime | None:
    recorded = as_moment(cells["recorded_at"])
    return recorded and in_utc(recorded)


def read_records(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = [[clean(cell) for cell in record] for record in csv.reader(file)]
    return [name.lower() for name in records[0]], records[1:]


def delivered_row(
    place: tuple[str, int], header: list[str], record: list[str], feed: Feed, areas: Register
) -> Delivered:
    if any(record[len(header) :]):
        return Delivered(*place, "bad_row", {}, None)
    named = dict(zip(header, record, strict=False))
    cells = healed({column: named.get(column, "") for column in feed.columns})
    reason = next(filter(None, feed.check(cells, areas)), None)
    if reason:
        return Delivered(*place, reason, {}, None)
    return Delivered(*place, None, understood(feed.name, cells), recorded_of(cells))


def fates(feed: Feed, rows: list[Delivered], known_at: datetime | None) -> list[str]:
    """Per row `accepted`, `duplicate`, `not_yet_known` or the reason for which it is set aside."""
    found = [row.reason or "" for row in rows]
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if known_at and row.recorded and row.recorded > known_at:
            found[index] = "not_yet_known"
        elif not row.reason:
            groups[tuple(row.said[column] for column in feed.key)].append(index)
    for indexes in groups.values():
        winner = rows[max(indexes, key=lambda index: rank(feed, rows, index))].said
        seen: list[Cells] = []
        for index in indexes:
            said = rows[index].said
            found[index] = "duplicate" if said in seen else "accepted" if said == winner else "superseded"
            seen.append(said)
    return one_answer_a_request(rows, found) if feed.name == "change_requests" else found


def rank(feed: Feed, rows: list[Delivered], index: int) -> tuple[datetime, int]:
    """The highest of a key wins: its last row, in the log that of the latest `recorded_at`."""
    recorded = rows[index].recorded if feed.name == "assignment_log" else None
    return recorded or OLDEST, index


def one_answer_a_request(rows: list[Delivered], found: list[str]) -> list[str]:
    """What a month's winner says is superseded where the request's last row says otherwise of the request."""
    columns = ("municipality_code", "quota_year", "requested_date", "decision", "decided_date")
    known = [row for row, fate in zip(rows, found, strict=True) if not row.reason and fate != "not_yet_known"]
    last = {row.said["request_id"]: row.said for row in known}
    return [
        "superseded"
        if fate == "accepted" and any(row.said[name] != last[row.said["request_id"]][name] for name in columns)
        else fate
        for row, fate in zip(rows, found, strict=True)
    ]


def land_file(landed: Landed, path: Path, name: str, feed: Feed, areas: Register) -> list[Delivered]:
    """A file's rows; blank rows are counted by `row_number` and otherwise skipped."""
    header, records = read_records(path)
    missing = [column for column in feed.required if column not in header]
    status = f"missing_column:{missing[0]}" if missing else "loaded"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    landed.files.append({"feed": feed.name, "file_name": name, "sha256": sha256, "status": status})
    remark(landed, feed, name, "unknown_column", sum(column not in feed.columns for column in header))
    numbered = [] if missing else enumerate(records, start=1)
    return [delivered_row((name, number), header, record, feed, areas) for number, record in numbered if any(record)]


def remark(landed: Landed, feed: Feed, name: str, kind: str, occurrences: int) -> None:
    if occurrences:
        key = {"feed": feed.name, "file_name": name, "remark": kind}
        landed.remarks.append({**key, "occurrences": occurrences})


def land(landing: Path, feed: Feed, areas: Register, known_at: datetime | None = None) -> Landed:
    """One feed; files in the byte order of their paths within its folder."""
    landed, rows, folder = Landed(), list[Delivered](), landing / feed.name
    known_at = known_at and in_utc(known_at)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.csv")]
    for name in sorted(names, key=str.encode):
        rows += land_file(landed, folder / name, name, feed, areas)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row, fate in zip(rows, fates(feed, rows, known_at), strict=True):
        is_counted = fate in ("accepted", "duplicate", "not_yet_known")
        counts[row.file_name][fate if is_counted else "rejected"] += 1
        if fate == "accepted":
            landed.accepted.append(row.said)
        if not is_counted:
            key = {"feed": feed.name, "file_name": row.file_name, "row_number": row.row_number}
            landed.rejected.append({**key, "reason": fate})
    without = Counter(row.file_name for row in rows if not row.reason and not row.recorded)
    for file in landed.files:
        count = counts[file["file_name"]]
        file["rows_read"] = count.total()
        for fate in ("accepted", "rejected", "duplicate", "not_yet_known"):
            file[f"rows_{fate}"] = count[fate]
        remark(landed, feed, file["file_name"], "no_recorded_at", without[file["file_name"]] if known_at else 0)
    return landed
