"""The contract's checks: which there are, what each means for a release, and how their outcomes are written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

import dagster as dg
import duckdb

from dagster_project.errors import TellableError
from dagster_project.language import ENGLISH
from dagster_project.manifest import manifest, test_names
from dagster_project.operations import ERROR, WARN, CheckRun
from dagster_project.room import with_room
from dagster_project.sql import sql_text
from dagster_project.watch import counties_below_lanstal
from dagster_project.workplace import Workplace, progress
from expectations.outcome import Outcome


@dataclass(frozen=True)
class Check:
    """One check of the contract: its severity and the asset it guards."""

    name: str
    severity: str
    asset: tuple[str, str]

    @property
    def advice(self) -> str:
        """What to do when it fails."""
        return ENGLISH.texts["advice"][self.name]


CHECKS: tuple[Check, ...] = (
    Check("files_readable", ERROR, ("raw", "landed_files")),
    Check("county_total_not_below_lanstal", ERROR, ("marts", "county_quotas")),
    Check("kommuntal_not_negative", ERROR, ("marts", "municipality_quotas")),
    Check("plan_sums_to_kommuntal", ERROR, ("marts", "monthly_plan_versions")),
    Check("plan_not_negative", ERROR, ("marts", "monthly_plan")),
    Check("every_assignment_counted_once", ERROR, ("marts", "quota_year_counts")),
    Check("rejected_rows_within_limit", ERROR, ("raw", "landed_files")),
    Check("no_rejected_rows", WARN, ("raw", "rejected_rows")),
    Check("no_log_issues", WARN, ("marts", "log_issues")),
    Check("over_plan_has_approval", WARN, ("marts", "plan_deviations")),
    Check("no_overdue_receptions", WARN, ("marts", "quota_year_counts")),
    Check("redistributions_reconciled", WARN, ("marts", "redistribution_outcomes")),
    Check("redistributions_valid", WARN, ("marts", "redistribution_outcomes")),
    Check("kommuntal_reported", WARN, ("marts", "county_quotas")),
    Check("past_county_totals_not_below_lanstal", WARN, ("marts", "county_quotas")),
    Check("feeds_are_fresh", WARN, ("raw", "assignment_log")),
)


class ChecksIncompleteError(TellableError):
    """The checks that ran are not those that should have run; nothing may be published."""


@dg.asset(
    key=["marts", "check_results"],
    group_name="checks",
    deps=sorted({dg.AssetKey(list(check.asset)) for check in CHECKS}),
    description="Outcome of every check of the contract: one row per check.",
    kinds={"greatexpectations", "duckdb"},
)
def check_results(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Run the suites, gather what dbt's tests found, make sure that nothing is missing, and write it down."""
    with workplace.step("checks"), workplace.warehouse() as warehouse:
        workplace.outcomes = run_checks(workplace, warehouse)
        workplace.check_runs = check_runs(workplace.outcomes)
        write_check_results(workplace.check_runs, warehouse)
        workplace.counties_below_lanstal = counties_below_lanstal(warehouse, workplace.settings.as_of)
    failed = [outcome.name for outcome in workplace.outcomes if not outcome.passed]
    progress.info("checks     %d of %d passed", len(CHECKS) - len(failed), len(CHECKS))
    return dg.MaterializeResult(metadata={"dagster/row_count": len(CHECKS), "failed": ", ".join(failed) or "none"})


def run_checks(workplace: Workplace, warehouse: duckdb.DuckDBPyConnection) -> list[Outcome]:
    """One outcome per contract check, in the contract's order. Raises ChecksIncompleteError."""
    with_room(import_module, "expectations.suites")  # `arsplan up` has made no room
    from expectations.suite import Limits, run_suites  # noqa: PLC0415 (heavy)
    from expectations.suites import SUITES  # noqa: PLC0415 (heavy)

    settings = workplace.settings
    limits = Limits(settings.as_of, settings.rejected_rows_limit, settings.stale_after_days)
    by_suites = run_suites(SUITES, warehouse, limits)
    require_complete(test_names(workplace.unchanged).values(), workplace.dbt_tests, by_suites)
    by_name = {outcome.name: outcome for outcome in [*workplace.dbt_tests.values(), *by_suites]}
    return [by_name[check.name] for check in CHECKS]


def require_complete(expected_tests: Iterable[str], dbt_tests: dict[str, Outcome], by_suites: list[Outcome]) -> None:
    """A green run does not prove that checks ran: compare those that ran with those that should have."""
    missing_tests = set(expected_tests) - set(dbt_tests)
    if missing_tests:
        raise ChecksIncompleteError(f"dbt tests did not run: {', '.join(sorted(missing_tests))}")
    decided = [outcome.name for outcome in by_suites]
    decided += [outcome.name for test, outcome in dbt_tests.items() if outcome.name != test]
    expected = [check.name for check in CHECKS]
    if sorted(decided) != sorted(expected):
        differing = ", ".join(sorted(set(decided) ^ set(expected))) or "some twice"
        raise ChecksIncompleteError(f"checks that ran and checks of the contract differ: {differing}")


def check_runs(outcomes: list[Outcome]) -> dict[str, CheckRun]:
    """Outcomes with the severity of their check, by name."""
    severities = {check.name: check.severity for check in CHECKS}
    return {
        outcome.name: CheckRun(severities[outcome.name], outcome.passed, outcome.failing_rows) for outcome in outcomes
    }


def write_check_results(runs: dict[str, CheckRun], warehouse: duckdb.DuckDBPyConnection) -> None:
    """Create marts.check_results, with the comments that dbt's documentation holds for it."""
    warehouse.execute(
        "create or replace table marts.check_results "
        "(check_name varchar, severity varchar, passed boolean, failing_rows bigint)"
    )
    warehouse.executemany(
        "insert into marts.check_results values (?, ?, ?, ?)",
        [[name, run.severity, run.passed, run.failing_rows] for name, run in runs.items()],
    )
    documented = next(source for source in manifest()["sources"].values() if source["name"] == "check_results")
    warehouse.execute(f"comment on table marts.check_results is {sql_text(documented['description'])}")
    for column in documented["columns"].values():
        comment = sql_text(column["description"])
        warehouse.execute(f"comment on column marts.check_results.{column['name']} is {comment}")


def failed(outcomes: list[Outcome], severity: str) -> list[tuple[Check, Outcome]]:
    """Failed checks of one severity, in the contract's order."""
    by_name = {outcome.name: outcome for outcome in outcomes}
    pairs = [(check, by_name[check.name]) for check in CHECKS]
    return [(check, outcome) for check, outcome in pairs if check.severity == severity and not outcome.passed]


@dg.multi_asset_check(
    name="contract_checks",
    specs=[
        dg.AssetCheckSpec(
            check.name,
            asset=dg.AssetKey(list(check.asset)),
            description=check.advice,
            additional_deps=[dg.AssetKey(["marts", "check_results"])],
        )
        for check in CHECKS
    ],
)
def contract_checks(workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.AssetCheckResult]:
    """Show the outcomes on the assets that they guard."""
    by_name = {outcome.name: outcome for outcome in workplace.outcomes}
    for check in CHECKS:
        outcome = by_name[check.name]
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(list(check.asset)),
            check_name=check.name,
            passed=outcome.passed,
            severity=dg.AssetCheckSeverity.ERROR if check.severity == ERROR else dg.AssetCheckSeverity.WARN,
            metadata={"failing_rows": outcome.failing_rows, "findings": "\n".join(outcome.findings) or "none"},
        )
