"""On generated worlds every mart equals, row for row, what the plain-Python twin makes of the contract."""

from __future__ import annotations

import csv
from datetime import datetime, time
from pathlib import Path

import pytest
from conftest import Build
from page_redistributions import add_requests, assert_page_agrees
from twin import exit_code, marts_of
from twin_areas import area_marts
from twin_requests import Requests, request_marts
from worlds import write_world

from dagster_project.settings import REFERENCE

QUICK_SEEDS = range(1, 5)
LONG_SEEDS = range(100, 140)
ON_SPARK = 5  # of these


def as_typed(known_at: datetime | None) -> str | None:
    """The known-at moment on the command line, where the end of a day is its date."""
    if known_at and known_at.time() == time.max:
        return known_at.date().isoformat()
    return known_at.isoformat() if known_at else None


def compare(seed: int, build: Build, folder: Path, spark: bool = False) -> int:
    """How many plans the page that tries redistributions was held against."""
    register = list(csv.DictReader((REFERENCE / "municipalities.csv").open(encoding="utf-8")))
    as_of, known_at = write_world(folder / "landing", register, seed)
    add_requests(Requests(folder / "landing", register, as_of, known_at), folder / "landing", seed)
    expected = marts_of(folder / "landing", register, as_of, known_at)
    expected |= area_marts(expected, register, as_of)
    expected |= request_marts(folder / "landing", register, as_of, known_at, expected)
    built = build(folder / "landing", f"{as_of}", folder / "output", known_at=as_typed(known_at), spark=spark)

    assert built.exit_code == exit_code(expected), built.text
    for mart, rows in expected.items():
        if not rows:
            assert built.query(f"select count(*) from {built.place_of(mart)}", built.finished()) == [(0,)], mart
            continue
        names = [name for name in rows[0] if name not in ("sha256", "raw_row")]
        found = built.query(f"select {', '.join(names)} from {built.place_of(mart)}", built.finished())
        wanted = [tuple(row[name] for name in names) for row in rows]
        assert sorted(found, key=repr) == sorted(wanted, key=repr), f"seed {seed}, {mart}"
    requests = Requests(folder / "landing", register, as_of, known_at)
    return assert_page_agrees(seed, requests, built.finished() / "warehouse.duckdb", folder)


@pytest.mark.parametrize("seed", QUICK_SEEDS)
def test_every_mart_equals_the_twin(seed: int, build: Build, tmp_path: Path) -> None:
    assert compare(seed, build, tmp_path) or seed == 1  # whose quota years are all over


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_every_mart_equals_the_twin_on_many_worlds(seed: int, build: Build, tmp_path: Path) -> None:
    compare(seed, build, tmp_path)


@pytest.mark.long
@pytest.mark.spark
@pytest.mark.parametrize("seed", LONG_SEEDS[:ON_SPARK])
def test_every_mart_equals_the_twin_on_spark(seed: int, build: Build, tmp_path: Path) -> None:
    compare(seed, build, tmp_path, spark=True)
