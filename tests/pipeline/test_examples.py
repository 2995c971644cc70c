"""The contract by example: four worlds with the marts, checks and exit codes that they must give."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from conftest import EXAMPLES, Build, Built

WORLDS = sorted(path.name for path in EXAMPLES.glob("world-*"))


def as_text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("world", WORLDS)
def test_world_gives_expected_marts(world: str, build: Build, first_example: Built, tmp_path: Path) -> None:
    folder = EXAMPLES / world
    said = {
        name: (folder / f"{name}.txt").read_text().strip()
        for name in ("as_of", "known_at")
        if (folder / f"{name}.txt").exists()
    }
    if world == WORLDS[0]:
        assert said == {"as_of": "2026-01-31"}
        built = first_example
    else:
        whole = "known_at" in said  # dbt is told of it; of the others the first is enough
        built = build(folder / "landing", said["as_of"], tmp_path, known_at=said.get("known_at"), whole=whole)

    assert built.exit_code == int((folder / "exit_code.txt").read_text()), built.text
    for expected_file in sorted((folder / "expected").glob("*.csv")):
        header, *expected = csv.reader(expected_file.open(encoding="utf-8"))
        where = f"where check_name in {tuple(row[0] for row in expected)}" if "check_name" in header else ""
        found = built.query(f"select {', '.join(header)} from marts.{expected_file.stem} {where}", built.finished())
        assert sorted([as_text(value) for value in row] for row in found) == sorted(expected), expected_file.name


def test_all_four_worlds_are_here() -> None:
    assert WORLDS == ["world-1", "world-2", "world-3", "world-4"]
