"""What dbt knows of its project: parsed once per state of it, asked by whoever needs a model's name, key or test."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from dagster_project.digest import DBT_SOURCES, digest_of
from dagster_project.errors import TellableError, place_fault_in
from dagster_project.settings import DBT_PROJECT, name_warehouse

PARSED = "partial_parse.msgpack"


class TransformError(TellableError):
    """dbt could not build the models or a test of them failed; the message names the nodes."""


@cache
def parsed_project() -> Path:
    """Folder with the manifest of the dbt project as it is now; parses only when the project has changed."""
    folder = DBT_PROJECT / "target" / digest_of(DBT_PROJECT, DBT_SOURCES)[:16]
    if not folder.is_dir():
        _parse_into(folder)
    return folder


def _parse_into(folder: Path) -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 (heavy)

    name_warehouse(folder / "warehouse.duckdb")  # parsing does not open it, but the profile must name one
    folder.parent.mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        result = dbtRunner().invoke(["parse", *dbt_arguments(scratch)])
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
    for other in folder.parent.iterdir():
        if other != folder and other.stat().st_mtime < folder.stat().st_mtime:
            shutil.rmtree(other, ignore_errors=True)


def dbt_arguments(target: Path) -> list[str]:
    """Options of every dbt command: this project, its artefacts in `target`, nothing logged."""
    return [
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


def test_names(unchanged: Collection[str] | None = None) -> dict[str, str]:
    """Name of every dbt test of `nodes_to_build`, by the contract check that it decides; others map to themselves."""
    tests = (node for node in nodes_to_build(unchanged) if node["resource_type"] == "test")
    return {_check_of(node) or node["name"]: node["name"] for node in tests}


def _check_of(test: Mapping[str, Any]) -> str | None:
    check: str | None = test["config"]["meta"].get("check")
    return check


def names_of_marts() -> list[str]:
    """Marts that dbt makes, public or not, in order."""
    return sorted(model["name"] for model in _models() if model["schema"] == "marts")


@cache
def nodes() -> list[dict[str, Any]]:
    """Every model, seed and test, after those that it depends on."""
    every = manifest()["nodes"]
    return [every[one] for one in TopologicalSorter(manifest()["parent_map"]).static_order() if one in every]


def nodes_to_build(unchanged: Collection[str] | None) -> list[dict[str, Any]]:
    """Models, seeds and tests that a build runs: all, unless it takes over a release with raw tables `unchanged`.

    Then it runs tables that depend on others, views that name the as-of date, and every test that decides a contract
    check.
    """
    if unchanged is None:
        return nodes()
    moved = _reached(
        (source["unique_id"] for source in manifest()["sources"].values() if source["name"] not in unchanged),
        lambda one: manifest()["child_map"][one],
    )
    return [
        node
        for node in nodes()
        if (_names_as_of_date(node) if _is_view(node) else node["unique_id"] in moved) or _check_of(node)
    ]


def _is_view(node: Mapping[str, Any]) -> bool:
    return bool(node["config"]["materialized"] == "view")


def _names_as_of_date(node: Mapping[str, Any]) -> bool:
    """Whether it uses the macro as_of_date, itself or through others."""
    macros = manifest()["macros"]
    return "macro.arsplan.as_of_date" in _reached(
        node["depends_on"]["macros"], lambda one: macros[one]["depends_on"]["macros"]
    )


def _reached(begin: Iterable[str], onward: Callable[[str], Iterable[str]]) -> set[str]:
    """Where one comes from `begin`, by any number of steps."""
    found: set[str] = set()
    ahead = list(begin)
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += onward(one)
    return found


def tables_kept(unchanged: Collection[str]) -> set[str]:
    """Tables that stay where a release is taken over, named with their schema: brought up to date, or left alone."""
    built = {node["unique_id"] for node in nodes_to_build(unchanged) if not _is_brought_up_to_date(node)}
    return {f"{node['schema']}.{node['name']}" for node in nodes() if node["unique_id"] not in built}


def orders_of_marts() -> dict[str, str]:
    """Columns to order a mart by that is brought up to date, and so lies in no order of its own; by name."""
    keys = grains()
    return {
        model["name"]: ", ".join(keys[model["unique_id"]])
        for model in _models()
        if model["schema"] == "marts" and _is_brought_up_to_date(model)
    }


def grains() -> dict[str, tuple[str, ...]]:
    """Columns of the key, by dbt's id of the model."""
    return {
        node["attached_node"]: tuple(node["test_metadata"]["kwargs"]["columns"])
        for node in manifest()["nodes"].values()
        if node.get("test_metadata", {}) and node["test_metadata"]["name"] == "unique_grain"
    }


def _models() -> Iterator[dict[str, Any]]:
    return (node for node in manifest()["nodes"].values() if node["resource_type"] == "model")


def _is_brought_up_to_date(model: Mapping[str, Any]) -> bool:
    return bool(model["config"]["materialized"] == "incremental")
