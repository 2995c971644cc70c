"""The contract once more, in plain Python: slow, simple, written from its text alone and independent of the SQL.

`marts_of` turns a landing folder of CSV files into the marts of contract section 4. Left out because the contract
does not say what is in them: `build_id` and `code_version` of `release`, `area_name` of `areas` (the country has
none), `detail` of `file_remarks`, `raw_row` of `rejected_rows`. The rules are in the order of the data's way:
`twin_landing` (section 2), `twin_plan` (R1 to R4), `twin_log` (R5 to R7, R9, links of R10), and here what joins them
(R8, R10, R11) and the checks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

from twin_landing import FEEDS, Cells, Landed, Register, Row, in_stockholm, land
from twin_log import (
    Assignment,
    Event,
    assigned,
    assignments_mart,
    cancellations_mart,
    find_orphans,
    is_overdue,
    over_plan_dialogues,
    replacement_links,
    settle_approvals,
    settle_links,
    settle_outcomes,
    visible_events,
)
from twin_plan import (
    Quotas,
    Redistribution,
    Version,
    Wish,
    all_versions,
    bounded_now,
    change_request_outcomes,
    county_quotas,
    lanstal_proposals,
    monthly_plan,
    monthly_plan_versions,
    municipality_quotas,
    quotas_of,
    redistribution_outcomes,
    visible_decisions,
    visible_redistributions,
    visible_wishes,
)

Marts = dict[str, list[Row]]

ERROR_CHECKS = (
    "files_readable",
    "county_total_not_below_lanstal",
    "kommuntal_not_negative",
    "plan_sums_to_kommuntal",
    "plan_not_negative",
    "every_assignment_counted_once",
    "rejected_rows_within_limit",
)


# --- R11: not delivered is not zero ----------------------------------------------------------------------------------


class Coverage:
    """Which quota years the log covers."""

    def __init__(self, assignments: list[Assignment], events: list[Event], as_of: date) -> None:
        self.counted_years = {one.quota_year for one in assignments}
        self.has_events = bool(events)
        self.as_of = as_of

    def of(self, year: int) -> bool:
        return year in self.counted_years or (self.has_events and date(year, 12, 31) > self.as_of)

    def unknown(self, row: Row, counted: Iterable[str], derived: Iterable[str]) -> Row:
        """The row with null for what it does not know: a 0 that was counted, and everything that is derived."""
        if self.of(row["quota_year"]):
            return row
        return row | {column: row[column] or None for column in counted} | dict.fromkeys(derived)


# --- R8: plan against outcome ----------------------------------------------------------------------------------------


def month_of(day: date) -> date:
    return day.replace(day=1)


def is_over(month: date, as_of: date) -> bool:
    """Whether the month's last day is on or before the as-of date."""
    return month_of(month + timedelta(days=31)) - timedelta(days=1) <= as_of


def persons_of(assignments: Iterable[Assignment]) -> int:
    return sum(one.persons for one in assignments)


def received_sum(assignments: Iterable[Assignment]) -> int:
    return sum(one.received_persons or 0 for one in assignments)


COUNTED_BY_MONTH = (
    "assigned_persons",
    "cancelled_persons",
    "prior_year_replacement_persons",
    "received_in_month_persons",
    "over_plan_persons",
    "over_plan_approved_persons",
    "over_plan_unapproved_persons",
)
DERIVED_BY_MONTH = (
    "net_assigned_persons",
    "deviation_persons",
    "cumulative_net_assigned_persons",
    "cumulative_deviation_persons",
)


def month_figures(here: list[Assignment], month: date, planned: int) -> Row:
    """What `plan_deviations` counts of one municipality's assignments; R8: the over-plan persons."""
    begun = [one for one in here if month_of(one.assigned_date) == month]
    counted = [one for one in begun if one.quota_year == month.year]
    received = [one for one in here if one.status == "received" and month_of(one.outcome_date or date.max) == month]
    ordinary = [one for one in begun if not one.originals]
    over_plan = max(0, persons_of(ordinary) - planned)
    approved = min(over_plan, persons_of(one for one in ordinary if one.approval))
    cancelled = persons_of(one for one in counted if one.status == "cancelled")
    return {
        "planned_persons": planned,
        "assigned_persons": persons_of(counted),
        "cancelled_persons": cancelled,
        "net_assigned_persons": persons_of(counted) - cancelled,
        "prior_year_replacement_persons": persons_of(one for one in begun if one.quota_year < month.year),
        "received_in_month_persons": received_sum(received),
        "over_plan_persons": over_plan,
        "over_plan_approved_persons": approved,
        "over_plan_unapproved_persons": over_plan - approved,
    }


