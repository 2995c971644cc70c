"""Suite on staging.stg_quota_decisions: what ingest let through is of the feed's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.suite import Limits, Suite


def _expectations(_limits: Limits) -> Sequence[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(column="level", value_set=["lanstal", "kommuntal"]),
        gxe.ExpectColumnValuesToBeInSet(column="foreign_areas", value_set=[0]),
        gxe.ExpectColumnValuesToBeInSet(column="out_of_year", value_set=[0]),
        gxe.ExpectColumnValuesToBeBetween(column="fewest_persons", min_value=0),
    ]


def _describe(row: Mapping[str, Any]) -> str:
    return f"quota_decisions: {row['rows']} rows of level {row['level']}"


SUITE = Suite(
    table="staging.stg_quota_decisions",
    query="""
        select
            level,
            count(*) filter (where length(area_code) <> if(level = 'lanstal', 2, 4)) as foreign_areas,
            count(*) filter (where year(in_force_date) <> quota_year or in_force_date is null) as out_of_year,
            min(persons) as fewest_persons,
            count(*) as rows
        from staging.stg_quota_decisions
        group by all
        order by all
    """,
    expectations=_expectations,
    describe=_describe,
)
