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
    ("plan_deviations", "earlier year's replacement", lambda row: row["prior_year_replacement_persons"] > 0),
    (
        "plan_deviations",
        "approved in part",
        lambda row: 0 < row["over_plan_approved_persons"] < row["over_plan_persons"],
    ),
    (
        "plan_deviations",
        "approved more than needed",
        lambda row: row["over_plan_persons"] == row["over_plan_approved_persons"] > 0,
    ),
    ("plan_deviations", "cancelled", lambda row: row["cancelled_persons"] > 0),
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
    ("cancellations", "after the quota year", lambda row: row["crosses_year"]),
    ("quota_year_counts", "without kommuntal", lambda row: row["kommuntal_persons"] is None),
    ("quota_year_counts", "too many", lambda row: (row["unassigned_persons"] or 0) < 0),
    ("quota_year_counts", "received later", lambda row: row["received_later_persons"] > 0),
    ("quota_year_counts", "received by replacement", lambda row: row["received_by_replacement_persons"] > 0),
    ("redistribution_outcomes", "applied, reconciled", lambda row: row["status"] == "applied" and row["is_reconciled"]),
    ("redistribution_outcomes", "applied, not", lambda row: row["status"] == "applied" and not row["is_reconciled"]),
    ("landed_files", "with duplicates", lambda row: row["rows_duplicate"] > 0),
    ("landed_files", "exactly at the limit", lambda row: row["rows_read"] == 40 and row["rows_accepted"] >= 30),
]

VALUES = {
    ("county_quotas", "status"): "ok below_lanstal lanstal_missing kommuntal_missing",
    ("monthly_plan_versions", "cause"): "kommuntal redistribution wish kommuntal+redistribution kommuntal+wish "
    "redistribution+wish kommuntal+redistribution+wish",
    ("assignments", "status"): "open received cancelled",
    ("assignments", "cancellation_reason"): "None declined not_used moved_on_own household_changed lapsed other",
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
    "out_of_range:in_force_date superseded",
    "redistributions": "missing_value:agreement_id missing_value:quota_year bad_number:quota_year "
    "out_of_range:quota_year missing_value:from_municipality_code unknown_area:from_municipality_code "
    "missing_value:to_municipality_code unknown_area:to_municipality_code missing_value:persons bad_number:persons "
    "out_of_range:persons missing_value:requested_date bad_date:requested_date bad_date:reconciled_date "
    "unknown_value:decision missing_value:decided_date bad_date:decided_date bad_date:in_force_date "
    "out_of_range:in_force_date superseded",
    "change_requests": "missing_value:request_id missing_value:municipality_code unknown_area:municipality_code "
    "missing_value:quota_year bad_number:quota_year out_of_range:quota_year missing_value:plan_month "
    "bad_date:plan_month out_of_range:plan_month missing_value:wished_persons bad_number:wished_persons "
    "out_of_range:wished_persons missing_value:requested_date bad_date:requested_date unknown_value:decision "
    "missing_value:decided_date bad_date:decided_date superseded",
    "assignment_log": "missing_value:event_id missing_value:event_type unknown_value:event_type "
    "missing_value:event_date bad_date:event_date out_of_range:event_date missing_value:assignment_id "
    "bad_date:recorded_at missing_value:municipality_code unknown_area:municipality_code missing_value:persons "
    "bad_number:persons out_of_range:persons missing_value:category unknown_value:category "
    "bad_date:reception_deadline_date unknown_value:reason superseded",
}


def read_register() -> list[dict[str, str]]:
    with REGISTER.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def all_marts(tmp_path_factory: pytest.TempPathFactory) -> list[twin.Marts]:
    found, register = [], read_register()
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp("world")
        found.append(twin.marts_of(folder, register, worlds.write_world(folder, register, seed)))
    return found


def test_one_seed_makes_one_world(tmp_path: Path) -> None:
    register = read_register()
    dates = [worlds.write_world(tmp_path / name, register, 5, worlds.SMALL) for name in ("once", "again")]
    contents = [[path.read_bytes() for path in sorted((tmp_path / name).glob("*/*"))] for name in ("once", "again")]
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
