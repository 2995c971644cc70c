"""Simulated quota years in a row that differ more than the shipped ones: the forecast is tried on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.ingest.feeds import ASSIGNMENT_LOG, QUOTA_DECISIONS
from dagster_project.simulate import decisions
from dagster_project.simulate.household_model import Model, QuotaYear, log_rows, simulate_year
from dagster_project.simulate.shipped_years import (
    PROTECTED_SHARES,
    REFUGEE_SHARES,
    SUPPLY,
    draw_pace,
    shipped_traits,
)
from dagster_project.simulate.traits import draw_missed

FIRST_YEAR = 2030
SUPPLY_SPREAD = 0.25  # of the log of a month's supply about the mean of the shipped years (chosen)
_MEAN_SUPPLY = np.mean([np.array(months) / np.sum(months) for months in SUPPLY.values()], axis=0)


def write_trial_years(folder: Path, seed: int, years: int) -> None:
    """Write decisions and log of quota years from FIRST_YEAR on into `folder`, one folder per feed.

    Each is like one of the shipped years in its kommuntal and categories, with a supply of its own.
    """
    rng, traits = np.random.default_rng([seed, FIRST_YEAR]), shipped_traits(seed)
    decided, logs = [], []
    for quota_year in range(FIRST_YEAR, FIRST_YEAR + years):
        like = int(rng.choice(list(SUPPLY)))
        _, kommuntal = decisions.kommuntal_of(like)
        columns = (decisions.CODES, kommuntal, f"{quota_year - 1}-11-15", f"{quota_year}-01-01")
        decided.append(decisions.decision_rows(f"Simulated kommuntal {quota_year}", "kommuntal", quota_year, *columns))
        supply = tuple(float(share) for share in _MEAN_SUPPLY * rng.lognormal(0, SUPPLY_SPREAD, 12))
        missed, nobody = draw_missed(rng, kommuntal, traits), np.zeros_like(kommuntal)
        shares = REFUGEE_SHARES[like], PROTECTED_SHARES.get(like, 0.0)
        pace = draw_pace(rng, kommuntal)
        year = QuotaYear(quota_year, kommuntal, kommuntal, missed, nobody, pace, supply, *shares)
        logs.append(log_rows(rng, simulate_year(rng, year, traits, Model()), year))
    for feed in (QUOTA_DECISIONS.name, ASSIGNMENT_LOG.name):
        (folder / feed).mkdir(parents=True)
    pl.concat(decided).write_csv(folder / QUOTA_DECISIONS.name / "kommuntal-simulated.csv")
    pl.concat(logs).sort("recorded_at", maintain_order=True).write_parquet(
        folder / ASSIGNMENT_LOG.name / "log-simulated.parquet"
    )
