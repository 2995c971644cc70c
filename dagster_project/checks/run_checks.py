"""Runs the contract's checks on a built warehouse, and writes down what they found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from dagster_project.checks.contract import Check, checks_of
from dagster_project.errors import ReportableError
from dagster_project.releases.build_json import CheckResult, CountyBelow
from dagster_project.settings import Settings
from dagster_project.transform.dbt_manifest import test_names
from dagster_project.transform.documented_tables import check_results_table
from expectations.check_outcome import Outcome


class ChecksIncompleteError(ReportableError):
    """The checks that ran are not those that should have run; nothing may be published."""


def run_checks(
    warehouse: duckdb.DuckDBPyConnection, dbt_tests: dict[str, Outcome], settings: Settings, of_pages: list[Outcome]
) -> list[CheckResult]:
    """One result per contract check, in the contract's order. Raises ChecksIncompleteError.

    `dbt_tests` are the outcomes of dbt's tests by their names, `of_pages` those about pages, none without any.
    """
    from dagster_project.checks.feed_suites import feed_suites  # noqa: PLC0415 (heavy)
    from expectations.all_suites import SUITES  # noqa: PLC0415 (heavy)
    from expectations.suite import run_suites  # noqa: PLC0415 (heavy)

    parameters = {
        "as_of": settings.as_of,
        "rejected_rows_limit": settings.rejected_rows_limit,
        "stale_after_days": settings.stale_after_days,
    }
    decided = [*run_suites([*feed_suites(), *SUITES], warehouse, parameters), *of_pages]
    checks = checks_of(settings.with_site)
    require_complete(test_names().values(), dbt_tests, decided, checks)
    by_name = {outcome.name: outcome for outcome in [*dbt_tests.values(), *decided]}
    found = [(check, by_name[check.name]) for check in checks]
    return [
        CheckResult(check.name, check.severity, one.passed, one.failing_rows, one.findings, one.areas)
        for check, one in found
    ]


def require_complete(
    expected_tests: Iterable[str], dbt_tests: dict[str, Outcome], others: list[Outcome], checks: Iterable[Check]
) -> None:
    """A green run does not prove that checks ran: compare those that ran with those that should have."""
    missing_tests = set(expected_tests) - set(dbt_tests)
    if missing_tests:
        raise ChecksIncompleteError(f"dbt tests did not run: {', '.join(sorted(missing_tests))}")
    decided = [outcome.name for outcome in others]
    decided += [outcome.name for test, outcome in dbt_tests.items() if outcome.name != test]
    expected = [check.name for check in checks]
    if sorted(decided) != sorted(expected):
        differing = ", ".join(sorted(set(decided) ^ set(expected))) or "some twice"
        raise ChecksIncompleteError(f"checks that ran and checks of the contract differ: {differing}")


def write_check_results(results: list[CheckResult], warehouse: duckdb.DuckDBPyConnection) -> None:
    """Create marts.check_results, with the comments that dbt's documentation holds for it."""
    check_results_table().create(warehouse)
    warehouse.executemany(
        "insert into marts.check_results values (?, ?, ?, ?)",
        [[result.check_name, result.severity, result.passed, result.failing_rows] for result in results],
    )


def counties_below_lanstal(warehouse: duckdb.DuckDBPyConnection, as_of: date) -> list[CountyBelow]:
    """Every county whose kommuntal is below its länstal, now or later (R3), with the first such spell of each year."""
    rows = warehouse.execute(
        """
        select quota_year, county_code, county_name, kommuntal_total_persons, lanstal_persons
        from marts.county_quotas join marts.counties using (county_code)
        where status = 'below_lanstal' and valid_to_date >= $as_of
        qualify row_number() over (partition by quota_year, county_code order by valid_from_date) = 1
        order by all
        """,
        {"as_of": as_of},
    ).fetchall()
    return [CountyBelow(*row) for row in rows]
