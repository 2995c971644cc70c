"""Simulated decisions on kommuntal: real länstal apportioned by the real kommuntal of 2018."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dagster_project.settings import MUNICIPALITIES_FILE, ROOT

REAL_DECISIONS = ROOT / "data" / "landing" / "quota_decisions"


def _apportioned(county_totals: dict[str, int], weights: pl.DataFrame) -> pl.DataFrame:
    """Each county's persons over its municipalities in proportion to `weight`, by largest remainder."""
    return (
        weights.filter(pl.col("county_code").is_in(list(county_totals)))
        .with_columns(total=pl.col("county_code").replace_strict(county_totals, return_dtype=pl.Int64))
        .with_columns(share=pl.col("total") * pl.col("weight"), weights=pl.col("weight").sum().over("county_code"))
        .with_columns(floor=pl.col("share") // pl.col("weights"), rest=pl.col("share") % pl.col("weights"))
        .sort("county_code", "rest", "municipality_code", descending=[False, True, False])
        .with_columns(
            persons=pl.col("floor")
            + (
                pl.int_range(pl.len()).over("county_code")
                < (pl.col("total") - pl.col("floor").sum().over("county_code"))
            ).cast(pl.Int64)
        )
        .sort("municipality_code")
        .select("municipality_code", "persons")
    )


def _real(level: str, quota_year: int) -> pl.DataFrame:
    return pl.read_csv(REAL_DECISIONS / f"{level}-{quota_year}-real.csv", infer_schema=False).with_columns(
        pl.col("persons").cast(pl.Int64)
    )


def real_kommuntal_2018() -> pl.DataFrame:
    """municipality_code, county_code, weight: the real kommuntal of 2018."""
    register = pl.read_csv(MUNICIPALITIES_FILE, infer_schema=False)
    kommuntal = _real("kommuntal", 2018).select(municipality_code="area_code", weight="persons")
    return register.select("municipality_code", "county_code").join(kommuntal, on="municipality_code")


@dataclass(frozen=True)
class _SimulatedKommuntal:
    """Kommuntal that no complete source holds: apportioned from the real länstal in force on one day."""

    quota_year: int
    lanstal_in_force: str
    decision_id: str
    decided_date: str
    in_force_date: str


SIMULATED_KOMMUNTAL = (
    _SimulatedKommuntal(2017, "2017-01-01", "Simulated kommuntal 2017", "2016-11-15", "2017-01-01"),
    _SimulatedKommuntal(2017, "2017-03-09", "Simulated kommuntal 2017, revised", "2017-03-07", "2017-03-09"),
    _SimulatedKommuntal(2025, "2025-01-01", "Simulated kommuntal 2025", "2024-11-14", "2025-01-01"),
    _SimulatedKommuntal(2026, "2026-01-01", "Simulated kommuntal 2026", "2025-11-13", "2026-01-01"),
)


def simulated_kommuntal(decision: _SimulatedKommuntal) -> pl.DataFrame:
    """Rows of feed quota_decisions: the county's real länstal apportioned by its municipalities' kommuntal of 2018."""
    lanstal = _real("lanstal", decision.quota_year).filter(pl.col("in_force_date") == decision.lanstal_in_force)
    totals = dict(zip(lanstal["area_code"], lanstal["persons"], strict=True))
    return _apportioned(totals, real_kommuntal_2018()).select(
        decision_id=pl.lit(decision.decision_id),
        level=pl.lit("kommuntal"),
        quota_year=pl.lit(decision.quota_year),
        area_code="municipality_code",
        persons="persons",
        decided_date=pl.lit(decision.decided_date),
        in_force_date=pl.lit(decision.in_force_date),
    )


def made(folder: Path) -> Path:
    """The folder, which is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
