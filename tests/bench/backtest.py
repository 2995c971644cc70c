"""`make backtest`: forecasts as they would have been made at the end of every month, against what came.

The shipped quota years, and simulated ones in a row that differ more, of seeds that nothing was chosen on. Every
forecast is made by the warehouse's own models, as of its day and as known then. Writes
data/reference/forecast_backtests.csv.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from calendar import monthrange
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, time
from multiprocessing import get_context
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))
from compiled_models import in_place_of_dbt

from dagster_project.forecast.beta_binomial import BetaBinomial
from dagster_project.forecast.quota_year import SIZES
from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.settings import REFERENCE, ROOT, STOCKHOLM
from dagster_project.simulate.trial_years import FIRST_YEAR, write_trial_years
from dagster_project.transform import run_dbt

TABLE = REFERENCE / "forecast_backtests.csv"
SHIPPED_YEARS = (2018, 2025)
TRIAL_YEARS = 5  # of which the first is learnt from only
FIRST_SEED = 100
WHEN = {"in_time": 12, "finally": 14}  # the last month at whose end the outcome is not known, from January on
METHODS = {"forecast": "expected", "share of kommuntal": "by_share", "rest": "by_rest"}
WARNED_BELOW = 0.1  # probability of reaching kommuntal in time


def month_end(year: int, month: int) -> date:
    """The last day of a month, which may be one of the next year (13, 14)."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def tables(sources: Path, day: date, *names: str) -> dict[str, pl.DataFrame]:
    """Marts as of a day and as known at its end."""
    known_at = datetime.combine(day, time.max, STOCKHOLM).astimezone(UTC)
    with tempfile.TemporaryDirectory() as scratch, in_place_of_dbt():
        warehouse = Path(scratch) / "warehouse.duckdb"
        variables = run_dbt.dbt_variables(day, known_at, "backtest")
        command = ["build", "--select", *(f"+{name}" for name in names), "--indirect-selection=empty"]
        run_dbt.invoke_dbt(
            [*command, "--exclude-resource-type=unit_test"], warehouse, Path(scratch), variables, sources
        )
        with duckdb.connect(str(warehouse)) as connection:
            return {name: connection.table(f"marts.{name}").pl() for name in names}


def tried(sources: Path, years: range | tuple[int, ...], closing: date, world: str) -> Iterator[pl.DataFrame]:
    """Forecasts of quota years at every month's end beside what came, as of the closing day of all."""
    counts = tables(sources, closing, "area_year_summaries")["area_year_summaries"]
    came = counts.select(
        "quota_year",
        "area_code",
        in_time_came=pl.col("received_persons") - pl.col("received_later_persons"),
        finally_came="received_persons",
        kommuntal="kommuntal_persons",
    )
    for year in years:
        for month in range(1, 15):
            made = tables(sources, month_end(year, month), "forecasts")["forecasts"].filter(quota_year=year)
            yield made.join(came, ["quota_year", "area_code"]).with_columns(month=pl.lit(month), world=pl.lit(world))


def crps(distribution: BetaBinomial, came: np.ndarray) -> np.ndarray:
    """The continuous ranked probability score of each element, in persons."""
    return np.array([
        np.square(np.cumsum(weights) - (np.arange(len(weights)) >= persons)).sum()
        for weights, persons in zip(distribution.weights(), came, strict=True)
    ])  # fmt: skip


def scored(made: pl.DataFrame) -> pl.DataFrame:
    """One row per world, month, level, size, outcome and method."""
    sizes = [f"from {size}" for size in SIZES]
    size = pl.when(area_level="municipality").then(pl.col("kommuntal").cut(SIZES[1:], labels=sizes, left_closed=True))
    made = made.with_columns(size=size.cast(pl.String).fill_null(""))
    warned = (pl.col("reaching_probability") < WARNED_BELOW) & (pl.col("kommuntal") > 0)
    found = []
    for when, last in WHEN.items():
        outcome = pl.col(f"{when}_came")
        trials = made["open_persons"] + made["to_assign_persons"]
        so_far = made["received_persons"]
        distribution = BetaBinomial.of_moments(
            trials.to_numpy().astype(float),
            (made[f"{when}_expected_persons"] - so_far).to_numpy(),
            made[f"{when}_deviation_persons"].to_numpy() ** 2,
        )
        score = crps(distribution, (made[f"{when}_came"] - so_far).to_numpy())
        inside = outcome.is_between(f"{when}_low_persons", f"{when}_high_persons")
        for method, column in METHODS.items():
            error = pl.col(f"{when}_{column}_persons") - outcome
            is_ours = method == "forecast"
            found.append(
                made.with_columns(score=pl.Series(score) if is_ours else error.abs())
                .filter(pl.col("month") <= last)
                .group_by("world", "month", "area_level", "size")
                .agg(
                    outcome=pl.lit(when),
                    method=pl.lit(method),
                    forecasts=pl.len(),
                    bias_percent=100 * error.sum() / outcome.sum(),
                    wape_percent=100 * error.abs().sum() / outcome.sum(),
                    crps_percent=100 * pl.col("score").sum() / outcome.sum(),
                    covered_percent=100 * inside.mean() if is_ours else pl.lit(None, pl.Float64),
                    width_percent=100
                    * (pl.col(f"{when}_high_persons") - pl.col(f"{when}_low_persons")).sum()
                    / outcome.sum()
                    if is_ours
                    else pl.lit(None, pl.Float64),
                    warnings=(warned.sum() if is_ours and when == "in_time" else pl.lit(None, pl.UInt32)),
                    warnings_right=(
                        (warned & (outcome < pl.col("kommuntal"))).sum()
                        if is_ours and when == "in_time"
                        else pl.lit(None, pl.UInt32)
                    ),
                )
            )
    return pl.concat(found).sort("world", "outcome", "area_level", "size", "month", "method")


def simulated_world(seed: int) -> pl.DataFrame:
    """Forecasts of the years of one simulated world beside what came."""
    with tempfile.TemporaryDirectory() as scratch:
        write_trial_years(Path(scratch) / "landing", seed, TRIAL_YEARS)
        sources = Path(scratch) / "sources"
        write_sources(Path(scratch) / "landing", sources, Path(scratch) / "parsed", lambda *_: None)
        years = range(FIRST_YEAR + 1, FIRST_YEAR + TRIAL_YEARS)
        return pl.concat(tried(sources, years, date(FIRST_YEAR + TRIAL_YEARS, 12, 31), "simulated"))


def shipped_world() -> pl.DataFrame:
    """Forecasts of the shipped years that are settled, and were not the first, beside what came."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch) / "sources"
        write_sources(ROOT / "data" / "landing", sources, Path(scratch) / "parsed", lambda *_: None)
        return pl.concat(tried(sources, SHIPPED_YEARS, date(2026, 10, 31), "shipped"))


def main() -> None:
    """Try the forecast on all worlds, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=30, help="simulated worlds to try it on")
    worlds = parser.parse_args().worlds
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        made = list(pool.map(simulated_world, range(FIRST_SEED, FIRST_SEED + worlds)))
    table = scored(pl.concat([*made, shipped_world()]))
    table.with_columns(made_date=pl.lit(date.today()), worlds=pl.lit(worlds)).write_csv(TABLE, float_precision=2)
    print(f"{TABLE.relative_to(ROOT)}: {len(table)} rows, {worlds} simulated worlds")


if __name__ == "__main__":
    main()
