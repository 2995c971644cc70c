"""A property test is worth as much as its worlds: together, a few of them must reach every branch of the contract."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import twin
import worlds
import worlds_rows

REGISTER = Path(__file__).parents[2] / "data" / "reference" / "municipalities.csv"
SEEDS = range(14)

CHECKS_THAT_CANNOT_FAIL = {
    "files_readable",
    "plan_sums_to_kommuntal",
    "plan_not_negative",
    "every_assignment_counted_once",
}

Test = Callable[[dict[str, Any]], bool]

BRANCHES: list[tuple[str, str, Test]] = [
    ("county_quotas", "below länstal now", lambda row: row["status"] == "below_lanstal" and row["is_current"]),
    ("county_quotas", "exactly länstal", lambda row: row["margin_persons"] == 0 and row["lanstal_persons"] > 0),
    ("county_quotas", "of the one-municipality county", lambda row: row["county_code"] == "09"),
    ("municipality_quotas", "negative", lambda row: row["kommuntal_persons"] < 0),
    ("municipality_quotas", "zero", lambda row: row["kommuntal_persons"] == 0),
    ("municipality_quotas", "thousands", lambda row: row["kommuntal_persons"] > 2_000),
    ("municipality_quotas", "over 100 000", lambda row: row["kommuntal_persons"] > 100_000),
    ("municipality_quotas", "given away", lambda row: row["redistributed_persons"] < 0),
    ("municipality_quotas", "received", lambda row: row["redistributed_persons"] > 0),
    ("municipality_quotas", "for one day", lambda row: row["valid_from_date"] == row["valid_to_date"]),
    ("monthly_plan_versions", "sixth", lambda row: row["version_number"] == 6),
    ("monthly_plan_versions", "for nobody", lambda row: row["kommuntal_persons"] <= 0),
    ("plan_deviations", "month to come", lambda row: row["deviation_persons"] is None),
    ("plan_deviations", "earlier year's replacement", lambda row: some(row["prior_year_replacement_persons"])),
    (
        "plan_deviations",
        "approved in part",
        lambda row: 0 < (row["over_plan_approved_persons"] or 0) < row["over_plan_persons"],
    ),
    (
        "plan_deviations",
        "approved more than needed",
        lambda row: row["over_plan_persons"] == row["over_plan_approved_persons"] and some(row["over_plan_persons"]),
    ),
    ("plan_deviations", "cancelled", lambda row: some(row["cancelled_persons"])),
    ("plan_deviations", "without a log", lambda row: row["assigned_persons"] is None and row["planned_persons"] > 0),
    (
        "plan_deviations",
        "received in a year without assignments",
        lambda row: some(row["received_in_month_persons"]) and row["assigned_persons"] is None,
    ),
    ("plan_deviations", "begun, not complete", lambda row: has_begun(row) and not row["is_complete_month"]),
    ("quota_year_counts", "without a log", lambda row: row["received_persons"] is None),
    ("county_quotas", "some municipalities missing", lambda row: row["municipalities_missing"] > 0),
    ("county_quotas", "awaited now", lambda row: row["status"] == "kommuntal_awaited" and row["is_current"]),
    (
        "monthly_plan_versions",
        "decided after it took effect",
        lambda row: row["decided_date"] > row["effect_date"],
    ),
    ("assignments", "two years back", lambda row: row["assigned_date"].year - row["quota_year"] >= 2),
    ("assignments", "quota refugee", lambda row: row["category"] == "quota_refugee"),
    ("assignments", "leap day deadline", lambda row: row["reception_deadline_date"] == date(2024, 2, 29)),
    ("assignments", "28 February", lambda row: str(row["reception_deadline_date"]).endswith("02-28")),
    ("assignments", "overdue since the as-of date", lambda row: row["is_overdue"]),
    ("assignments", "received another number", lambda row: row["received_persons"] not in (None, row["persons"])),
    ("assignments", "received on the assigned date", lambda row: row["received_date"] == row["assigned_date"]),
    ("assignments", "approved replacement", lambda row: bool(row["is_replacement"] and row["over_plan_approved_date"])),
    ("cancellations", "not replaced", lambda row: row["displacement_days"] is None),
    ("cancellations", "sooner than before", lambda row: (row["displacement_days"] or 0) < 0),
    ("cancellations", "same constellation", lambda row: row["displacement_days"] and not row["is_new_constellation"]),
    ("cancellations", "new constellation", lambda row: row["is_new_constellation"]),
    ("cancellations", "partly awaiting", lambda row: 0 < row["awaiting_persons"] < row["persons"]),
    ("cancellations", "replaced by more than it held", lambda row: row["replacement_persons"] > row["persons"]),
    (
        "cancellations",
        "replaced by nobody left",
        lambda row: row["replacement_assignments"] and row["awaiting_persons"],
    ),
    ("replacement_links", "allotted nothing", lambda row: row["allotted_persons"] == 0),
    ("replacement_links", "on the day of the cancellation", lambda row: row["days_to_replacement"] == 0),
    ("over_plan_dialogues", "awaiting, not assigned", lambda row: not row["answer"] and not row["is_assigned"]),
    ("over_plan_dialogues", "without a request", lambda row: row["requested_date"] is None and row["persons"]),
    ("over_plan_dialogues", "of nobody known", lambda row: row["persons"] is None),
    (
        "over_plan_dialogues",
        "approved, not assigned",
        lambda row: row["answer"] == "approved" and not row["is_assigned"],
    ),
    (
        "over_plan_dialogues",
        "answered before the request",
        lambda row: bool(row["answer"] and row["requested_date"] and row["answered_date"] < row["requested_date"]),
    ),
    ("lanstal_proposals", "not decided on", lambda row: row["first_decided_date"] is None),
    ("lanstal_proposals", "decided the same day", lambda row: row["first_decided_date"] == row["proposed_date"]),
    ("lanstal_proposals", "more than decided", lambda row: (row["difference_persons"] or 0) < 0),
    ("lanstal_proposals", "less than decided", lambda row: (row["difference_persons"] or 0) > 0),
    ("lanstal_proposals", "nobody", lambda row: row["proposed_persons"] == 0),
    ("release", "simulated", lambda row: row["is_simulated"]),
    ("release", "delivered, not simulated", lambda row: not row["is_simulated"] and row["landed_until_date"]),
    ("release", "known at any time", lambda row: row["known_at"] is None),
    (
        "release",
        "known before the as-of date",
        lambda row: row["known_at"] and row["known_at"].date() < row["as_of_date"],
    ),
    (
        "release",
        "known after the as-of date",
        lambda row: row["known_at"] and row["known_at"].date() > row["as_of_date"],
    ),
    ("months", "over", lambda row: row["is_complete"]),
    ("months", "begun, not over", lambda row: row["has_begun"] and not row["is_complete"]),
    ("months", "to come", lambda row: not row["has_begun"]),
    ("file_remarks", "rows without a stamp", lambda row: row["remark"] == "no_recorded_at"),
    ("landed_files", "with rows not yet known", lambda row: row["rows_not_yet_known"] > 0),
    ("landed_files", "in a subfolder", lambda row: "/" in row["file_name"]),
    ("cancellations", "after the quota year", lambda row: row["crosses_year"]),
    ("quota_year_counts", "without kommuntal", lambda row: row["kommuntal_persons"] is None),
    ("quota_year_counts", "too many", lambda row: (row["unassigned_persons"] or 0) < 0),
    ("quota_year_counts", "received later", lambda row: some(row["received_later_persons"])),
    ("quota_year_counts", "received by replacement", lambda row: some(row["received_by_replacement_persons"])),
    ("redistribution_outcomes", "applied, reconciled", lambda row: row["status"] == "applied" and row["is_reconciled"]),
    ("redistribution_outcomes", "applied, not", lambda row: row["status"] == "applied" and not row["is_reconciled"]),
    ("landed_files", "with duplicates", lambda row: row["rows_duplicate"] > 0),
    ("landed_files", "exactly at the limit", lambda row: row["rows_read"] == 40 and row["rows_accepted"] >= 30),
]

VALUES = {
    ("county_quotas", "status"): "ok below_lanstal kommuntal_awaited lanstal_missing kommuntal_missing",
    ("monthly_plan_versions", "cause"): "kommuntal redistribution wish kommuntal+redistribution kommuntal+wish "
    "redistribution+wish kommuntal+redistribution+wish",
    ("assignments", "status"): "open received cancelled",
    ("assignments", "cancellation_reason"): "None declined not_used moved_on_own household_changed lapsed other",
    ("assignments", "category"): "accommodation_centre quota_refugee temporary_protection",
    ("over_plan_dialogues", "answer"): "None approved declined",
    ("over_plan_dialogues", "reason"): "None specialist_care relatives other",
    ("assignments", "over_plan_reason"): "None specialist_care relatives other",
    ("redistribution_outcomes", "status"): "pending rejected applied invalid",
    ("redistribution_outcomes", "invalid_reason"): "None different_counties same_municipality no_kommuntal",
    ("change_request_outcomes", "status"): "pending declined applied partly_applied",
    ("log_issues", "issue"): "orphan repeated_assignment before_assignment repeated_outcome conflicting_outcome "
    "replacement_unknown replacement_not_cancelled replacement_other_municipality replacement_not_after",
}

REASONS = {
    "quota_decisions": "missing_value:decision_id missing_value:level unknown_value:level missing_value:quota_year "
    "bad_number:quota_year out_of_range:quota_year missing_value:area_code unknown_area:area_code "
    "missing_value:persons bad_number:persons out_of_range:persons bad_date:decided_date bad_date:in_force_date "
    "out_of_range:in_force_date bad_date:recorded_at out_of_range:recorded_at bad_row superseded",
    "quota_proposals": "missing_value:proposal_id missing_value:quota_year bad_number:quota_year "
    "out_of_range:quota_year missing_value:area_code unknown_area:area_code missing_value:persons bad_number:persons "
    "out_of_range:persons missing_value:proposed_date bad_date:proposed_date out_of_range:proposed_date "
    "bad_date:recorded_at out_of_range:recorded_at bad_row superseded",
    "redistributions": "missing_value:agreement_id missing_value:quota_year bad_number:quota_year "
    "out_of_range:quota_year missing_value:from_municipality_code unknown_area:from_municipality_code "
    "missing_value:to_municipality_code unknown_area:to_municipality_code missing_value:persons bad_number:persons "
    "out_of_range:persons missing_value:requested_date bad_date:requested_date bad_date:reconciled_date "
    "unknown_value:decision missing_value:decided_date bad_date:decided_date bad_date:in_force_date "
    "out_of_range:in_force_date bad_date:recorded_at out_of_range:recorded_at bad_row superseded",
    "change_requests": "missing_value:request_id missing_value:municipality_code unknown_area:municipality_code "
    "missing_value:quota_year bad_number:quota_year out_of_range:quota_year missing_value:plan_month "
    "bad_date:plan_month out_of_range:plan_month missing_value:wished_persons bad_number:wished_persons "
    "out_of_range:wished_persons missing_value:requested_date bad_date:requested_date unknown_value:decision "
    "missing_value:decided_date bad_date:decided_date bad_date:recorded_at out_of_range:recorded_at bad_row "
    "superseded",
    "assignment_log": "missing_value:event_id missing_value:event_type unknown_value:event_type "
    "missing_value:event_date bad_date:event_date out_of_range:event_date missing_value:assignment_id "
    "bad_date:recorded_at out_of_range:recorded_at missing_value:municipality_code unknown_area:municipality_code "
    "missing_value:persons bad_number:persons out_of_range:persons missing_value:category unknown_value:category "
    "bad_date:reception_deadline_date unknown_value:reason bad_row superseded",
}


def some(persons: int | None) -> bool:
    return (persons or 0) > 0


def has_begun(row: dict[str, Any]) -> bool:
    return row["deviation_persons"] is not None


def read_register() -> list[dict[str, str]]:
    with REGISTER.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def all_marts(tmp_path_factory: pytest.TempPathFactory) -> list[twin.Marts]:
    found, register = [], read_register()
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp("world")
        found.append(twin.marts_of(folder, register, *worlds.write_world(folder, register, seed)))
    return found


def test_one_seed_makes_one_world(tmp_path: Path) -> None:
    register = read_register()
    dates = [worlds.write_world(tmp_path / name, register, 5, worlds.SMALL) for name in ("once", "again")]
    contents = [[path.read_bytes() for path in sorted((tmp_path / name).rglob("*.csv"))] for name in ("once", "again")]
    assert dates[0] == dates[1]
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("mart", "branch", "test"), BRANCHES, ids=[f"{mart}: {branch}" for mart, branch, _ in BRANCHES]
)
def test_some_row_takes_the_branch(all_marts: list[twin.Marts], mart: str, branch: str, test: Test) -> None:
    assert any(test(row) for marts in all_marts for row in marts[mart]), branch


@pytest.mark.parametrize(("mart", "column"), VALUES)
def test_every_value_occurs(all_marts: list[twin.Marts], mart: str, column: str) -> None:
    assert {str(row[column]) for marts in all_marts for row in marts[mart]} == set(VALUES[mart, column].split())


@pytest.mark.parametrize("feed", worlds_rows.COLUMNS)
def test_every_reason_for_rejection_occurs(all_marts: list[twin.Marts], feed: str) -> None:
    found = {row["reason"] for marts in all_marts for row in marts["rejected_rows"] if row["feed"] == feed}
    assert found == set(REASONS[feed].split())


def test_every_month_is_a_first_changed_month(all_marts: list[twin.Marts]) -> None:
    rows = [row for marts in all_marts for row in marts["monthly_plan_versions"]]
    assert {row["first_changed_month"].month for row in rows} == set(range(1, 13))


def test_some_plan_has_no_version(all_marts: list[twin.Marts]) -> None:
    keys = ("municipality_code", "quota_year")
    assert any(
        {tuple(row[key] for key in keys) for row in marts["monthly_plan"]}
        - {tuple(row[key] for key in keys) for row in marts["monthly_plan_versions"]}
        for marts in all_marts
    )


def test_every_check_passes_and_fails(all_marts: list[twin.Marts]) -> None:
    outcomes = {(row["check_name"], row["passed"]) for marts in all_marts for row in marts["check_results"]}
    names = {name for name, _ in outcomes}
    never_failed = {name for name in names if (name, False) not in outcomes}
    assert never_failed == CHECKS_THAT_CANNOT_FAIL
    assert all((name, True) in outcomes for name in names)


def test_some_builds_publish_and_some_are_blocked(all_marts: list[twin.Marts]) -> None:
    assert {twin.exit_code(marts) for marts in all_marts} == {0, 3}
