"""R5, R6: what the quota years under way will come to, in time and finally: one row per quota year and area."""

from dagster_project.forecast.areas import forecasts


def model(dbt, _session):
    """Build the mart; dbt calls it."""
    dbt.config(materialized="table")
    return forecasts(dbt.ref("forecast_inputs").pl(), dbt.ref("int_municipalities_by_area").pl())
