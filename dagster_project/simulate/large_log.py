"""A large simulated log, for benchmarks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.ingest.feeds import ASSIGNMENT_LOG, QUOTA_DECISIONS
from dagster_project.simulate.decisions import made, real_kommuntal_2018
from dagster_project.simulate.household_model import Ints, Model, YearOfPlaces, log_frame, simulate_year

# Chains over several new years.
LONG_CHAINS = Model(replaced_share=0.05, longest_chain=5, further_replacement_share=0.5, days_to_replacement=(20, 330))


def write_large_log(folder: Path, events: int, seed: int) -> None:
    """Write about `events` events over five quota years as monthly Parquet deliveries, with decisions to match.

    Some rows come twice and some are corrected in a later delivery. No more than one quota year is held in memory.
    """
    rng = np.random.default_rng(seed)
    weights = real_kommuntal_2018()
    per_year = events / 5 / 1.17  # events per person received, as the model turns out
    kommuntal = np.round(weights["weight"].to_numpy() * (per_year / int(weights["weight"].sum()))).astype(np.int64)
    codes = weights["municipality_code"].to_numpy().astype(np.str_)
    into = made(folder / ASSIGNMENT_LOG.name)
    decisions = []
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as parts:
        for quota_year in range(2021, 2026):
            places = YearOfPlaces(quota_year, codes, kommuntal, np.round(kommuntal * 0.97).astype(np.int64))
            log = log_frame(simulate_year(rng, places, LONG_CHAINS), places, f"SIM{quota_year}")
            for (month,), rows in log.group_by(pl.col("event_date").dt.truncate("1mo"), maintain_order=True):
                rows.write_parquet(made(Path(parts) / f"{month:%Y-%m}") / f"{quota_year}.parquet")
            decisions.append(_large_decisions(weights, kommuntal, quota_year))
        pl.concat(decisions).write_csv(made(folder / QUOTA_DECISIONS.name) / "simulated.csv")
        for part in sorted(Path(parts).iterdir()):
            delivered = pl.read_parquet(part / "*.parquet")
            again = delivered.sample(fraction=0.01, seed=seed)
            mended = again.with_columns(recorded_at=pl.col("recorded_at") + pl.duration(days=3))[::2]
            pl.concat([delivered, again[1::2], mended]).write_parquet(into / f"{part.name}-simulated.parquet")


def _large_decisions(weights: pl.DataFrame, kommuntal: Ints, quota_year: int) -> pl.DataFrame:
    municipal = weights.select(area_code="municipality_code", county_code="county_code", persons=pl.Series(kommuntal))
    county = municipal.group_by("county_code").agg(pl.col("persons").sum()).sort("county_code")
    both = [
        municipal.select(level=pl.lit("kommuntal"), area_code="area_code", persons="persons"),
        county.select(level=pl.lit("lanstal"), area_code="county_code", persons="persons"),
    ]
    return pl.concat(both).select(
        decision_id=pl.lit(f"Simulated {quota_year}"),
        level="level",
        quota_year=pl.lit(quota_year),
        area_code="area_code",
        persons="persons",
        decided_date=pl.lit(f"{quota_year - 1}-11-15"),
        in_force_date=pl.lit(f"{quota_year}-01-01"),
    )