def plan_deviations(plan: list[Row], assignments: list[Assignment], coverage: Coverage, as_of: date) -> list[Row]:
    planned = {(row["municipality_code"], row["plan_month"]): row["planned_persons"] for row in plan}
    keys = set(planned)
    by_area: dict[str, list[Assignment]] = defaultdict(list)
    for one in assignments:
        by_area[one.municipality_code].append(one)
        keys.add((one.municipality_code, month_of(one.assigned_date)))
        if one.status == "received" and one.outcome_date:
            keys.add((one.municipality_code, month_of(one.outcome_date)))
    rows: list[Row] = []
    running: Counter[tuple[str, int, str]] = Counter()
    for area, month in sorted(keys):
        key = {"municipality_code": area, "plan_month": month, "quota_year": month.year}
        row = key | month_figures(by_area[area], month, planned.get((area, month), 0))
        running[area, month.year, "planned"] += row["planned_persons"]
        running[area, month.year, "net"] += row["net_assigned_persons"]
        planned_so_far, net_so_far = running[area, month.year, "planned"], running[area, month.year, "net"]
        has_begun = month <= as_of
        row["deviation_persons"] = row["net_assigned_persons"] - row["planned_persons"] if has_begun else None
        row["cumulative_planned_persons"], row["cumulative_net_assigned_persons"] = planned_so_far, net_so_far
        row["cumulative_deviation_persons"] = net_so_far - planned_so_far if has_begun else None
        row["is_complete_month"] = is_over(month, as_of)
        rows.append(coverage.unknown(row, COUNTED_BY_MONTH, DERIVED_BY_MONTH))
    return rows


# --- R10: nothing is lost or counted twice ---------------------------------------------------------------------------

COUNTED_BY_YEAR = (
    "received_persons",
    "open_persons",
    "cancelled_persons",
    "received_later_persons",
    "received_by_replacement_persons",
    "overdue_persons",
)


def year_figures(mine: list[Assignment], year: int, kommuntal: int | None, as_of: date) -> Row:
    """What `quota_year_counts` counts of the assignments of one municipality and quota year."""
    received = [one for one in mine if one.status == "received"]
    open_ones = [one for one in mine if one.status == "open"]
    received_persons, open_persons = received_sum(received), persons_of(open_ones)
    later = [one for one in received if one.outcome_date and one.outcome_date.year > year]
    return {
        "kommuntal_persons": kommuntal,
        "received_persons": received_persons,
        "open_persons": open_persons,
        "cancelled_persons": persons_of(one for one in mine if one.status == "cancelled"),
        "unassigned_persons": None if kommuntal is None else kommuntal - received_persons - open_persons,
        "received_later_persons": received_sum(later),
        "received_by_replacement_persons": received_sum(one for one in received if one.originals),
        "overdue_persons": persons_of(one for one in open_ones if is_overdue(one, as_of)),
    }


def quota_year_counts(
    quotas: Quotas, plan: list[Row], assignments: list[Assignment], coverage: Coverage, as_of: date
) -> list[Row]:
    planned: Counter[tuple[int, str]] = Counter()
    for row in plan:
        planned[row["quota_year"], row["municipality_code"]] += row["planned_persons"]
    rows = []
    for year, area in sorted({*planned, *((one.quota_year, one.municipality_code) for one in assignments)}):
        mine = [one for one in assignments if (one.quota_year, one.municipality_code) == (year, area)]
        kommuntal = quotas.kommuntal_at(year, area, bounded_now(year, as_of))
        row = {"quota_year": year, "municipality_code": area, "planned_persons": planned[year, area]}
        row |= year_figures(mine, year, kommuntal, as_of)
        rows.append(coverage.unknown(row, COUNTED_BY_YEAR, ["unassigned_persons"]))
    return rows


