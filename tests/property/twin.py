"""The contract once more, in plain Python: slow, simple, written from its text alone and independent of the SQL.

`marts_of` turns a landing folder of CSV files into the marts of contract section 4. Left out because the contract
does not say how it is written: `raw_row` of `rejected_rows`. The rules are in the order of the data's way:
`twin_landing` (section 2), `twin_plan` (R1 to R4), `twin_log` (R5 to R7, R9), and here what joins them (R8, R10).
"""

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from twin_landing import FEEDS, Cells, Register, Row, land
from twin_log import (
    Assignment,
    assigned,
    assignments_mart,
    cancellations_mart,
    is_overdue,
    settle_approvals,
    settle_links,
    settle_outcomes,
    visible_events,
)
from twin_plan import (
    Quotas,
    Version,
    all_versions,
    bounded_now,
    change_request_outcomes,
    county_quotas,
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
        row["cumulative_planned_persons"], row["cumulative_net_assigned_persons"] = cumulative
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
    """R10: municipalities and quota years whose counts are not those of their assignments."""
    expected: Counter[tuple[int, str]] = Counter()
    for one in assignments:
        expected[one.quota_year, one.municipality_code] += one.received_persons or one.persons
    for row in counts:
        counted = row["received_persons"] + row["open_persons"] + row["cancelled_persons"]
        expected[row["quota_year"], row["municipality_code"]] -= counted
    return sum(difference != 0 for difference in expected.values())


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
        wrong += not exceeded and sum(version.planned) != version.kommuntal_persons
    return wrong


def is_stale(log: list[Cells], as_of: date) -> bool:
    days = [date.fromisoformat(cells["event_date"]) for cells in log]
    latest = max((day for day in days if day <= as_of), default=None)
    return latest is None or (as_of - latest).days > 7


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
        "no_file_remarks": len(marts["file_remarks"]),
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
        "file_remarks": [row for one in landed.values() for row in one.remarks],
        "log_issues": sorted(issues, key=lambda row: (row["event_id"], row["original_assignment_id"] or "")),
    }
    failing = failing_rows(marts, versions, as_of)
    failing["every_assignment_counted_once"] = uncounted_areas(assignments, marts["quota_year_counts"])
    failing["feeds_are_fresh"] = int(is_stale(accepted["assignment_log"], as_of))
    marts["check_results"] = check_results(failing)
    return marts
