"""How rows arrive in a random world: bad rows of every reason, blank rows, lost zeros, untidy headers and cells."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

Cells = dict[str, str]
BadRows = Literal["none", "few", "every kind"]

COLUMNS = {
    "quota_decisions": "decision_id level quota_year area_code persons decided_date in_force_date recorded_at",
    "quota_proposals": "proposal_id quota_year area_code persons proposed_date recorded_at",
    "redistributions": "agreement_id quota_year from_municipality_code to_municipality_code persons requested_date "
    "reconciled_date decision decided_date in_force_date recorded_at",
    "change_requests": "request_id municipality_code quota_year plan_month wished_persons requested_date decision "
    "decided_date recorded_at",
    "assignment_log": "event_id event_type event_date assignment_id recorded_at municipality_code persons category "
    "reception_deadline_date replaces reason",
}
CODES = ("area_code", "municipality_code", "from_municipality_code", "to_municipality_code")

NUMBERS = ("quota_year", "persons", "wished_persons")

# What a row must have for the change that makes it bad; {next_year} stands for the year after its quota year.
Change = tuple[Cells, Cells]

BAD_NUMBERS = ("", "many", "4.5", "1_000", "-1", "+1", "1,015")
BAD_MOMENTS = ("yesterday", "2024-13-01T00:00:00", "2024-01-05T08", "2024-01-05T08:00 CET", "2009-12-31T10:00:00")
BAD_DAYS = ("2024-02-30", "14/11/2024", "2024-1-5", "20240105", "2024-01-05T08:00:00", "2009-12-31", "soon")


def each(column: str, values: tuple[str, ...], having: Cells | None = None) -> list[Change]:
    return [(having or {}, {column: value}) for value in values]


CHANGES: dict[str, list[Change]] = {
    "quota_decisions": [
        *each("decision_id", ("",)),
        *each("level", ("", "landstal", "Kommuntal")),
        *each("quota_year", ("", "20x4", "2015", "2101", "2024.5")),
        *each("area_code", ("", "9999", "01"), {"level": "kommuntal"}),
        *each("area_code", ("", "99", "0180"), {"level": "lanstal"}),
        *each("persons", BAD_NUMBERS),
        *each("decided_date", BAD_DAYS[:3]),
        *each("in_force_date", (*BAD_DAYS[3:], "{next_year}-01-01")),
        ({}, {"decided_date": "{next_year}-02-03", "in_force_date": ""}),
        *each("recorded_at", BAD_MOMENTS[3:]),
    ],
    "quota_proposals": [
        *each("proposal_id", ("",)),
        *each("quota_year", ("", "2015", "x")),
        *each("area_code", ("", "99", "0180")),
        *each("persons", BAD_NUMBERS),
        *each("proposed_date", ("", *BAD_DAYS)),
        *each("recorded_at", BAD_MOMENTS[3:]),
    ],
    "redistributions": [
        *each("agreement_id", ("",)),
        *each("quota_year", ("", "2015", "x")),
        *each("from_municipality_code", ("", "9999")),
        *each("to_municipality_code", ("", "01")),
        *each("persons", ("", "0", "-2", "two")),
        *each("requested_date", ("", *BAD_DAYS[:2])),
        *each("reconciled_date", BAD_DAYS[2:4]),
        *each("decision", ("yes", "Approved")),
        *each("decided_date", ("", "soon"), {"decision": "approved"}),
        *each("decided_date", ("",), {"decision": "rejected"}),
        *each("decided_date", ("soon",), {"decision": ""}),
        *each("in_force_date", ("soon", "{next_year}-01-01"), {"decision": "approved"}),
        *each("in_force_date", ("soon",), {"decision": ""}),
        ({"decision": "approved"}, {"decided_date": "{next_year}-02-03", "in_force_date": ""}),
        *each("recorded_at", BAD_MOMENTS[3:]),
    ],
    "change_requests": [
        *each("request_id", ("",)),
        *each("municipality_code", ("", "9999")),
        *each("quota_year", ("", "2101", "x")),
        *each("plan_month", ("", "soon", "{quota_year}-03-02", "{next_year}-01-01")),
        *each("wished_persons", BAD_NUMBERS),
        *each("requested_date", ("", *BAD_DAYS[:1])),
        *each("decision", ("approved",)),
        *each("decided_date", ("", "soon"), {"decision": "accepted"}),
        *each("decided_date", ("",), {"decision": "declined"}),
        *each("decided_date", ("2024-13-01",), {"decision": ""}),
        *each("recorded_at", BAD_MOMENTS[3:]),
    ],
    "assignment_log": [
        *each("event_id", ("",)),
        *each("event_type", ("", "moved", "Assigned")),
        *each("event_date", ("", *BAD_DAYS)),
        *each("assignment_id", ("",)),
        *each("recorded_at", BAD_MOMENTS),
        *each("municipality_code", ("", "9999", "01"), {"event_type": "assigned"}),
        *each("municipality_code", ("9999",), {"event_type": "cancelled"}),
        *each("persons", ("", "0", "100", "4.5", "-1", "one"), {"event_type": "assigned"}),
        *each("municipality_code", ("", "99"), {"event_type": "over_plan_requested"}),
        *each("persons", ("", "0"), {"event_type": "over_plan_requested"}),
        *each("persons", ("0", "many"), {"event_type": "received"}),
        *each("persons", ("100",), {"event_type": "over_plan_approved"}),
        *each("persons", ("x",), {"event_type": "retracted"}),
        *each("category", ("", "refugee"), {"event_type": "assigned"}),
        *each("category", ("refugee",), {"event_type": "received"}),
        *each("reception_deadline_date", ("soon",), {"event_type": "received"}),
        *each("reception_deadline_date", BAD_DAYS[:2], {"event_type": "assigned"}),
        *each("reason", ("relatives", "Lapsed"), {"event_type": "cancelled"}),
        *each("reason", ("declined", "unknown"), {"event_type": "over_plan_approved"}),
        *each("reason", ("lapsed",), {"event_type": "over_plan_requested"}),
    ],
}


def stamp(rng: Random, day: date, days: int = 40) -> str:
    """When a case system may have learnt of something: that day or later, in Stockholm's time."""
    return f"{day + timedelta(days=rng.randint(0, days))}T{rng.choice([0, 8, 13, 23]):02d}:00:00"


