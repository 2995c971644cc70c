"""A large simulated log, for benchmarks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.ingest.feeds import ASSIGNMENT_LOG, QUOTA_DECISIONS
from dagster_project.simulate.decisions import CODES, COUNTIES, KOMMUNTAL_2018, decision_rows
from dagster_project.simulate.household_model import Model, QuotaYear, log_rows, simulate_year
from dagster_project.simulate.traits import draw_missed, draw_traits

LONG_CHAINS = Model(0.05, 5, 0.5, days_to_replacement=(20, 330), closing=100_000)  # over several new years
WAVES = (6, 8, 11, 11, 8, 6, 6, 8, 11, 11, 8, 6)  # of supply, by month
EVENTS_PER_PERSON = 1.03  # as the model turns out


def write_large_log(folder: Path, events: int, seed: int) -> None:
    """Write about `events` events over five quota years as monthly files, some rows twice or corrected later."""
    rng = np.random.default_rng(seed)
    kommuntal = np.round(KOMMUNTAL_2018 * (events / 5 / EVENTS_PER_PERSON / KOMMUNTAL_2018.sum())).astype(np.int64)
    traits = draw_traits(rng, KOMMUNTAL_2018, 0 * KOMMUNTAL_2018)
    counties, county = np.unique(COUNTIES, return_inverse=True)
    by_county = np.bincount(county, weights=kommuntal).astype(np.int64)
    decisions = []
    for feed in (ASSIGNMENT_LOG, QUOTA_DECISIONS):
        (folder / feed.name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as parts:
        for quota_year in range(2021, 2026):
            missed, even = draw_missed(rng, kommuntal, traits), np.ones(len(CODES))
            year = QuotaYear(quota_year, kommuntal, kommuntal, missed, 0 * missed, even, WAVES, 0.3)
            log = log_rows(rng, simulate_year(rng, year, traits, LONG_CHAINS), year)
            for (month,), rows in log.group_by(pl.col("event_date").dt.strftime("%Y-%m"), maintain_order=True):
                rows.write_parquet(Path(parts) / f"{month}-{quota_year}.parquet")
            for level, codes, persons in (("kommuntal", CODES, kommuntal), ("lanstal", counties, by_county)):
                days = f"{quota_year - 1}-11-15", f"{quota_year}-01-01"
                decisions.append(decision_rows(f"Simulated {quota_year}", level, quota_year, codes, persons, *days))
        pl.concat(decisions).write_csv(folder / QUOTA_DECISIONS.name / "simulated.csv")
        for month in sorted({path.name[:7] for path in Path(parts).iterdir()}):
            delivered = pl.read_parquet(Path(parts) / f"{month}-*.parquet")
            again = delivered.sample(fraction=0.01, seed=seed)
            mended = again.with_columns(pl.col("recorded_at") + pl.duration(days=3))[::2]
            all_rows = pl.concat([delivered, again[1::2], mended])
            all_rows.write_parquet(folder / ASSIGNMENT_LOG.name / f"{month}-simulated.parquet")
