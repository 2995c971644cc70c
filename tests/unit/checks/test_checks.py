"""The gate before publishing: a check that did not run is noticed, an expectation that broke is no failed check."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import duckdb
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.expectations.expectation import Expectation

from dagster_project.checks.contract import CHECKS, PUBLIC_TELLS_NO_HOUSEHOLD
from dagster_project.checks.feed_suites import faults_of, feed_suites
from dagster_project.checks.run_checks import ChecksIncompleteError, require_complete
from dagster_project.ingest.feeds import FEEDS, Feed
from dagster_project.ingest.parse import fitting_schema
from dagster_project.releases.build_json import ERROR, WARN
from dagster_project.transform.dbt_manifest import manifest, nodes
from dagster_project.transform.dbt_manifest import test_names as names_of_dbt_tests
from expectations.all_suites import SUITES
from expectations.check_outcome import Outcome
from expectations.suite import (
    ExpectationBrokeError,
    StructureError,
    Suite,
    deciding,
    run_suites,
)

EVERY_TEST = names_of_dbt_tests().values()
FEED_OF = {feed.name: feed for feed in FEEDS}
PARAMETERS = {"as_of": date(2026, 10, 31), "rejected_rows_limit": 0.05, "stale_after_days": 7}


def outcomes() -> tuple[dict[str, Outcome], list[Outcome]]:
    """All outcomes of a build in which everything ran and passed: by dbt tests, by suites."""
    by_test = {test: Outcome(check, True, 0) for check, test in names_of_dbt_tests().items()}
    decided = {outcome.name for outcome in by_test.values()}
    return by_test, [Outcome(check.name, True, 0) for check in CHECKS if check.name not in decided]


def test_all_checks_of_the_contract_ran() -> None:
    require_complete(EVERY_TEST, *outcomes(), CHECKS)


def test_a_suite_that_did_not_run_is_noticed() -> None:
    by_test, by_suites = outcomes()
    with pytest.raises(ChecksIncompleteError, match=by_suites[0].name):
        require_complete(EVERY_TEST, by_test, by_suites[1:], CHECKS)


def test_a_check_decided_twice_is_noticed() -> None:
    by_test, by_suites = outcomes()
    with pytest.raises(ChecksIncompleteError, match="some twice"):
        require_complete(EVERY_TEST, by_test, [*by_suites, by_suites[0]], CHECKS)


@pytest.mark.parametrize("test", ["assert_plan_sums_to_kommuntal", "assert_county_totals_add_up"])
def test_a_dbt_test_that_did_not_run_is_noticed(test: str) -> None:
    by_test, by_suites = outcomes()
    del by_test[test]
    with pytest.raises(ChecksIncompleteError, match=test):
        require_complete(EVERY_TEST, by_test, by_suites, CHECKS)


def test_a_check_that_fails_in_dbt_skips_no_model() -> None:
    """dbt skips models that are made of all that a failed test looks at; a blocked build is built to its end."""
    parents = manifest()["parent_map"]

    def ancestors(node: str) -> set[str]:
        return {node}.union(*(ancestors(parent) for parent in parents.get(node, [])))

    models = {name: ancestors(name) - {name} for name in parents if name.startswith("model.")}
    for node in nodes():
        if node["resource_type"] == "test" and node["config"]["meta"].get("check"):
            assert node["config"]["severity"].lower() == "error", node["name"]
            looked_at = set(node["depends_on"]["nodes"])
            assert [name for name, above in models.items() if looked_at <= above] == [], node["name"]


def test_expectations_are_as_severe_as_the_contract_says() -> None:
    found = [
        (expectation.meta["check"], expectation.severity.value)
        for each in SUITES
        for expectation in each.expectations
        if expectation.meta
    ]
    words = {ERROR: "critical", WARN: "warning"}
    expected = {check.name: words[check.severity] for check in CHECKS}
    assert len(found) == len(dict(found))
    assert set(found) <= set(expected.items())
    elsewhere = {*names_of_dbt_tests(), PUBLIC_TELLS_NO_HOUSEHOLD}  # which no table of the warehouse decides
    assert expected.keys() - dict(found).keys() <= elsewhere


def suite(*expectations: Expectation) -> Suite:
    def describe(row: Any) -> str:
        return f"{row['place']} has {row['persons']}"

    query = "select * from (values ('here', 1, 2), ('there', -1, 3)) as places (place, persons, rows)"
    return Suite(table="places", query=query, expectations=expectations, describe=describe)


def test_a_failed_expectation_counts_rows_and_describes_them() -> None:
    positive = suite(gxe.ExpectColumnValuesToBeBetween(column="persons", min_value=0, **deciding("positive")))
    assert run_suites([positive], duckdb.connect(), PARAMETERS) == [Outcome("positive", False, 3, ("there has -1",))]


def test_an_expectation_that_broke_is_an_error() -> None:
    broken = suite(gxe.ExpectColumnValuesToBeBetween(column="nowhere", min_value=0, **deciding("broken")))
    with pytest.raises(ExpectationBrokeError, match="places"):
        run_suites([broken], duckdb.connect(), PARAMETERS)


# A row of each feed as staging holds it, and what makes it one that ingest should not have let through.
GOOD_ROWS: dict[str, dict[str, Any]] = {
    "quota_decisions": {
        "decision_id": "D",
        "level": "kommuntal",
        "quota_year": 2026,
        "area_code": "0765",
        "persons": 1,
        "decided_date": date(2025, 11, 1),
        "in_force_date": date(2026, 1, 1),
    },
    "quota_proposals": {
        "proposal_id": "P",
        "quota_year": 2026,
        "area_code": "07",
        "persons": 1,
        "proposed_date": date(2025, 8, 15),
    },
    "redistributions": {
        "agreement_id": "R",
        "quota_year": 2026,
        "from_municipality_code": "0765",
        "to_municipality_code": "0760",
        "persons": 1,
        "requested_date": date(2026, 2, 1),
        "reconciled_date": None,
        "decision": "approved",
        "decided_date": date(2026, 2, 1),
        "in_force_date": date(2026, 2, 1),
    },
    "change_requests": {
        "request_id": "W",
        "municipality_code": "0765",
        "quota_year": 2026,
        "plan_month": date(2026, 5, 1),
        "wished_persons": 0,
        "requested_date": date(2026, 2, 1),
        "decision": "accepted",
        "decided_date": date(2026, 2, 1),
    },
    "assignment_log": {
        "event_id": "E",
        "event_type": "assigned",
        "event_date": date(2026, 2, 1),
        "assignment_id": "A",
        "recorded_at": None,
        "municipality_code": "0765",
        "persons": 1,
        "category": "quota_refugee",
        "reception_deadline_date": None,
        "replaces": None,
        "reason": None,
    },
}
BAD_VALUES = {
    "missing": None,
    "unknown": "another",
    "out_of_range": -1,
    "of_another_length": "765",
    "out_of_year": date(2027, 1, 1),
}
FEED_FAULTS = [(suite, fault) for feed, suite in zip(FEEDS, feed_suites(), strict=True) for fault in faults_of(feed)]


def staged(feed: str, rows: list[dict[str, Any]], accepted: int | None = None) -> duckdb.DuckDBPyConnection:
    warehouse = duckdb.connect()
    warehouse.execute("create schema staging")
    warehouse.register("staged", pl.DataFrame(rows, schema=fitting_schema(FEED_OF[feed]), strict=False).to_arrow())
    warehouse.execute(f"create table staging.stg_{feed} as from staged")
    counted = len(rows) if accepted is None else accepted
    warehouse.execute(f"create table staging.stg_landed_files as select '{feed}' as feed, {counted} as rows_accepted")
    return warehouse


@pytest.mark.parametrize(("suite", "fault"), FEED_FAULTS, ids=lambda value: getattr(value, "table", value))
def test_what_ingest_should_not_have_let_through_is_noticed(suite: Suite, fault: str) -> None:
    feed = suite.table.removeprefix("staging.stg_")
    good = GOOD_ROWS[feed]
    assert run_suites([suite], staged(feed, [good]), PARAMETERS) == []
    bad, accepted = [good], 1
    if fault == "rows_lost":
        accepted = 2
    elif fault == "key_repeated":
        bad, accepted = [good, good], 2
    else:
        column = next(name for name in sorted(good, key=len, reverse=True) if fault.startswith(f"{name}_"))
        bad = [good | {column: BAD_VALUES[fault.removeprefix(f"{column}_")]}]
    with pytest.raises(StructureError, match=f"such as {feed}: {fault}$"):
        run_suites([suite], staged(feed, bad, accepted), PARAMETERS)


def test_what_must_always_hold_is_an_error_when_it_does_not() -> None:
    structural = suite(gxe.ExpectColumnValuesToBeBetween(column="persons", min_value=0))
    with pytest.raises(StructureError, match="3 rows"):
        run_suites([structural], duckdb.connect(), PARAMETERS)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_staging_settles_by_the_key_of_the_feed(feed: Feed) -> None:
    """dbt names key and order itself; the table of feeds, which the docs are made from, says the same."""
    codes = {node["name"]: node["raw_code"] for node in nodes()}
    code = codes.get(f"stg_{feed.name}_settled") or codes[f"stg_{feed.name}_not_accepted"]
    assert f"key={list(feed.key)}" in code
    assert re.findall(r"latest_by='(\w+)'", code) == ([feed.latest_by] if feed.latest_by else [])
    assert re.findall(r"'(\w+)'", code.split("columns=[")[1].split("]")[0]) == [
        column.name for column in feed.own_columns
    ]