def uncounted_areas(assignments: list[Assignment], counts: list[Row]) -> int:
    """Municipalities and quota years whose counts are not those of their assignments."""
    expected: Counter[tuple[int, str]] = Counter()
    for one in assignments:
        expected[one.quota_year, one.municipality_code] += one.received_persons or one.persons
    for row in counts:
        parts = (row["received_persons"], row["open_persons"], row["cancelled_persons"])
        expected[row["quota_year"], row["municipality_code"]] -= sum(part or 0 for part in parts)
    return sum(difference != 0 for difference in expected.values())


# --- Section 4: checks -----------------------------------------------------------------------------------------------


def files_over_limit(files: list[Row], rejected: list[Row]) -> int:
    """More than 5 % of a file's rows set aside; superseded rows do not count."""
    bad = Counter((row["feed"], row["file_name"]) for row in rejected if row["reason"] != "superseded")
    return sum(bad[file["feed"], file["file_name"]] * 20 > file["rows_read"] for file in files)


def wrong_sums(versions: dict[tuple[str, int], list[Version]]) -> int:
    """Plans that do not sum to kommuntal although what was already planned left room for it."""
    wrong = 0
    for version in (version for one_plan in versions.values() for version in one_plan):
        exceeded = sum(version.planned[: version.first_month - 1]) > version.kommuntal_persons
        wrong += not exceeded and sum(version.planned) != version.kommuntal_persons
    return wrong


def is_stale(log: list[Cells], as_of: date) -> bool:
    days = [date.fromisoformat(cells["event_date"]) for cells in log]
    latest = max((day for day in days if day <= as_of), default=None)
    return latest is None or (as_of - latest).days > 7


