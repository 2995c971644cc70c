"""Suite on staging.stg_redistributions: what ingest let through is of the feed's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.suite import Limits, Suite


def _expectations(_limits: Limits) -> Sequence[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(column="decision", value_set=["approved", "rejected", "pending"]),
        gxe.ExpectColumnValuesToBeInSet(column="undated", value_set=[0]),
        gxe.ExpectColumnValuesToBeInSet(column="out_of_year", value_set=[0]),
        gxe.ExpectColumnValuesToBeBetween(column="fewest_persons", min_value=1),
    ]


def _describe(row: Mapping[str, Any]) -> str:
    return f"redistributions: {row['rows']} rows with decision {row['decision']}"


SUITE = Suite(
    table="staging.stg_redistributions",
    query="""
        select
            coalesce(decision, 'pending') as decision,
            count(*) filter (where decision is not null and decided_date is null) as undated,
            count(*) filter (where decision = 'approved' and year(in_force_date) <> quota_year) as out_of_year,
            min(persons) as fewest_persons,
            count(*) as rows
        from staging.stg_redistributions
        group by all
        order by all
    """,
    expectations=_expectations,
    describe=_describe,
)
