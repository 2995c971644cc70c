"""Runs the unit tests that stand beside the models: every branch of the rules R1–R9."""

from __future__ import annotations

import shutil
from pathlib import Path

from conftest import SHIPPED_AS_OF, Built

from dagster_project.transform.dbt_manifest import manifest
from dagster_project.transform.run_dbt import invoke_dbt


def test_rules_hold_in_their_models(shipped: Built, tmp_path: Path) -> None:
    """dbt raises an error that names every test that failed; it needs the parents' columns, those of views too."""
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copyfile((shipped.output / "current" / "warehouse.duckdb").resolve(), warehouse)
    warehouse.chmod(0o600)
    variables = {"as_of": SHIPPED_AS_OF}
    invoke_dbt(["run", "--select=config.materialized:view"], warehouse, tmp_path / "dbt", variables)
    results = invoke_dbt(["test", "--select=test_type:unit"], warehouse, tmp_path / "dbt", variables)
    assert {result.status for result in results} == {"pass"}
    assert len(results) == len(manifest()["unit_tests"]) > 80
