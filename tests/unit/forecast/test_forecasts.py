"""The forecast: what earlier years came to is expected again, with sums that agree and intervals that hold."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dagster_project.forecast.areas import STATES, forecasts
from dagster_project.forecast.beta_binomial import BetaBinomial, fitted_correlation
from dagster_project.settings import REFERENCE

REGISTER = pl.read_csv(REFERENCE / "municipalities.csv", infer_schema=False).sort("municipality_code")
CODES = REGISTER["municipality_code"].to_list()
AREAS = pl.concat([
    REGISTER.select("municipality_code", area_level=pl.lit("country"), area_code=pl.lit("00")),
    REGISTER.select("municipality_code", area_level=pl.lit("county"), area_code="county_code"),
    REGISTER.select("municipality_code", area_level=pl.lit("municipality"), area_code="municipality_code"),
])  # fmt: skip
IN_TIME, FINALLY = {"due_soon": 0.7, "to_assign": 0.4}, {"due_soon": 0.95, "to_assign": 0.8}
ODD = CODES[50]


def year(quota_year: int, rng: np.random.Generator, settled: bool, missing: float = 1.0) -> pl.DataFrame:
    """A year in which of each state these shares come, household by household; one municipality misses more or less."""
    rows = []
    for number, code in enumerate(CODES):
        kommuntal = 10 + number % 120
        persons = {"received": kommuntal // 2, "due_soon": kommuntal // 4}
        persons["to_assign"] = kommuntal - sum(persons.values())
        for state, of_state in persons.items():
            came = [of_state, of_state]
            if state != "received":
                moved = missing if code == ODD else 1.0
                shares = (1 - moved * (1 - share[state]) for share in (IN_TIME, FINALLY))
                drawn = rng.random(of_state)
                came = [int((drawn < share).sum()) for share in shares]
            rows.append((quota_year, 0, code, state, kommuntal, of_state, *came, settled, not settled))
    names = ("quota_year", "years_passed", "municipality_code", "state", "kommuntal_persons", "persons")
    return pl.DataFrame(
        rows, [*names, "received_in_time_persons", "received_persons", "is_settled", "is_now"], orient="row"
    )


def forecast_of(years: list[pl.DataFrame]) -> pl.DataFrame:
    return forecasts(pl.concat(years), AREAS)


@pytest.fixture(scope="module")
def years() -> list[pl.DataFrame]:
    rng = np.random.default_rng(1)
    return [*(year(2020 + number, rng, True, missing=1.6) for number in range(4)), year(2024, rng, False)]


@pytest.fixture(scope="module")
def forecast(years: list[pl.DataFrame]) -> pl.DataFrame:
    return forecast_of(years)


def test_the_shares_of_earlier_years_are_expected_again(forecast: pl.DataFrame) -> None:
    country = forecast.row(by_predicate=pl.col("area_code") == "00", named=True)
    still = country["open_persons"], country["to_assign_persons"]
    for when, shares in (("in_time", IN_TIME), ("finally", FINALLY)):
        of_open, of_rest = (shares[state] * persons for state, persons in zip(shares, still, strict=True))
        wanted = country["received_persons"] + of_open + of_rest
        assert country[f"{when}_expected_persons"] == pytest.approx(wanted, rel=0.01)
        assert country[f"{when}_low_persons"] < wanted < country[f"{when}_high_persons"]
        of_all = country["received_persons"] + sum(still)
        assert country[f"{when}_by_share_persons"] == pytest.approx(wanted, rel=0.01)
        assert country[f"{when}_by_rest_persons"] == pytest.approx(wanted, rel=0.01)
        assert country[f"{when}_high_persons"] <= of_all
    assert country["years_learnt_from"] == 4


def test_areas_are_the_sums_of_their_municipalities(forecast: pl.DataFrame) -> None:
    expected = [name for name in forecast.columns if name.endswith(("_expected_persons", "to_assign_persons"))]
    of_each = forecast.filter(area_level="municipality").join(
        REGISTER, left_on="area_code", right_on="municipality_code"
    )
    for name in expected:
        counties = dict(of_each.group_by("county_code").agg((10 * pl.col(name)).round().sum()).iter_rows())
        said = dict(forecast.filter(area_level="county").select("area_code", (10 * pl.col(name)).round()).iter_rows())
        assert said == counties
        country = forecast.filter(area_level="country")[name][0]
        assert round(10 * country) == sum(counties.values())


def test_who_missed_more_is_expected_to_miss_more(forecast: pl.DataFrame) -> None:
    at = CODES.index(ODD)
    alike = [code for number, code in enumerate(CODES) if number % 120 == at % 120 and code != ODD]
    found = {row["area_code"]: row for row in forecast.iter_rows(named=True)}
    for other in alike:
        assert found[ODD]["in_time_expected_persons"] < found[other]["in_time_expected_persons"]
        assert found[ODD]["reaching_probability"] <= found[other]["reaching_probability"]


def test_four_of_five_outcomes_lie_in_the_interval(years: list[pl.DataFrame], forecast: pl.DataFrame) -> None:
    came = years[-1].group_by("municipality_code").agg(pl.col("received_in_time_persons", "received_persons").sum())
    found = forecast.join(came.rename({"received_persons": "came"}), left_on="area_code", right_on="municipality_code")
    for outcome, when in (("received_in_time_persons", "in_time"), ("came", "finally")):
        inside = pl.col(outcome).is_between(f"{when}_low_persons", f"{when}_high_persons")
        assert 0.74 < found.select(inside.mean()).item() < 0.97  # of few persons whole numbers hold more


def test_the_same_is_said_of_the_same(years: list[pl.DataFrame], forecast: pl.DataFrame) -> None:
    assert forecast_of(list(reversed(years))).equals(forecast)


def test_without_a_settled_year_nothing_is_said(years: list[pl.DataFrame]) -> None:
    assert forecast_of(years[-1:]).is_empty()


def test_what_is_known_is_said_for_sure() -> None:
    """A year whose kommuntal was received in full."""
    rng = np.random.default_rng(2)
    done = year(2024, rng, False).with_columns(
        pl.when(pl.col("state") == "received").then("kommuntal_persons").otherwise(0).alias("persons")
    )
    done = done.with_columns(received_in_time_persons=pl.col("persons"), received_persons=pl.col("persons"))
    found = forecast_of([year(2023, rng, True), done])
    for name in ("expected", "low", "high"):
        assert (found[f"in_time_{name}_persons"] == found["kommuntal_persons"]).all()
    assert (found["reaching_probability"] == 1).all()


def test_a_year_under_way_does_not_teach(years: list[pl.DataFrame], forecast: pl.DataFrame) -> None:
    of_now = years[-1].with_columns(
        pl.when(pl.col("state") == "received").then("received_persons").otherwise(0).alias("received_persons")
    )
    assert forecast_of([*years[:-1], of_now]).equals(forecast)


def test_a_year_that_is_over_but_not_settled_does_not_teach_either(years: list[pl.DataFrame]) -> None:
    over = years[1].with_columns(is_settled=pl.lit(False))
    assert forecast_of([years[0], over, years[-1]]).equals(forecast_of([years[0], years[-1]]))


def test_states_are_those_of_the_models(years: list[pl.DataFrame]) -> None:
    strange = years[-1].with_columns(state=pl.lit("no such state"))
    with pytest.raises(ValueError, match="tuple"):
        forecast_of([*years[:-1], strange])
    assert set(IN_TIME) < set(STATES)


def test_a_distribution_keeps_its_moments() -> None:
    trials, mean, variance = np.array([50.0]), np.array([40.0]), np.array([30.0])
    found = BetaBinomial.of_moments(trials, mean, variance)
    share, weight = found.a / (found.a + found.b), found.a + found.b
    assert trials * share == pytest.approx(mean)
    assert trials * share * (1 - share) * (weight + trials) / (weight + 1) == pytest.approx(variance)
    assert found.at_least(np.array([0.0])) == 1
    assert found.at_least(np.array([51.0])) == 0
    assert found.quantile(0.1) < 40 < found.quantile(0.9)


def test_a_correlation_is_found_again() -> None:
    rng = np.random.default_rng(3)
    trials, share = np.full(4000, 40.0), np.full(4000, 0.7)
    came = rng.binomial(40, rng.beta(0.7 * 9, 0.3 * 9, 4000)).astype(float)
    assert fitted_correlation(trials, share, came) == pytest.approx(0.1, abs=0.01)
