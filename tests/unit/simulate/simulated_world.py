"""What the tests of simulated deliveries look at: the shipped log as settled, its whole years, misses of kommuntal."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from conftest import SHIPPED_LANDING

from dagster_project.simulate.decisions import CODES
from dagster_project.simulate.shipped_years import shipped_year, whole_year
from dagster_project.simulate.traits import Ints

SEED = 2016
SIMULATED_YEARS = (2017, 2025, 2026)  # what is received of 2018 is real
QUOTA_YEAR = pl.col("assignment_id").str.slice(3, 4).cast(pl.Int64)


def settled(log: pl.DataFrame) -> pl.DataFrame:
    """The row that counts of each event: recorded last; what was retracted never happened."""
    latest = log.sort("recorded_at", maintain_order=True).unique("event_id", keep="last", maintain_order=True)
    return latest.filter(pl.col("event_type") != "retracted")


@cache
def delivered() -> pl.DataFrame:
    """All rows of the shipped log, as the files hold them."""
    years = [pl.read_parquet(path) for path in sorted((SHIPPED_LANDING / "assignment_log").glob("*.parquet"))]
    files = sorted((SHIPPED_LANDING / "assignment_log").glob("*.csv"))
    types = dict(years[0].schema)
    return pl.concat([*years, *(pl.read_csv(path, schema_overrides=types) for path in files)])


@cache
def whole(quota_year: int, seed: int = SEED) -> pl.DataFrame:
    """One row per assignment of a quota year as known at its closing: outcome, days, persons that came."""
    return assignments(settled(whole_year(seed, quota_year)))


def assignments(log: pl.DataFrame, as_of: date = date.max) -> pl.DataFrame:
    """One row per assignment, with the days of its outcomes and the persons that came (`received_persons`)."""
    log = log.filter(pl.col("event_date") <= as_of)
    came = log.filter(event_type="received").select("assignment_id", received_date="event_date", came="persons")
    gone = log.filter(event_type="cancelled").select("assignment_id", "reason", cancelled_date="event_date")
    assigned = log.filter(event_type="assigned").drop("reason")
    return (
        assigned.join(came, on="assignment_id", how="left", maintain_order="left")
        .join(gone, on="assignment_id", how="left", maintain_order="left")
        .with_columns(
            received_persons=pl.when(pl.col("received_date").is_not_null()).then(pl.coalesce("came", "persons")),
            is_open=pl.col("received_date").is_null() & pl.col("cancelled_date").is_null(),
        )
    )


def missed(quota_year: int, seed: int = SEED) -> tuple[Ints, Ints]:
    """Kommuntal, and the persons of it that had not come at closing, per municipality of the register."""
    came = whole(quota_year, seed).group_by("municipality_code").agg(pl.col("received_persons").sum())
    persons = pl.DataFrame({"municipality_code": CODES}).join(came, on="municipality_code", how="left")
    kommuntal = shipped_year(seed, quota_year).kommuntal
    return kommuntal, kommuntal - persons.sort("municipality_code")["received_persons"].fill_null(0).to_numpy()


def issues(log: pl.DataFrame) -> Counter[str]:
    """What of a settled log cannot be carried, by rule R9; in plain steps, apart from what the pipeline does."""
    found: Counter[str] = Counter()
    first: dict[str, dict[str, Any]] = {}
    rows = log.sort("event_date", "event_id").rows(named=True)
    for row in (row for row in rows if row["event_type"] == "assigned"):
        found["repeated_assignment"] += row["assignment_id"] in first
        first.setdefault(row["assignment_id"], {**row, "outcome": None})
    requested = set(log.filter(event_type="over_plan_requested")["assignment_id"])
    for row in rows:
        one = first.get(row["assignment_id"])
        if row["event_type"] == "over_plan_approved":
            found["orphan"] += one is None and row["assignment_id"] not in requested
        elif row["event_type"] in ("received", "cancelled"):
            if one is None:
                found["orphan"] += 1
            elif row["event_date"] < one["event_date"]:
                found["before_assignment"] += 1
            elif one["outcome"] is None:
                one["outcome"] = row
            else:
                same = one["outcome"]["event_type"] == row["event_type"]
                found["repeated_outcome" if same else "conflicting_outcome"] += 1
    for one in first.values():
        for name in (one["replaces"] or "").split(";") if one["replaces"] else ():
            found[_obstacle(one, first.get(name))] += 1
    return +Counter({kind: count for kind, count in found.items() if kind})


def _obstacle(one: dict[str, Any], original: dict[str, Any] | None) -> str:
    if original is None:
        return "replacement_unknown"
    gone = original["outcome"]
    if gone is None or gone["event_type"] != "cancelled" or gone["event_date"] > one["event_date"]:
        return "replacement_not_cancelled"
    if original["municipality_code"] != one["municipality_code"]:
        return "replacement_other_municipality"
    before = (original["event_date"], original["assignment_id"]) < (one["event_date"], one["assignment_id"])
    return "" if before else "replacement_not_after"


def chance_to_rank(score: np.ndarray, is_missed: np.ndarray, kommuntal: np.ndarray) -> tuple[float, int]:
    """How often a municipality that missed has the higher score than one that did not, of about its kommuntal (AUC).

    Pairs whose kommuntal differ by less than 15 %; their number is the weight.
    """
    higher = score[is_missed][:, None] - score[~is_missed][None, :]
    near = np.abs(np.log(kommuntal[is_missed][:, None] / kommuntal[~is_missed][None, :])) < 0.15
    return float((((higher > 0) + 0.5 * (higher == 0)) * near).sum()), int(near.sum())
