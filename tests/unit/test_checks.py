"""The gate before publishing: a check that did not run is noticed, an expectation that broke is no failed check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import duckdb
import great_expectations.expectations as gxe
import pytest
from great_expectations.expectations.expectation import Expectation

from dagster_project.checks.contract import CHECKS
from dagster_project.checks.run import ChecksIncompleteError, require_complete
from dagster_project.transform.project import test_names as names_of_dbt_tests
from expectations import assignment_log
from expectations.outcome import Outcome
from expectations.suite import (
    ExpectationBrokeError,
    Limits,
    StructureError,
    Suite,
    deciding,
    run_suites,
)

EVERY_TEST = names_of_dbt_tests().values()
LIMITS = Limits(as_of=date(2026, 10, 31), rejected_rows_limit=0.05, stale_after_days=7)


def outcomes() -> tuple[dict[str, Outcome], list[Outcome]]:
    """All outcomes of a build in which everything ran and passed: by dbt tests, by suites."""
    by_test = {test: Outcome(check, True, 0) for check, test in names_of_dbt_tests().items()}
    decided = {outcome.name for outcome in by_test.values()}
    return by_test, [Outcome(check.name, True, 0) for check in CHECKS if check.name not in decided]


def test_all_checks_of_the_contract_ran() -> None:
    require_complete(EVERY_TEST, *outcomes())


def test_a_suite_that_did_not_run_is_noticed() -> None:
    by_test, by_suites = outcomes()
    with pytest.raises(ChecksIncompleteError, match=by_suites[0].name):
        require_complete(EVERY_TEST, by_test, by_suites[1:])


def test_a_check_decided_twice_is_noticed() -> None:
    by_test, by_suites = outcomes()
    with pytest.raises(ChecksIncompleteError, match="some twice"):
        require_complete(EVERY_TEST, by_test, [*by_suites, by_suites[0]])


@pytest.mark.parametrize("test", ["assert_plan_sums_to_kommuntal", "assert_county_totals_add_up"])
def test_a_dbt_test_that_did_not_run_is_noticed(test: str) -> None:
    by_test, by_suites = outcomes()
    del by_test[test]
    with pytest.raises(ChecksIncompleteError, match=test):
        require_complete(EVERY_TEST, by_test, by_suites)


def suite(make: Callable[[Limits], Sequence[Expectation]]) -> Suite:
    def describe(row: Any) -> str:
        return f"{row['place']} has {row['persons']}"

    query = "select * from (values ('here', 1, 2), ('there', -1, 3)) as places (place, persons, rows)"
    return Suite(table="places", query=query, expectations=make, describe=describe)


def test_a_failed_expectation_counts_rows_and_describes_them() -> None:
    positive = suite(
        lambda _: [gxe.ExpectColumnValuesToBeBetween(column="persons", min_value=0, meta=deciding("positive"))]
    )
    assert run_suites([positive], duckdb.connect(), LIMITS) == [Outcome("positive", False, 3, ("there has -1",))]


def test_an_expectation_that_broke_is_an_error() -> None:
    broken = suite(
        lambda _: [gxe.ExpectColumnValuesToBeBetween(column="nowhere", min_value=0, meta=deciding("broken"))]
    )
    with pytest.raises(ExpectationBrokeError, match="places"):
        run_suites([broken], duckdb.connect(), LIMITS)


def test_an_event_id_that_comes_twice_is_noticed() -> None:
    warehouse = duckdb.connect()
    warehouse.execute("""
        create schema staging;
        create table staging.stg_assignment_log as
        select
            'e1' as event_id, 'assigned' as event_type, date '2026-10-30' as event_date, assignment_id,
            '0765' as municipality_code, 1 as persons, 'quota_refugee' as category
        from (values ('a1'), ('a2')) as assignments (assignment_id);
    """)
    with pytest.raises(StructureError, match="assignment_log"):
        run_suites([assignment_log.SUITE], warehouse, LIMITS)


def test_what_must_always_hold_is_an_error_when_it_does_not() -> None:
    structural = suite(lambda _: [gxe.ExpectColumnValuesToBeBetween(column="persons", min_value=0)])
    with pytest.raises(StructureError, match="3 rows"):
        run_suites([structural], duckdb.connect(), LIMITS)
