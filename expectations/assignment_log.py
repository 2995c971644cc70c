"""Suite on staging.stg_assignment_log: what ingest let through is of the feed's form, and the log is up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.outcome import counted
from expectations.suite import Limits, Suite, deciding


def _expectations(limits: Limits) -> Sequence[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="days_stale", max_value=limits.stale_after_days, meta=deciding("feeds_are_fresh")
        ),
        gxe.ExpectColumnValuesToBeInSet(column="incomplete_assigned", value_set=[0]),
        gxe.ExpectColumnValuesToBeInSet(column="repeated_event_ids", value_set=[0]),
        gxe.ExpectColumnValuesToBeBetween(column="fewest_persons", min_value=1),
        gxe.ExpectColumnValuesToBeBetween(column="most_persons", max_value=99),
    ]


def _describe(row: Mapping[str, Any]) -> str:
    if row["latest_event_date"] is None:
        return "assignment_log: it holds no event up to the as-of date"
    return f"assignment_log: the latest event is {counted(int(row['days_stale']), 'day')} older than the as-of date"


SUITE = Suite(
    table="staging.stg_assignment_log",
    query="""
        select
            max(event_date) filter (where event_date <= $as_of) as latest_event_date,
            -- A log without events is as stale as can be.
            coalesce($as_of - max(event_date) filter (where event_date <= $as_of), 1000000) as days_stale,
            count(*) - count(distinct event_id) as repeated_event_ids,
            count(*) filter (
                where event_type = 'assigned' and (municipality_code is null or persons is null or category is null)
            ) as incomplete_assigned,
            min(persons) as fewest_persons,
            max(persons) as most_persons,
            1 as rows
        from staging.stg_assignment_log
    """,
    expectations=_expectations,
    describe=_describe,
)
