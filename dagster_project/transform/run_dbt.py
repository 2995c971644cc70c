"""Runs dbt in this process, without parsing the project again, and reads its results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from dagster_project.digest import code_version
from dagster_project.errors import place_fault_in, without_values
from dagster_project.settings import STOCKHOLM, name_warehouse
from dagster_project.transform.dbt_manifest import (
    DUCKDB,
    EDITION_MODELS,
    PARSED,
    TransformError,
    dbt_arguments,
    parsed_project,
)
from expectations.check_outcome import Outcome

# Marts that an outcome edition holds beside its own models, for what its pages and files say.
EDITION_NEEDS = ("release", "figure_origins", "national_decisions", "receptions_by_category", "county_quotas")
EDITION_SELECTED = tuple(f"+{model}" for model in (EDITION_MODELS, *EDITION_NEEDS))
# A test belongs to the models that it tests, all of them: those of Spark are tested there.
_DATA_TESTS = ("--indirect-selection=cautious", "--exclude-resource-type=unit_test")


def build_models(
    warehouse_file: Path, sources: Path, target: Path, variables: Mapping[str, str], without: str = ""
) -> list[Any]:
    """Build every model from the folder that its sources read, and run all data tests; dbt's results, one per node.

    `variables` are those of dbt_project.yml; the others keep their defaults. Models that `without` selects are there.
    Raises TransformError when a model broke, or when a test failed that decides no contract check.
    """
    command = ["build", "--exclude", EDITION_MODELS, *([without] if without else [])]
    return invoke_dbt([*command, *_DATA_TESTS], warehouse_file, target, variables, sources)


def build_edition(
    warehouse_file: Path, sources: Path, target: Path, variables: Mapping[str, str], without: str = ""
) -> None:
    """Build the models of an outcome edition and what they stand on, and run the tests of these models alone.

    As build_models, with the first_published_figures of the edition before among the `sources`. Raises TransformError.
    """
    command = ["build", "--select", *EDITION_SELECTED, *(["--exclude", without] if without else [])]
    tests = ["--indirect-selection=empty", "--exclude-resource-type=unit_test"]
    invoke_dbt([*command, *tests], warehouse_file, target, variables, sources)


def dbt_variables(as_of: date, known_at: datetime | None, build_id: str) -> dict[str, str]:
    """The variables of dbt_project.yml for a build, each that is set; `known_at` is aware."""
    variables = {"as_of": f"{as_of}", "build_id": build_id, "code_version": code_version()}
    if known_at:
        for name, zone in (("known_at", STOCKHOLM), ("known_at_utc", UTC)):
            variables[name] = f"{known_at.astimezone(zone):%Y-%m-%d %H:%M:%S.%f}"
    return variables


def invoke_dbt(
    command: list[str],
    warehouse_file: Path,
    target: Path,
    variables: Mapping[str, str],
    sources: Path | None = None,
    engine: str = DUCKDB,
) -> list[Any]:
    """Run one dbt command in this process; its results. What reads no source needs no `sources`.

    Raises TransformError. dbt has no public way to read a parsed manifest, nor to let go of the warehouse.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415 (heavy)
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 (heavy)
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 (heavy)

    parsed = Manifest.from_msgpack((parsed_project(engine) / PARSED).read_bytes())
    folder = Path.cwd()
    with _plainly_named(sources) as link:
        name_warehouse(warehouse_file, link)
        try:
            invocation = dbtRunner(manifest=parsed).invoke(
                ["--no-write-json", *command, f"--vars={json.dumps(variables)}", *dbt_arguments(target, engine)]
            )
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
            os.chdir(folder)
    results = list(getattr(invocation.result, "results", []))
    broken = [result for result in results if result.status in _BROKEN and not _decides_a_check(result)]
    if broken or not results:
        text = " ".join(str(result.message) for result in broken) or str(invocation.exception)
        faults = "; ".join(f"{result.node.name}: {_kind_of_error(result.message)}" for result in broken)
        raise TransformError(place_fault_in(text) or faults or f"dbt did not run: {without_values(text)}")
    return results


def drop_views(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Leave tables only, so that a copy of the warehouse works under any name: views serve while it is built."""
    for schema, name in warehouse.execute(
        "select schema_name, view_name from duckdb_views() where not internal"
    ).fetchall():
        warehouse.execute(f"drop view {schema}.{name}")


@contextmanager
def _plainly_named(folder: Path | None) -> Iterator[Path]:
    """A link to the folder, or to nothing, without commas or wildcards in its name.

    DuckDB's file_search_path is a list separated by commas, and what it finds there is looked for by patterns.
    """
    with TemporaryDirectory(prefix="arsplan-") as place:
        link = Path(place) / "sources"
        link.symlink_to(folder or "nothing")
        yield link


# "skipped" follows from another failure.
_BROKEN = ("error", "runtime error", "fail")


def _decides_a_check(result: Any) -> bool:
    """Whether a test failed that decides a contract check: the release gate judges it."""
    return bool(result.status == "fail" and result.node.config.meta.get("check"))


def _kind_of_error(message: str | None) -> str:
    """What kind of error it was and where, without the values that a database's message holds."""
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return without_values(" ".join(lines[:2]))[:300]


def outcomes_of(results: list[Any]) -> Iterator[tuple[str, Outcome]]:
    """The outcome of every dbt test that ran, by the test's name."""
    for result in results:
        if result.node.resource_type == "test" and result.status in ("pass", "fail"):
            check = result.node.config.meta.get("check") or result.node.name
            yield result.node.name, Outcome(check, result.status == "pass", result.failures or 0)


def write_outcomes(results: list[Any], file: Path) -> None:
    """Write down what dbt's tests found, for the checks: Outcome by the test's name, without findings."""
    found = {test: [one.name, one.passed, one.failing_rows] for test, one in outcomes_of(results)}
    file.write_text(json.dumps(found), encoding="utf-8")


def read_outcomes(file: Path) -> dict[str, Outcome]:
    """What write_outcomes wrote."""
    return {test: Outcome(*one) for test, one in json.loads(file.read_text(encoding="utf-8")).items()}
