"""Suite on staging.stg_change_requests: what ingest let through is of the feed's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.suite import Limits, Suite


def _expectations(_limits: Limits) -> Sequence[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(column="decision", value_set=["accepted", "declined", "pending"]),
        gxe.ExpectColumnValuesToBeInSet(column="undated", value_set=[0]),
        gxe.ExpectColumnValuesToBeInSet(column="out_of_year", value_set=[0]),
        gxe.ExpectColumnValuesToBeBetween(column="fewest_persons", min_value=0),
    ]


def _describe(row: Mapping[str, Any]) -> str:
    return f"change_requests: {row['rows']} rows with decision {row['decision']}"


SUITE = Suite(
    table="staging.stg_change_requests",
    query="""
        select
            coalesce(decision, 'pending') as decision,
            count(*) filter (where decision is not null and decided_date is null) as undated,
            count(*) filter (where year(plan_month) <> quota_year or day(plan_month) <> 1) as out_of_year,
            min(wished_persons) as fewest_persons,
            count(*) as rows
        from staging.stg_change_requests
        group by all
        order by all
    """,
    expectations=_expectations,
    describe=_describe,
)
