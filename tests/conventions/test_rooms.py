"""Which room may import from which: a change stays where it belongs, and a newcomer reads in one direction."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from conftest import PROJECT

from dagster_project.transform.dbt_manifest import manifest

PACKAGE = "dagster_project"
# Rooms that stand earlier may be imported from by those that stand later; those of one line not by each other.
ROOMS = (
    ("errors",),
    ("settings", "sql"),
    ("digest", "language"),
    ("ingest", "transform", "releases", "forecast"),
    ("checks", "publish", "service"),
    ("pipeline",),
    ("definitions",),
    ("cli",),
)
PLACE = {room: place for place, rooms in enumerate(ROOMS) for room in rooms}
# What imports less than its place would let it.
ONLY = {"simulate": {"errors", "settings", "sql", "digest", "language", "ingest"}, "expectations": {"errors"}}
# Read by the command alone, and by what is imported first.
ANYONE = {"__init__"}
LAYERS = ("staging", "intermediate", "marts", "editions")


def imported(file: Path) -> Iterator[str]:
    """Names of modules that a file imports, also inside functions, but not for types alone."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    """Room of a module of ours; None of another's."""
    top, _, rest = module.partition(".")
    return "expectations" if top == "expectations" else rest.split(".")[0] if top == PACKAGE else None


def imports_between_rooms() -> set[tuple[str, str, str]]:
    """File, its room, and a room that it imports from."""
    found = set()
    for file in [*(PROJECT / PACKAGE).rglob("*.py"), *(PROJECT / "expectations").rglob("*.py")]:
        name = file.relative_to(PROJECT).with_suffix("").as_posix()
        room = room_of(name.replace("/", ".")) or ""
        found |= {(name, room, other) for module in imported(file) if (other := room_of(module)) and other != room}
    return found


def may_import(room: str, other: str) -> bool:
    if room in ONLY:
        return other in ONLY[room]
    if other == "expectations":
        return room in PLACE and PLACE[room] >= PLACE["ingest"]
    if other == "simulate":
        return room == "cli"
    return room in PLACE and other in PLACE and PLACE[other] < PLACE[room]


def test_rooms_import_in_one_direction() -> None:
    wrong = [one for one in sorted(imports_between_rooms()) if one[1] not in ANYONE and not may_import(*one[1:])]
    assert wrong == []


@pytest.mark.parametrize(
    ("room", "other"),
    [
        ("ingest", "pipeline"),
        ("checks", "publish"),
        ("service", "publish"),
        ("releases", "service"),
        ("simulate", "transform"),
        ("expectations", "settings"),
    ],
)
def test_what_would_be_wrong(room: str, other: str) -> None:
    assert not may_import(room, other)


def test_only_the_pipeline_knows_dagster() -> None:
    knowing = {
        room
        for file in (PROJECT / PACKAGE).rglob("*.py")
        if any(module.split(".")[0] in ("dagster", "dagster_dbt") for module in imported(file))
        and (room := room_of(file.relative_to(PROJECT).with_suffix("").as_posix().replace("/", ".")))
    }
    assert knowing == {"pipeline", "definitions"}


def test_no_circle_of_modules() -> None:
    names = {
        file.relative_to(PROJECT).with_suffix("").as_posix().replace("/", "."): file
        for file in (PROJECT / PACKAGE).rglob("*.py")
    }
    needs = {
        name: {known for module in imported(file) for known in (module, module.rpartition(".")[0]) if known in names}
        for name, file in names.items()
    }
    list(TopologicalSorter(needs).static_order())


def test_few_modules_lie_flat() -> None:
    assert len(list((PROJECT / PACKAGE).glob("*.py"))) <= 8


def test_models_refer_in_one_direction() -> None:
    """A model reads none of a later layer; which layer it is of, its folder says."""
    nodes = manifest()["nodes"]
    wrong = []
    for node in nodes.values():
        if node["resource_type"] == "model":
            layer = LAYERS.index(node["fqn"][1])
            for name in node["depends_on"]["nodes"]:
                other = nodes.get(name)
                if other and other["resource_type"] == "model" and LAYERS.index(other["fqn"][1]) > layer:
                    wrong.append((node["name"], other["name"]))
    assert wrong == []


def test_sql_is_written_as_both_engines_take_it() -> None:
    """DuckDB's own spellings of what Spark knows too; sqlfluff sees to the commas."""
    own = re.compile(r"\b(varchar|arg_min|arg_max|list_aggregate|strptime)\b")
    assert own.search("select arg_min(a, b)") is not None
    for file in (PROJECT / "dbt_project").glob("m*/**/*.sql"):
        assert own.findall(file.read_text(encoding="utf-8")) == [], file.name