def stamped(rng: Random, rows: list[Cells]) -> list[Cells]:
    """Half of the rows with when they were recorded, mostly soon after their last date."""
    found = []
    for row in rows:
        days = [row[column] for column in ("requested_date", "proposed_date", "decided_date") if row.get(column)]
        day = date.fromisoformat(max(days)) if days else date(int(row["quota_year"]), 1, 1)
        found.append({**row, "recorded_at": stamp(rng, day, rng.choice([20, 400])) if rng.random() < 0.5 else ""})
    return found


def bad_row(rng: Random, rows: list[Cells], having: Cells, changed: Cells) -> Cells | None:
    """A fitting row spoiled, or None where no row is of the kind that the change spoils."""
    fitting = [row for row in rows if having.items() <= row.items()]
    if not fitting:
        return None
    row = rng.choice(fitting)
    year = int(row.get("quota_year", "0"))
    new = {column: value.format(quota_year=year, next_year=year + 1) for column, value in changed.items()}
    return {**row, **new}


def bad_rows(rng: Random, feed: str, rows: list[Cells], wanted: BadRows) -> list[Cells]:
    """Every kind, single and in pairs, or just as many of them as the limit of 5 % allows."""
    changes = rng.sample(CHANGES[feed], len(CHANGES[feed]))
    pairs = [({**one[0], **two[0]}, {**one[1], **two[1]}) for one, two in pairwise(changes)]
    found = [bad_row(rng, rows, *change) for change in [*changes, *pairs]]
    bad = [row for row in found if row]
    allowed = rng.sample(bad, min(len(bad), len(rows) // 19))
    return {"none": [], "few": allowed, "every kind": bad}[wanted]


def same_moment(rng: Random, value: str) -> str:
    """The same moment in the forms that systems write, with and without a zone."""
    try:
        here = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Europe/Stockholm"))
    except ValueError:
        return value
    forms = [value, value.replace("T", " "), value[:16], f"{value}.000", here.isoformat(), here.isoformat(" ")]
    forms += [here.astimezone(UTC).isoformat().replace("+00:00", "Z")] * 2
    return rng.choice([*forms, value[:10]] if value[11:] == "00:00:00" else forms)


def untidy(rng: Random, column: str, value: str) -> str:
    """The same value as Excel or a person may have written it."""
    luck = rng.random()
    if column == "recorded_at" and len(value) == len("2024-01-05T08:00:00"):
        return same_moment(rng, value)
    if column in CODES and luck < 0.15:
        return value.lstrip("0") or value
    if (column in NUMBERS or column in CODES) and 0.2 < luck < 0.24 and value.isdigit():
        return f"{value}{rng.choice(['.0', ',00'])}"
    if column.endswith("_date") and 0.2 < luck < 0.24 and value:
        return f"{value} 00:00:00"
    if luck > 0.98:
        return f"\u00a0{value}\ufeff"
    return f" {value}  " if luck > 0.95 else value


def delivered(rng: Random, feed: str, rows: list[Cells], wanted: BadRows) -> list[list[str]]:
    """The records of one file, header first, with its bad rows and blank rows anywhere among the others."""
    columns = COLUMNS[feed].split()
    rng.shuffle(columns)
    extra = ["Kommentar"] if rng.random() < 0.3 and wanted != "none" else []
    records = []
    bad = bad_rows(rng, feed, rows, wanted)
    for row in [*rows, *bad]:
        records.append(
            [untidy(rng, column, row.get(column, "")) for column in columns] + ['said "yes", by phone' for _ in extra]
        )
    if records and wanted == "every kind":
        records.append([*records[0], "", "surplus"])
    start = len(rows)
    for index in range(start, len(records)):
        records.insert(rng.randint(0, index), records.pop(index))
    for _ in range(rng.randint(0, 3)):
        records.insert(rng.randint(0, len(records)), rng.choice([[], [""] * len(columns), [" "] * len(columns)]))
    header = [rng.choice([name, name.upper(), f" {name} "]) if rng.random() < 0.2 else name for name in columns]
    return [header + extra, *records]
