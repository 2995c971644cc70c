"""Simulated decisions on kommuntal, apportioned from real länstal by the real kommuntal of 2018, and proposals."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from dagster_project.ingest.feeds import QUOTA_DECISIONS
from dagster_project.settings import MUNICIPALITIES_FILE, ROOT
from dagster_project.simulate.traits import Ints

LANDING = ROOT / "data" / "landing"
REGISTER = pl.read_csv(MUNICIPALITIES_FILE, infer_schema=False).sort("municipality_code")
CODES, COUNTIES = (REGISTER[name].to_numpy().astype(np.str_) for name in ("municipality_code", "county_code"))
# Kommuntal that no complete source holds: decision, quota year, decided, in force, and from which day the länstal is.
SIMULATED_KOMMUNTAL = (
    ("Simulated kommuntal 2017", 2017, "2016-11-15", "2017-01-01", "2017-01-01"),
    ("Simulated kommuntal 2017, revised", 2017, "2017-03-07", "2017-03-09", "2017-03-09"),
    ("Simulated kommuntal 2025", 2025, "2024-11-14", "2025-01-01", "2025-01-01"),
    # Skåne's länstal rose from 700 to 867 on 13 May 2025 (S9, G1); that its board took five weeks is chosen.
    ("Simulated kommuntal 2025, raised", 2025, "2025-06-17", "2025-06-23", "2025-05-13"),
    ("Simulated kommuntal 2026", 2026, "2025-11-13", "2026-01-01", "2026-01-01"),
)
PROPOSED_SPREAD = 0.05  # relative standard deviation of proposals about what is decided (chosen)


def _real(level: str, quota_year: int) -> pl.DataFrame:
    decided = pl.read_csv(LANDING / "quota_decisions" / f"{level}-{quota_year}-real.csv", infer_schema=False)
    return decided.with_columns(pl.col("persons").cast(pl.Int64)).sort("in_force_date", "area_code")


KOMMUNTAL_2018: Ints = _real("kommuntal", 2018)["persons"].to_numpy()


def decision_rows(decision_id: str, level: str, quota_year: int, *columns: Any) -> pl.DataFrame:
    """Rows of feed quota_decisions; the columns are area codes, persons, day decided and day in force."""
    values = (decision_id, level, quota_year, *columns)
    names = (column.name for column in QUOTA_DECISIONS.own_columns)
    return pl.DataFrame(dict(zip(names, values, strict=True)))


def simulated_kommuntal() -> list[pl.DataFrame]:
    """Rows of every simulated decision: each county's real länstal apportioned, by largest remainder."""
    decisions = []
    for decision_id, quota_year, decided, in_force, from_day in SIMULATED_KOMMUNTAL:
        apportioned = np.full(len(CODES), -1)
        for row in _real("lanstal", quota_year).filter(in_force_date=from_day).rows(named=True):
            weights = KOMMUNTAL_2018[row["area_code"] == COUNTIES]
            persons, rest = np.divmod(row["persons"] * weights, weights.sum())
            persons[np.argsort(-rest, kind="stable")[: row["persons"] - persons.sum()]] += 1
            apportioned[row["area_code"] == COUNTIES] = persons
        decision = (decision_id, "kommuntal", quota_year, CODES, apportioned, decided, in_force)
        decisions.append(decision_rows(*decision).filter(apportioned >= 0))
    return decisions


def kommuntal_of(quota_year: int) -> tuple[Ints, Ints]:
    """Persons per municipality of the register at first and at last, with redistributions; 0 where none is decided."""
    after = [np.zeros(len(CODES), np.int64)]
    for rows in [_real("kommuntal", 2018), *simulated_kommuntal()]:
        if int(rows["quota_year"][0]) == quota_year:
            after.append(after[-1].copy())
            after[-1][np.isin(CODES, rows["area_code"])] = rows["persons"]
    first, last = after[1], after[-1].copy()
    moves = pl.read_csv(LANDING / "redistributions" / "2025-2026-simulated.csv", infer_schema=False)
    for row in moves.filter(decision="approved", quota_year=str(quota_year)).rows(named=True):
        places = np.searchsorted(CODES, [row["from_municipality_code"], row["to_municipality_code"]])
        if COUNTIES[places[0]] == COUNTIES[places[1]]:
            last[places] += int(row["persons"]) * np.array((-1, 1))
    return first, last


def simulated_proposals(rng: Generator) -> pl.DataFrame:
    """Rows of feed quota_proposals: about what was decided afterwards, and for 2027 about the same as for 2026."""
    # Proposed in August of the year before, as on 12 August 2022 (S3b); a change two months before, as in 2025.
    years = [_real("lanstal", year) for year in (2017, 2018, 2019, 2020, 2022, 2025, 2026)]
    decided = pl.concat([*years, years[-1].with_columns(quota_year=pl.lit("2027"), in_force_date=pl.lit("2027-01-01"))])
    year, in_force = pl.col("quota_year").cast(pl.Int64), pl.col("in_force_date").str.to_date()
    changed = in_force > pl.date(year, 1, 1)
    word = pl.when(changed).then(pl.lit("changed proposal")).otherwise(pl.lit("proposal"))
    return decided.with_columns(spread=rng.normal(1, PROPOSED_SPREAD, len(decided))).select(
        pl.format("Simulated {} {}", word, year).alias("proposal_id"),
        year,
        "area_code",
        (pl.col("persons") * pl.col("spread")).round().cast(pl.Int64),
        proposed_date=pl.when(changed).then(in_force.dt.offset_by("-2mo")).otherwise(pl.date(year - 1, 8, 12)),
    )
