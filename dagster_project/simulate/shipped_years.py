"""The simulated part of the shipped deliveries."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.random import Generator

from dagster_project.ingest.feeds import ASSIGNMENT_LOG, QUOTA_DECISIONS
from dagster_project.settings import REFERENCE
from dagster_project.simulate import decisions
from dagster_project.simulate.household_model import Model, QuotaYear, log_rows, simulate_year
from dagster_project.simulate.traits import Floats, Ints, Traits, draw_missed, draw_traits

CLOSING_TABLE_2018 = pl.read_csv(REFERENCE / "received_on_assignment_2018.csv")
MISSED_2018: Ints = (CLOSING_TABLE_2018["kommuntal_persons"] - CLOSING_TABLE_2018["received_persons"]).to_numpy()
SHIPPED_UNTIL = date(2026, 10, 31)
# Assignments by month, as weights: those of 2017 and 2018 fitted to the checkpoints (S55, S38), the others chosen.
SUPPLY = {
    2017: (5.5, 7.5, 8.5, 8.5, 8.0, 7.0, 7.0, 8.0, 12.5, 24.5, 5.0, 0.1),
    2018: (5.5, 8.0, 9.5, 8.0, 7.0, 6.5, 6.0, 8.0, 10.5, 12.0, 11.0, 8.5),
    2025: (4.0, 5.5, 8.0, 9.0, 8.0, 6.0, 5.5, 8.5, 12.0, 13.0, 12.0, 8.5),
    2026: (4.5, 7.0, 9.5, 8.5, 7.0, 6.0, 5.5, 9.0, 12.0, 13.0, 10.0, 8.0),
}
# How much of the year the quickest municipality is spared, and the mean per person of kommuntal (chosen).
FASTEST, MEAN_PACE = 0.5, 0.84
# Quota refugees: 3 400 were to come in 2017, 5 028 came in 2018 (S60b), 900 a year now. With temporary protection come
# 3 500 of 5 600 in 2025 and 6 400 of 8 200 in 2026 (G2).
REFUGEE_SHARES = {2017: 0.14, 2018: 0.31, 2025: 0.16, 2026: 0.11}
PROTECTED_SHARES = {2025: 0.62, 2026: 0.78}
# Months of the plan before a cut or raise takes effect (R4); share of what the cut took that lapsed (chosen).
CHANGED, LAPSED_SHARES = {2017: 3, 2025: 6}, {2017: 0.08}
CORRECTED, CORRECTED_AT = "SIM2026-A000507", datetime(2026, 8, 14)  # one person by July, three since: a known case


def shipped_traits(seed: int) -> Traits:
    """The hidden traits, one value per municipality of the register."""
    return draw_traits(np.random.default_rng(seed), decisions.KOMMUNTAL_2018, MISSED_2018)


def shipped_year(seed: int, quota_year: int) -> QuotaYear:
    """What a shipped year is simulated from."""
    rng = np.random.default_rng([seed, quota_year])
    first, kommuntal = decisions.kommuntal_of(quota_year)
    pace = draw_pace(rng, kommuntal)
    missed = MISSED_2018 if quota_year == 2018 else draw_missed(rng, kommuntal, shipped_traits(seed))
    lapsed = np.round(np.maximum(first - kommuntal, 0) * LAPSED_SHARES.get(quota_year, 0.0)).astype(np.int64)
    shares, changed = (REFUGEE_SHARES[quota_year], PROTECTED_SHARES.get(quota_year, 0.0)), CHANGED.get(quota_year, 0)
    return QuotaYear(quota_year, first, kommuntal, missed, lapsed, pace, SUPPLY[quota_year], *shares, changed)


def draw_pace(rng: Generator, kommuntal: Ints) -> Floats:
    """What shortens the year for each municipality."""
    pace = 1 - FASTEST * rng.random(len(kommuntal)) ** 2
    return np.asarray(pace * (MEAN_PACE / np.average(pace, weights=kommuntal)))


def whole_year(seed: int, quota_year: int) -> pl.DataFrame:
    """The log of one quota year until its closing, also beyond the day on which the shipped data end."""
    rng, year = np.random.default_rng([seed, quota_year, 1]), shipped_year(seed, quota_year)
    return log_rows(rng, simulate_year(rng, year, shipped_traits(seed), Model()), year)


def shipped_log(seed: int) -> pl.DataFrame:
    """The shipped log in the order of recording, as known on the day the data end, corrections and all."""
    log = _with_a_late_correction(pl.concat([whole_year(seed, quota_year) for quota_year in SUPPLY]))
    return log.filter(pl.col("recorded_at").dt.date() <= SHIPPED_UNTIL).sort("recorded_at", maintain_order=True)


def _with_a_late_correction(log: pl.DataFrame) -> pl.DataFrame:
    """Give the id CORRECTED to a household of three that came early in July, of which one person was recorded."""
    early = pl.col("event_date").is_between(date(2026, 7, 1), date(2026, 7, 7)) & pl.col("persons").is_null()
    came = log.filter(early, pl.col("recorded_at") < datetime(2026, 7, 9), event_type="received")
    chosen = came.join(log.filter(event_type="assigned", persons=3), "assignment_id", "semi")["assignment_id"][0]
    swapped = pl.col("assignment_id", "replaces").str.replace_many([chosen, CORRECTED], [CORRECTED, chosen])
    of_it = pl.col("event_type").eq("received") & pl.col("assignment_id").eq(CORRECTED)
    return log.with_columns(swapped).with_columns(persons=pl.when(of_it).then(1).otherwise("persons"))


def _august_corrections(log: pl.DataFrame) -> pl.DataFrame:
    """A delivery of its own: a number corrected, one event that never happened, and some rows that come again."""
    july = log.filter(pl.col("event_date").is_between(date(2026, 7, 1), date(2026, 7, 31)))
    mended = july.filter(event_type="received", assignment_id=CORRECTED).with_columns(persons=pl.lit(3, pl.Int64))
    untrue = july.filter(event_type="over_plan_approved")[:1].with_columns(event_type=pl.lit("retracted"))
    return pl.concat([*(rows.with_columns(recorded_at=CORRECTED_AT) for rows in (mended, untrue)), july.tail(20)])


def write_shipped(folder: Path, seed: int) -> None:
    """Write the simulated part of the shipped deliveries into `folder`, one folder per feed."""
    for feed in (ASSIGNMENT_LOG.name, QUOTA_DECISIONS.name, "quota_proposals"):
        (folder / feed).mkdir(parents=True, exist_ok=True)
    for rows in decisions.simulated_kommuntal():
        name = rows["decision_id"][0].removeprefix("Simulated ").replace(", ", "-").replace(" ", "-")
        rows.write_csv(folder / QUOTA_DECISIONS.name / f"{name}-simulated.csv")
    proposals = decisions.simulated_proposals(np.random.default_rng([seed, 0]))
    proposals.write_csv(folder / "quota_proposals" / "2017-2027-simulated.csv")
    log, recorded = shipped_log(seed), pl.col("recorded_at").dt
    into, format_of = folder / ASSIGNMENT_LOG.name, "%Y-%m-%dT%H:%M:%S"
    _august_corrections(log).write_csv(into / "2026-08-corrections-simulated.csv", datetime_format=format_of)
    for (year,), rows in log.group_by(recorded.year(), maintain_order=True):
        if year != SHIPPED_UNTIL.year:
            rows.write_parquet(into / f"{year}-simulated.parquet")
    for (month,), rows in log.filter(recorded.year() == SHIPPED_UNTIL.year).group_by(recorded.month()):
        rows.write_csv(into / f"{SHIPPED_UNTIL.year}-{month:02d}-simulated.csv", datetime_format=format_of)
