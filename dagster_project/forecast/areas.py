"""The forecast of quota years under way, for the country, its counties and municipalities, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from dagster_project.forecast.beta_binomial import Floats
from dagster_project.forecast.quota_year import Expected, Standing, expected

# Where an assignment stands that was not received yet: how near the deadline; or that it has not been made.
OPEN = ("due_later", "due_soon", "overdue", "long_overdue")
STATES = (*OPEN, "to_assign")
RECEIVED = "received"
# What comes: in time, by 31 December of the quota year, or at any time.
IN_TIME, FINALLY = "received_in_time_persons", "received_persons"
LOW, HIGH = 0.1, 0.9  # of the interval of 80 %
# By how much the log odds of years differ while all of kommuntal is at stake, and when nearly nothing is: chosen so
# that four of five outcomes of simulated years lie in the interval (docs/forecast.md).
YEARS_DIFFER = {IN_TIME: (0.26, 0.15), FINALLY: (0.14, 0.30)}

SCHEMA = pl.Schema({
    "quota_year": pl.Int64,
    "area_code": pl.String,
    "area_level": pl.String,
    "kommuntal_persons": pl.Int64,
    "received_persons": pl.Int64,
    "open_persons": pl.Int64,
    "to_assign_persons": pl.Int64,
    **{
        f"{when}_{name}": kind
        for when in ("in_time", "finally")
        for name, kind in (
            ("expected_persons", pl.Float64),
            ("low_persons", pl.Int64),
            ("high_persons", pl.Int64),
            ("deviation_persons", pl.Float64),
            ("by_share_persons", pl.Float64),
            ("by_rest_persons", pl.Float64),
        )
    },
    "reaching_probability": pl.Float64,
    "years_learnt_from": pl.Int64,
})  # fmt: skip


def forecasts(inputs: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """One row per quota year under way and area; none where no earlier year is settled.

    `inputs` is marts.forecast_inputs, `areas` has a row per municipality and area that it belongs to.
    """
    inputs = inputs.sort("quota_year", "years_passed", "municipality_code", "state")  # sums of the same order are equal
    codes = areas["municipality_code"].unique().sort()
    names = areas.select("area_code", "area_level").unique().sort("area_code")
    place = {code: number for number, code in enumerate(codes)}
    row_of = {code: number for number, code in enumerate(names["area_code"])}
    members = np.zeros((len(names), len(codes)))
    for municipality, area in areas.select("municipality_code", "area_code").iter_rows():
        members[row_of[area], place[municipality]] = 1
    found = []
    for (year, passed), now in inputs.filter("is_now").group_by("quota_year", "years_passed", maintain_order=True):
        settled = inputs.filter("is_settled", pl.col("years_passed") == passed, pl.col("quota_year") < year)
        if len(settled):
            earlier = [one for _, one in settled.group_by("quota_year", maintain_order=True)]
            columns = _of_year(now, earlier, place, members)
            found.append(pl.DataFrame({"quota_year": year, **names.to_dict(), **columns}))
    return pl.concat(found).select(SCHEMA.names()).cast(SCHEMA) if found else pl.DataFrame(schema=SCHEMA)


def _of_year(now: pl.DataFrame, earlier: list[pl.DataFrame], place: dict[str, int], members: Floats) -> dict[str, Any]:
    """Columns of the forecast of one year, one value per area."""
    columns: dict[str, Any] = {}
    standing, received = _standing(now, IN_TIME, place)
    columns["kommuntal_persons"] = members @ standing.kommuntal
    columns["open_persons"] = members @ standing.at_stake[:, : len(OPEN)].sum(axis=1)
    columns["to_assign_persons"] = members @ standing.at_stake[:, -1]
    for when, outcome in (("in_time", IN_TIME), ("finally", FINALLY)):
        standing, received = _standing(now, outcome, place)
        settled = [_standing(one, outcome, place) for one in earlier]
        at_stake = standing.trials.sum() / max(standing.kommuntal.sum(), 1)
        years_differ = float(np.interp(at_stake, (0, 1), YEARS_DIFFER[outcome][::-1]))
        forecast = expected([one for one, _ in settled], standing, years_differ)
        columns |= {f"{when}_{name}": values for name, values in _columns(forecast, received, members)}
        columns[f"{when}_by_share_persons"], columns[f"{when}_by_rest_persons"] = _plain_rules(
            settled, standing, received, members
        )
        if when == "in_time":
            lacking = members @ np.maximum(standing.kommuntal - received, 0)
            columns["reaching_probability"] = np.round(forecast.of(members).at_least(lacking), 3)
    columns["received_persons"] = members @ received
    columns["years_learnt_from"] = len(earlier)
    return columns


def _columns(forecast: Expected, received: Floats, members: Floats) -> Iterator[tuple[str, Floats]]:
    """Expected persons, to the tenth of a person so that sums agree, and the interval."""
    distribution, so_far = forecast.of(members), members @ received
    yield "expected_persons", (members @ np.round(10 * (received + forecast.mean))) / 10
    yield "low_persons", so_far + distribution.quantile(LOW)
    yield "high_persons", so_far + distribution.quantile(HIGH)
    yield "deviation_persons", np.round(forecast.deviation(members), 2)


def _plain_rules(
    settled: list[tuple[Standing, Floats]], now: Standing, received: Floats, members: Floats
) -> tuple[Floats, Floats]:
    """The two rules that are hard to beat: of kommuntal the share that came in earlier years; all who are received and
    open, and of the rest the share that came.
    """
    came = sum(float((before + year.came.sum(axis=1)).sum()) for year, before in settled)
    of_kommuntal = came / max(1.0, sum(float(year.kommuntal.sum()) for year, _ in settled))
    rest = sum(float(year.came.sum() - year.at_stake[:, : len(OPEN)].sum()) for year, _ in settled)
    of_rest = rest / max(1.0, sum(float(year.at_stake[:, -1].sum()) for year, _ in settled))
    by_rest = received + now.at_stake[:, : len(OPEN)].sum(axis=1) + of_rest * now.at_stake[:, -1]
    return np.round(members @ (of_kommuntal * now.kommuntal), 1), np.round(members @ by_rest, 1)


def _standing(rows: pl.DataFrame, outcome: str, place: dict[str, int]) -> tuple[Standing, Floats]:
    """How municipalities stood, and whom they had received, of what counts as the outcome."""
    at_stake, came = np.zeros((len(place), len(STATES))), np.zeros((len(place), len(STATES)))
    kommuntal, received = np.zeros(len(place)), np.zeros(len(place))
    for code, state, quota, persons, arrived in rows.select(
        "municipality_code", "state", "kommuntal_persons", "persons", outcome
    ).iter_rows():
        number = place[code]
        kommuntal[number] = quota
        if state == RECEIVED:
            received[number] = arrived
        else:
            at_stake[number, STATES.index(state)] = persons
            came[number, STATES.index(state)] = arrived
    return Standing(kommuntal, at_stake, came), received