def failing_rows(marts: Marts, versions: dict[tuple[str, int], list[Version]], as_of: date) -> dict[str, int]:
    def spells(status: str, is_past: bool) -> int:
        found = [row for row in marts["county_quotas"] if row["status"] == status]
        return sum((row["valid_to_date"] < as_of) == is_past for row in found)

    approved = [row for row in marts["redistribution_outcomes"] if row["status"] in ("applied", "invalid")]
    missing = [row for row in marts["county_quotas"] if row["status"] == "kommuntal_missing" and row["is_current"]]
    return {
        "files_readable": sum(row["status"] != "loaded" for row in marts["landed_files"]),
        "county_total_not_below_lanstal": spells("below_lanstal", is_past=False),
        "kommuntal_not_negative": sum(row["kommuntal_persons"] < 0 for row in marts["municipality_quotas"]),
        "plan_sums_to_kommuntal": wrong_sums(versions),
        "plan_not_negative": sum(row["planned_persons"] < 0 for row in marts["monthly_plan_versions"]),
        "rejected_rows_within_limit": files_over_limit(marts["landed_files"], marts["rejected_rows"]),
        "no_rejected_rows": sum(row["reason"] != "superseded" for row in marts["rejected_rows"]),
        "no_file_remarks": len(marts["file_remarks"]),
        "no_log_issues": len(marts["log_issues"]),
        "over_plan_has_approval": sum(bool(row["over_plan_unapproved_persons"]) for row in marts["plan_deviations"]),
        "no_overdue_receptions": sum(row["is_overdue"] for row in marts["assignments"]),
        "redistributions_reconciled": sum(not row["is_reconciled"] for row in approved),
        "redistributions_valid": sum(row["status"] == "invalid" for row in approved),
        "kommuntal_reported": len(missing),
        "past_county_totals_not_below_lanstal": spells("below_lanstal", is_past=True),
        "kommuntal_follows_lanstal": spells("kommuntal_awaited", is_past=False),
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


# --- Section 4: marts ------------------------------------------------------------------------------------------------


def landed_until_date(
    quotas: Quotas,
    proposals: list[Row],
    requests: list[Redistribution | Wish],
    events: list[Event],
) -> date | None:
    """The latest date of what exists at the as-of date; undecided requests have no `decided_date`."""
    days = [one.decided_date for decisions in quotas.decisions.values() for one in decisions]
    days += [row["proposed_date"] for row in proposals]
    days += [day for one in requests for day in (one.requested_date, one.decided_date) if day]
    days += [event.event_date for event in events]
    return max(days, default=None)


def areas(register: Register) -> list[Row]:
    codes = {"country": ["00"], "county": sorted(register.county_names), "municipality": sorted(register.county_of)}
    return [{"area_code": code, "area_level": level} for level, found in codes.items() for code in found]


def months(quotas: Quotas, deviations: list[Row], as_of: date) -> list[Row]:
    decided = {date(year, month, 1) for year, _ in quotas.decisions for month in range(1, 13)}
    return [
        {
            "plan_month": month,
            "quota_year": month.year,
            "has_begun": month <= as_of,
            "is_complete": is_over(month, as_of),
        }
        for month in sorted(decided | {row["plan_month"] for row in deviations})
    ]


def feed_marts(landed: list[Landed]) -> Marts:
    return {
        "rejected_rows": [row for one in landed for row in one.rejected],
        "landed_files": [row for one in landed for row in one.files],
        "file_remarks": [row for one in landed for row in one.remarks],
    }


def is_simulated(files: list[Row]) -> bool:
    return any("simulated" in file["file_name"] and file["rows_accepted"] for file in files)


def marts_of(landing: Path, register: list[dict[str, str]], as_of: date, known_at: datetime | None = None) -> Marts:
    """All marts; a known-at moment without a zone is meant in Stockholm."""
    areas_of = Register(register)
    landed = {feed.name: land(landing, feed, areas_of, known_at) for feed in FEEDS}
    accepted = {name: one.accepted for name, one in landed.items()}

    redistributions = visible_redistributions(accepted["redistributions"], as_of)
    quotas = quotas_of(visible_decisions(accepted["quota_decisions"], as_of), redistributions, areas_of)
    wishes = visible_wishes(accepted["change_requests"], as_of)
    proposals = lanstal_proposals(accepted["quota_proposals"], quotas, as_of)
    versions = all_versions(quotas, wishes, areas_of)
    plan = monthly_plan(versions)

    issues: list[Row] = []
    events = visible_events(accepted["assignment_log"], as_of)
    by_id = assigned(events, issues)
    find_orphans(events, by_id, issues)
    settle_outcomes(by_id, events, issues)
    settle_approvals(by_id, events)
    settle_links(by_id, issues)
    assignments = [*by_id.values()]
    coverage = Coverage(assignments, events, as_of)
    deviations = plan_deviations(plan, assignments, coverage, as_of)

    marts: Marts = feed_marts([*landed.values()]) | {
        "counties": [
            {"county_code": code, "county_name": name} for code, name in sorted(areas_of.county_names.items())
        ],
        "municipalities": [
            {column: row[column] for column in ("municipality_code", "municipality_name", "county_code")}
            for row in areas_of.rows
        ],
        "areas": areas(areas_of),
        "months": months(quotas, deviations, as_of),
        "county_quotas": county_quotas(quotas, areas_of, as_of),
        "municipality_quotas": municipality_quotas(quotas, areas_of, as_of),
        "lanstal_proposals": proposals,
        "monthly_plan": plan,
        "monthly_plan_versions": monthly_plan_versions(versions),
        "plan_deviations": deviations,
        "assignments": assignments_mart(assignments, as_of),
        "cancellations": cancellations_mart(assignments),
        "replacement_links": replacement_links(assignments),
        "quota_year_counts": quota_year_counts(quotas, plan, assignments, coverage, as_of),
        "over_plan_dialogues": over_plan_dialogues(events),
        "redistribution_outcomes": redistribution_outcomes(redistributions, quotas),
        "change_request_outcomes": change_request_outcomes(wishes, versions),
        "log_issues": issues,
    }
    marts["release"] = [
        {
            "as_of_date": as_of,
            "known_at": known_at and in_stockholm(known_at),
            "contract_version": "2",
            "is_simulated": is_simulated(marts["landed_files"]),
            "landed_until_date": landed_until_date(quotas, proposals, [*redistributions, *wishes], events),
        }
    ]
    failing = failing_rows(marts, versions, as_of)
    failing["every_assignment_counted_once"] = uncounted_areas(assignments, marts["quota_year_counts"])
    failing["feeds_are_fresh"] = int(is_stale(accepted["assignment_log"], as_of))
    marts["check_results"] = check_results(failing)
    return marts
