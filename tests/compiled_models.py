"""dbt's part of a build, for tests of many worlds: what dbt compiled once, run statement by statement.

dbt needs most of a small build's time, however small the world. So builds of tests run the SQL that it makes of models
and data tests without it, unless they ask for dbt. test_compiled_models.py holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from dagster_project.settings import DBT_PROJECT
from dagster_project.sql import sql_text
from dagster_project.transform import run_dbt, spark
from dagster_project.transform.dbt_manifest import nodes

by_dbt = run_dbt.invoke_dbt
assert spark.invoke_dbt is by_dbt  # what runs on Spark has taken it before it is replaced, and keeps it


@contextmanager
def in_place_of_dbt() -> Iterator[None]:
    """Whatever builds models does so without dbt."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_dbt, "invoke_dbt", _run_compiled)
        yield


@cache
def _compiled(selection: tuple[str, ...], variables: frozenset[str]) -> list[Any]:
    """Results of `dbt compile`, each after those that it stands on; `<name>` stands where a variable's value would."""
    known = [word for word in selection if word != "--exclude-resource-type=unit_test"]  # it compiles none
    values = {name: f"<{name}>" for name in variables}
    with TemporaryDirectory() as place:
        found = by_dbt(["compile", *known], Path(place) / "warehouse.duckdb", Path(place), values)
    results = {one.node.unique_id: one for one in found}
    order = TopologicalSorter({node["unique_id"]: node["depends_on"].get("nodes", ()) for node in nodes()})
    return [results[name] for name in order.static_order() if name in results]


def _run_compiled(
    command: list[str], warehouse_file: Path, _target: Path, variables: Mapping[str, str], sources: Path
) -> list[Any]:
    """As run_dbt.invoke_dbt for the command `build`; a test that decides no check may not fail."""
    assert command[0] == "build"
    with duckdb.connect(str(warehouse_file)) as warehouse:
        warehouse.execute(f"set file_search_path = {sql_text(sources)}")
        results = [_run(warehouse, one, variables) for one in _compiled(tuple(command[1:]), frozenset(variables))]
    assert [one.node.name for one in results if one.failures and not one.node.config.meta.get("check")] == []
    return results


def _run(warehouse: duckdb.DuckDBPyConnection, compiled: Any, variables: Mapping[str, str]) -> Any:
    """What becomes of a node: the result that it was compiled with, with another outcome."""
    node = compiled.node
    if node.resource_type == "seed":
        types = ", ".join(f"{name}: {sql_text(kind)}" for name, kind in node.config.column_types.items())
        query = f"from read_csv({sql_text(DBT_PROJECT / node.original_file_path)}, types = {{{types}}})"
    else:
        query = node.compiled_code
        for name, value in variables.items():
            query = query.replace(f"<{name}>", value)
    if node.resource_type == "test":
        [(failures,)] = warehouse.execute(f"select count(*) from ({query})").fetchall()
        return replace(compiled, status="fail" if failures else "pass", failures=failures)
    if node.language == "python":
        code: dict[str, Any] = {}
        exec(node.compiled_code, code)
        made = code["model"](code["dbtObj"](warehouse.table), warehouse)
        warehouse.register("made", made.to_arrow())
        query = "from made"
    if node.config.materialized != "ephemeral":
        kind = "view" if node.config.materialized == "view" else "table"
        columns = ", ".join(node.columns) if node.config.contract.enforced else "*"
        warehouse.execute(f"create schema if not exists {node.schema}")
        warehouse.execute(f"create {kind} {node.schema}.{node.alias} as select {columns} from ({query})")
    return replace(compiled, status="success", failures=None)
