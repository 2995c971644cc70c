"""Simulated deliveries: repeatable, equal to those that are shipped, named as what they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from conftest import SHIPPED_LANDING
from unit.simulate.simulated_world import SEED, assignments, delivered, issues, settled

from dagster_project.simulate.decisions import CODES, KOMMUNTAL_2018, kommuntal_of
from dagster_project.simulate.household_model import Model, QuotaYear, log_rows, simulate_year
from dagster_project.simulate.large_log import write_large_log
from dagster_project.simulate.shipped_years import shipped_traits, write_shipped

BY_HAND = {Path("assignment_log") / "2026-09-odd-simulated.csv"}
FEEDS = ("assignment_log", "quota_decisions", "quota_proposals")


def test_the_shipped_deliveries_are_what_the_command_makes(tmp_path: Path) -> None:
    write_shipped(tmp_path, SEED)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    simulated = (path for feed in FEEDS for path in (SHIPPED_LANDING / feed).glob("*simulated*"))
    assert made == sorted({path.relative_to(SHIPPED_LANDING) for path in simulated} - BY_HAND)
    for name in made:
        if name.suffix == ".csv":
            assert (tmp_path / name).read_text() == (SHIPPED_LANDING / name).read_text(), name
        else:
            assert pl.read_parquet(tmp_path / name).equals(pl.read_parquet(SHIPPED_LANDING / name)), name


def test_another_seed_makes_another_log(tmp_path: Path) -> None:
    write_shipped(tmp_path, SEED + 1)
    name = Path("assignment_log") / "2018-simulated.parquet"
    assert not pl.read_parquet(tmp_path / name).equals(pl.read_parquet(SHIPPED_LANDING / name))


def test_the_log_is_not_larger_than_it_was_and_ends_when_it_says() -> None:
    assert 50_000 < len(delivered()) <= 60_057
    assert date(2026, 10, 24) <= delivered()["recorded_at"].dt.date().max() <= date(2026, 10, 31)


def test_what_was_known_of_a_late_correction() -> None:
    log = delivered().filter(pl.col("event_date") <= date(2026, 7, 10), assignment_id="SIM2026-A000507")

    def received(rows: pl.DataFrame) -> list[int]:
        return assignments(settled(rows))["received_persons"].to_list()

    assert received(log.filter(pl.col("recorded_at").dt.date() <= date(2026, 7, 10))) == [1]
    assert received(log.filter(pl.col("recorded_at").dt.date() < date(2026, 8, 14))) == [1]
    assert received(log) == [3]


def test_odd_events_show_every_kind_of_issue() -> None:
    kinds = {
        *("orphan", "repeated_assignment", "before_assignment", "repeated_outcome", "conflicting_outcome"),
        *(
            "replacement_unknown",
            "replacement_not_cancelled",
            "replacement_other_municipality",
            "replacement_not_after",
        ),
    }
    assert set(issues(settled(delivered()))) == kinds


def test_the_corrections_hold_rows_that_came_before() -> None:
    corrections = pl.read_csv(SHIPPED_LANDING / "assignment_log" / "2026-08-corrections-simulated.csv")
    repeated = corrections.join(delivered(), on="event_id").group_by("event_id").len()
    assert (repeated["len"] >= 2).all()
    assert len(repeated) > 15
    assert corrections["event_type"].value_counts().filter(event_type="retracted")["count"].to_list() == [1]


def decided(level: str) -> pl.DataFrame:
    files = (SHIPPED_LANDING / "quota_decisions").glob(f"{level}-*.csv")
    rows = pl.concat([pl.read_csv(path, infer_schema=False) for path in files])
    return rows.with_columns(pl.col("persons").cast(pl.Int64), pl.col("in_force_date").replace("", None))


@pytest.mark.parametrize("quota_year", ["2017", "2018", "2025", "2026"])
def test_kommuntal_in_force_sums_to_lanstal(quota_year: str) -> None:
    latest = [
        rows.filter(quota_year=quota_year)
        .sort("in_force_date", nulls_last=False)
        .unique("area_code", keep="last")
        .group_by(pl.col("area_code").str.head(2))
        .agg(pl.col("persons").sum())
        for rows in (decided("kommuntal"), decided("lanstal"))
    ]
    assert latest[0].sort("area_code").equals(latest[1].sort("area_code"))


def test_a_raised_lanstal_is_answered_weeks_later() -> None:
    skane = decided("lanstal").filter(quota_year="2025", area_code="12").sort("in_force_date")
    assert skane["persons"].to_list() == [700, 867]
    answers = decided("kommuntal").filter(quota_year="2025", area_code="1280").sort("in_force_date")
    assert answers["decided_date"][1] >= "2025-06-03"
    assert answers["persons"][1] > answers["persons"][0]


@pytest.mark.parametrize(
    ("quota_year", "counties"), [(2017, 42), (2018, 21), (2019, 21), (2020, 21), (2022, 21), (2026, 21)]
)
def test_lanstal_of_all_counties_are_there(quota_year: int, counties: int) -> None:
    assert decided("lanstal").filter(quota_year=str(quota_year)).height == counties


def test_redistributions_within_a_county_count() -> None:
    first, last = kommuntal_of(2026)
    moved = dict(zip(CODES, last - first, strict=True))
    assert {code: persons for code, persons in moved.items() if persons} == {
        "0780": -3,
        "0765": 3,
        "1280": -12,
        "1290": 12,
        "1480": -6,
        "1490": 6,
    }


def test_proposals_lie_near_what_is_decided_later() -> None:
    proposals = pl.read_csv(SHIPPED_LANDING / "quota_proposals" / "2017-2027-simulated.csv", infer_schema=False)
    assert proposals.columns == ["proposal_id", "quota_year", "area_code", "persons", "proposed_date"]
    assert proposals["proposal_id"].str.starts_with("Simulated").all()
    first = decided("lanstal").sort("in_force_date").unique(["quota_year", "area_code"], keep="first")
    first_proposal = proposals.filter(~pl.col("proposal_id").str.contains("changed"))
    both = first_proposal.join(first, on=["quota_year", "area_code"])
    shift = both.select(pl.col("persons").cast(pl.Int64) / pl.col("persons_right") - 1).to_series()
    assert len(both) == 6 * 21 + 16
    assert 0.02 < shift.abs().mean() < 0.08
    assert (both["proposed_date"] < both["in_force_date"]).all()


@pytest.mark.parametrize("seed", range(5))
def test_receptions_sum_to_what_each_municipality_received(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kommuntal = rng.permutation(KOMMUNTAL_2018)
    gone = rng.binomial(kommuntal, 0.1)
    year = QuotaYear(2018, kommuntal, kommuntal, gone, 0 * gone, np.ones(len(gone)), (1.0,) * 12, 0.3)
    log = log_rows(rng, simulate_year(rng, year, shipped_traits(seed), Model(replaced_share=0.4)), year)
    received = assignments(settled(log))["received_persons"].sum()
    assert received == (kommuntal - gone).sum()
    assert issues(settled(log)) == {}


def test_a_large_log_has_about_as_many_events_as_asked_for(tmp_path: Path) -> None:
    write_large_log(tmp_path, 100_000, SEED)
    rows = pl.scan_parquet(tmp_path / "assignment_log" / "*.parquet").select(pl.len()).collect().item()
    assert 90_000 < rows < 115_000


def test_chains_of_a_large_log_cross_several_new_years(tmp_path: Path) -> None:
    write_large_log(tmp_path, 50_000, SEED)
    log = settled(pl.read_parquet(tmp_path / "assignment_log" / "*.parquet"))
    assert issues(log) == {}
    assigned = log.filter(event_type="assigned")
    years = assigned["event_date"].dt.year() - assigned["assignment_id"].str.slice(3, 4).cast(pl.Int32)
    assert years.max() >= 2
    assert pl.read_csv(tmp_path / "quota_decisions" / "simulated.csv")["level"].n_unique() == 2
