"""Runs the unit tests that stand beside the models: every branch of the rules R1–R9."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from conftest import SHIPPED_AS_OF, Built

from dagster_project.transform.dbt_manifest import manifest
from dagster_project.transform.run_dbt import invoke_dbt


def test_rules_hold_in_their_models(shipped: Built, tmp_path: Path) -> None:
    """dbt raises an error that names every test that failed; it needs the parents' columns, so it gets a copy."""
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copyfile((shipped.output / "current" / "warehouse.duckdb").resolve(), warehouse)
    results = invoke_dbt(
        ["test", "--select=test_type:unit"], warehouse, tmp_path / "dbt", date.fromisoformat(SHIPPED_AS_OF)
    )
    assert {result.status for result in results} == {"pass"}
    assert len(results) == len(manifest()["unit_tests"]) > 80
