"""Simulated deliveries: repeatable, equal to those that are shipped, and true to the figures they start from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from conftest import SHIPPED_LANDING

from dagster_project.simulate.household_model import Model, YearOfPlaces, log_frame, simulate_year
from dagster_project.simulate.large_log import write_large_log
from dagster_project.simulate.shipped_years import write_shipped

SEED = 2016


def test_the_shipped_deliveries_are_what_the_command_makes(tmp_path: Path) -> None:
    write_shipped(tmp_path, SEED)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    shipped = sorted(
        path.relative_to(SHIPPED_LANDING)
        for feed in ("quota_decisions", "assignment_log")
        for path in (SHIPPED_LANDING / feed).glob("*simulated*")
    )
    assert made == shipped
    for name in made:
        if name.suffix == ".csv":
            assert (tmp_path / name).read_text() == (SHIPPED_LANDING / name).read_text(), name
        else:
            assert pl.read_parquet(tmp_path / name).equals(pl.read_parquet(SHIPPED_LANDING / name)), name


def test_another_seed_makes_another_log(tmp_path: Path) -> None:
    write_shipped(tmp_path, SEED + 1)
    name = Path("assignment_log") / "2018-simulated.parquet"
    assert not pl.read_parquet(tmp_path / name).equals(pl.read_parquet(SHIPPED_LANDING / name))


@pytest.mark.parametrize("seed", range(5))
def test_receptions_sum_to_what_each_municipality_received(seed: int) -> None:
    rng = np.random.default_rng(seed)
    received = rng.integers(0, 60, 40)
    codes = np.array([f"{code:04d}" for code in range(40)])
    places = YearOfPlaces(2018, codes, received + rng.integers(0, 5, 40), received)
    log = log_frame(simulate_year(rng, places, Model(replaced_share=0.4)), places, "T")
    assigned = log.filter(event_type="assigned").select("assignment_id", "municipality_code", assigned="persons")
    sums = (
        log.filter(event_type="received")
        .select("assignment_id", "persons")
        .join(assigned, on="assignment_id")
        .group_by("municipality_code")
        .agg(pl.coalesce("persons", "assigned").sum().alias("received"))
    )
    assert dict(sums.rows()) == {code: count for code, count in zip(codes, received, strict=True) if count}


def test_a_large_log_has_about_as_many_events_as_asked_for(tmp_path: Path) -> None:
    write_large_log(tmp_path, 100_000, SEED)
    rows = pl.scan_parquet(tmp_path / "assignment_log" / "*.parquet").select(pl.len()).collect().item()
    assert 90_000 < rows < 115_000
