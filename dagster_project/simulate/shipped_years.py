"""The simulated part of the shipped deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.ingest.feeds import ASSIGNMENT_LOG, QUOTA_DECISIONS
from dagster_project.settings import REFERENCE
from dagster_project.simulate.decisions import SIMULATED_KOMMUNTAL, made, simulated_kommuntal
from dagster_project.simulate.household_model import Model, YearOfPlaces, log_frame, simulate_year

CLOSING_TABLE_2018 = REFERENCE / "received_on_assignment_2018.csv"
SHIPPED_UNTIL = date(2026, 10, 31)


def _shipped_places(rng: np.random.Generator) -> Iterator[YearOfPlaces]:
    for quota_year in (2017, 2018, 2025, 2026):
        if quota_year == 2018:
            table = pl.read_csv(CLOSING_TABLE_2018, schema_overrides={"municipality_code": pl.String})
            received = table["received_persons"].to_numpy()
            codes, kommuntal = table["municipality_code"].to_numpy(), table["kommuntal_persons"].to_numpy()
        else:
            decision = [each for each in SIMULATED_KOMMUNTAL if each.quota_year == quota_year][-1]
            decided = simulated_kommuntal(decision)
            codes, kommuntal = decided["area_code"].to_numpy(), decided["persons"].to_numpy()
            # As in 2018: most municipalities reach their kommuntal, the others come close.
            reached = np.where(rng.random(len(kommuntal)) < 0.62, 1.0, rng.uniform(0.84, 0.99, len(kommuntal)))
            received = np.round(kommuntal * reached).astype(np.int64)
        yield YearOfPlaces(quota_year, codes.astype(np.str_), kommuntal.astype(np.int64), received.astype(np.int64))


def shipped_log(seed: int) -> pl.DataFrame:
    """The shipped assignment log: quota years 2017, 2018, 2025 and 2026 until the day on which the shipped data end."""
    rng = np.random.default_rng(seed)
    years = [
        log_frame(simulate_year(rng, places, Model()), places, f"SIM{places.quota_year}")
        for places in _shipped_places(rng)
    ]
    log = pl.concat(years).filter(pl.col("event_date") <= SHIPPED_UNTIL)
    log = log.join(log.filter(event_type="assigned"), on="assignment_id", how="semi")  # no approval of what is to come
    return pl.concat([log, _odd_events(log)]).sort("event_date", "event_id", maintain_order=True)


def _odd_events(log: pl.DataFrame) -> pl.DataFrame:
    """A few events of the kinds that a real log holds by mistake, so that every user sees how they are handled."""
    since_march = log.filter(pl.col("event_date") >= date(2026, 3, 1))
    received = since_march.filter(event_type="received").head(4)
    cancelled = since_march.filter(event_type="cancelled").head(3)
    assigned = since_march.filter(pl.col("event_type") == "assigned", pl.col("replaces").is_null()).head(4)
    week = pl.duration(days=7)
    odd = [
        received[:2].with_columns(event_date=pl.col("event_date") + week),  # received twice
        cancelled[:1].with_columns(event_type=pl.lit("received"), event_date=pl.col("event_date") + week, reason=None),
        received[2:3].with_columns(
            event_type=pl.lit("cancelled"), event_date=pl.col("event_date") - 400 * pl.duration(days=1)
        ),
        assigned[:1].with_columns(event_date=pl.col("event_date") + week),  # assigned twice
        cancelled[1:3].with_columns(
            assignment_id=pl.lit("SIM2026-A999") + pl.col("assignment_id").str.tail(3)
        ),  # orphans
        assigned[1:2].with_columns(
            assignment_id=pl.lit("SIM2026-A999901"), replaces=pl.lit("SIM2026-A999902"), persons=pl.lit(2, pl.Int64)
        ),
    ]
    rows = pl.concat([each.select(log.columns).cast(log.schema) for each in odd])
    ids = pl.Series(np.arange(1, len(rows) + 1)).cast(pl.String).str.zfill(3)
    return rows.with_columns(event_id=pl.lit("SIM2026-ODD") + ids)


def _corrections(log: pl.DataFrame) -> pl.DataFrame:
    """A later delivery: receptions whose number was corrected, one event that never happened, and a repeated day."""
    summer = log.filter(pl.col("event_date").is_between(date(2026, 7, 1), date(2026, 7, 31)))
    later = pl.lit(date(2026, 8, 14)).cast(pl.Datetime("us"))
    mended = summer.filter(event_type="received")[:3].with_columns(persons=pl.lit(3, pl.Int64), recorded_at=later)
    retracted = summer.filter(event_type="over_plan_approved")[:1].with_columns(
        event_type=pl.lit("retracted"), recorded_at=later
    )
    return pl.concat([mended, retracted, summer.tail(20)])


def write_shipped(folder: Path, seed: int) -> None:
    """Write the simulated part of the shipped deliveries into `folder`, one folder per feed."""
    decisions = made(folder / QUOTA_DECISIONS.name)
    for decision in SIMULATED_KOMMUNTAL:
        name = decision.decision_id.removeprefix("Simulated ").replace(", ", "-").replace(" ", "-")
        simulated_kommuntal(decision).write_csv(decisions / f"{name}-simulated.csv")
    log = shipped_log(seed)
    into = made(folder / ASSIGNMENT_LOG.name)
    for year in (2017, 2018, 2019, 2025):
        log.filter(pl.col("event_date").dt.year() == year).write_parquet(into / f"{year}-simulated.parquet")
    for month in range(1, SHIPPED_UNTIL.month + 1):
        rows = log.filter(pl.col("event_date").dt.year() == 2026, pl.col("event_date").dt.month() == month)
        _write_csv(rows, into / f"2026-{month:02d}-simulated.csv")
    _write_csv(_corrections(log), into / "2026-08-corrections-simulated.csv")


def _write_csv(rows: pl.DataFrame, path: Path) -> None:
    rows.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S")
