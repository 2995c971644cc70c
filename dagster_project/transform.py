"""dbt inside this process: one parse per state of the project, one invocation per build."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from dagster_project.errors import place_fault_in, without_values
from dagster_project.manifest import (
    PARSED,
    TransformError,
    dbt_arguments,
    manifest,
    names_of_marts,
    nodes,
    nodes_to_build,
    parsed_project,
)
from dagster_project.settings import name_warehouse
from dagster_project.workplace import Workplace, progress
from expectations.outcome import Outcome


class LayerTranslator(DagsterDbtTranslator):
    """Groups dbt's assets by layer and leaves SQL out of their descriptions."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Layer of the model: its schema."""
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Description from dbt, or the comment that the model begins with."""
        described = dbt_resource_props.get("description") or ""
        comment = [line[2:].strip() for line in dbt_resource_props.get("raw_code", "").splitlines() if line[:2] == "--"]
        return described or " ".join(comment)


TRANSLATOR = LayerTranslator()


@dbt_assets(manifest=manifest(), dagster_dbt_translator=TRANSLATOR, name="transform")
def transform(
    workplace: dg.ResourceParam[Workplace],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build and test all models in one dbt invocation."""
    with workplace.step("transform"):
        results = run_dbt(workplace)
        workplace.mart_files.begin(names_of_marts())  # whatever the checks will say of them
        workplace.dbt_tests = dict(outcomes_of(results))
        row_counts = _row_counts(workplace)
    results_by_node = {result.node.unique_id: result for result in results}
    models = [node for node in nodes() if node["resource_type"] == "model"]
    built = [node for node in models if node["unique_id"] in results_by_node]
    left = f", {len(models) - len(built)} left as they were" if len(built) < len(models) else ""
    progress.info("transform  %d models built%s, %d tests of them run", len(built), left, len(workplace.dbt_tests))
    for node in nodes():
        result = results_by_node.get(node["unique_id"])
        if node["resource_type"] == "test":
            yield from _tested(node, result)
        elif result or node["schema"] == "marts":  # for every mart the steps that follow wait
            yield _made(node, result, row_counts)


def _made(node: Mapping[str, Any], result: Any, row_counts: Mapping[str, int]) -> dg.MaterializeResult[None]:
    relation = f"{node['schema']}.{node['name']}"
    counted = {"dagster/row_count": row_counts[relation]} if relation in row_counts else {}
    return dg.MaterializeResult(asset_key=TRANSLATOR.get_asset_key(node), metadata=_told(result) | counted)


def _tested(node: Mapping[str, Any], result: Any) -> Iterator[dg.AssetCheckResult]:
    """The check that a test is to Dagster, which awaits it even of a test that is left alone.

    That decides no contract check: had it failed, there were nothing to take over.
    """
    if key := get_asset_check_key_for_test(manifest(), TRANSLATOR, node["unique_id"], None):
        failing_rows = result.failures or 0 if result else 0
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not failing_rows,
            severity=_severity(node["config"]["severity"]),
            metadata=_told(result) | {"failing_rows": failing_rows},
        )


def _told(result: Any) -> dict[str, Any]:
    return {"seconds": round(result.execution_time, 3)} if result else {"left_as_it_was": True}


def _severity(severity: str) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.WARN if severity.lower() == "warn" else dg.AssetCheckSeverity.ERROR


def run_dbt(workplace: Workplace) -> list[Any]:
    """Build the models that may have changed, and run their data tests; dbt's results, one per node.

    Raises TransformError when a model broke, or when a test failed that decides no contract check.
    """
    command = ["build", "--exclude-resource-type=unit_test"]
    if workplace.unchanged is not None:
        command += ["--select", *(node["name"] for node in nodes_to_build(workplace.unchanged))]
    results = invoke_dbt(command, workplace.warehouse_file, workplace.dbt_target, f"{workplace.settings.as_of}")
    with workplace.warehouse() as warehouse:
        # dbt's profile has rows come in any order, which lasts for as long as anybody has the warehouse open.
        warehouse.execute("reset preserve_insertion_order")
    return results


def invoke_dbt(command: list[str], warehouse_file: Path, target: Path, as_of: str) -> list[Any]:
    """Run one dbt command in this process, without parsing again; its results. Raises TransformError."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415 (heavy)
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 (heavy)
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 (heavy)

    name_warehouse(warehouse_file)
    parsed = Manifest.from_msgpack((parsed_project() / PARSED).read_bytes())
    folder = Path.cwd()

    try:
        invocation = dbtRunner(manifest=parsed).invoke(
            ["--no-write-json", *command, f"--vars={json.dumps({'as_of': as_of})}", *dbt_arguments(target)]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        os.chdir(folder)
    results = list(getattr(invocation.result, "results", []))
    broken = [result for result in results if result.status in _BROKEN]
    if broken or not results:
        text = " ".join(str(result.message) for result in broken) or str(invocation.exception)
        told = "; ".join(f"{result.node.name}: {_kind_of_error(result.message)}" for result in broken)
        raise TransformError(place_fault_in(text) or told or f"dbt did not run: {without_values(text)}")
    return results


# "warn" is a contract check that failed: the release gate judges it, so that a blocked build is built to its end.
# "skipped" follows from another failure.
_BROKEN = ("error", "runtime error", "fail")


def _kind_of_error(message: str | None) -> str:
    """What kind of error it was and where, without the values that a database tells."""
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return without_values(" ".join(lines[:2]))[:300]


def outcomes_of(results: list[Any]) -> Iterator[tuple[str, Outcome]]:
    """The outcome of every dbt test that ran, by the test's name."""
    for result in results:
        if result.node.resource_type == "test" and result.status in ("pass", "warn"):
            check = result.node.config.meta.get("check") or result.node.name
            yield result.node.name, Outcome(check, result.status == "pass", result.failures or 0)


def _row_counts(workplace: Workplace) -> dict[str, int]:
    with workplace.warehouse() as warehouse:
        rows = warehouse.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
        ).fetchall()
    return dict(rows)
