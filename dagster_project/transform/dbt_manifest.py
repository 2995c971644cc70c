"""What dbt knows of its project: parsed once per state of it, asked by whoever needs a model's name, key or test."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from dagster_project.digest import DBT_SOURCES, digest_of
from dagster_project.errors import ReportableError, place_fault_in
from dagster_project.settings import DBT_PROJECT, name_warehouse

PARSED = "partial_parse.msgpack"
EDITION_MODELS = "fqn:arsplan.editions"  # built apart from a release
EDITION_SCHEMA = "edition"
DUCKDB, SPARK = "duckdb", "spark"  # targets of profiles.yml


class TransformError(ReportableError):
    """dbt could not build the models or a test of them failed; the message names the nodes."""


@cache
def parsed_project(engine: str = DUCKDB) -> Path:
    """Folder with the manifest of the dbt project as it is now; parses only when the project has changed.

    dbt renders some of it for the engine that it will run on, a target of profiles.yml.
    """
    folder = DBT_PROJECT / "target" / digest_of(DBT_PROJECT, DBT_SOURCES)[:16] / engine
    if not folder.is_dir():
        _parse_into(folder, engine)
    return folder


def _parse_into(folder: Path, engine: str) -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 (heavy)

    name_warehouse(folder / "warehouse.duckdb", folder)  # parsing does not open it, but the profile must name one
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        result = dbtRunner().invoke(["parse", *dbt_arguments(scratch, engine)])
        if not result.success:
            raise TransformError(
                place_fault_in(str(result.exception)) or f"dbt cannot parse the project: {result.exception}"
            )
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():  # unless another process has just put the same parse there
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for other in folder.parent.parent.iterdir():
        if other != folder.parent and other.stat().st_mtime < folder.parent.stat().st_mtime:
            shutil.rmtree(other, ignore_errors=True)


def dbt_arguments(target: Path, engine: str = DUCKDB) -> list[str]:
    """Options of every dbt command: this project, its artefacts in `target`, nothing logged."""
    return [
        f"--target={engine}",
        f"--project-dir={DBT_PROJECT}",
        f"--profiles-dir={DBT_PROJECT}",
        f"--target-path={target}",
        f"--log-path={target}",
        "--log-level=none",
        "--log-level-file=none",
    ]


@cache
def manifest() -> dict[str, Any]:
    """dbt's manifest of the project."""
    content: dict[str, Any] = json.loads((parsed_project() / "manifest.json").read_text())
    return content


def test_names() -> dict[str, str]:
    """Name of every dbt data test of a release, by the contract check that it decides; others map to themselves."""
    tests = (
        node
        for node in nodes()
        if node["resource_type"] == "test" and not node["original_file_path"].startswith("models/editions/")
    )
    return {node["config"]["meta"].get("check") or node["name"]: node["name"] for node in tests}


def names_of_marts() -> list[str]:
    """Marts that dbt makes, public or not, in order."""
    models = (node for node in nodes() if node["resource_type"] == "model")
    return sorted(model["name"] for model in models if model["schema"] == "marts")


@cache
def nodes() -> list[dict[str, Any]]:
    """Every model, seed and data test."""
    return list(manifest()["nodes"].values())


def grains() -> dict[str, tuple[str, ...]]:
    """Columns of the key, by dbt's id of the model."""
    return {
        node["attached_node"]: tuple(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes()
        if node.get("test_metadata", {}) and node["test_metadata"]["name"] == "unique_grain"
    }
