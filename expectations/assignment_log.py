"""Suite on staging.stg_assignment_log: the log is up to date."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    if row["latest_event_date"] is None:
        return "assignment_log: it holds no event up to the as-of date"
    return f"assignment_log: the latest event is {counted(int(row['days_stale']), 'day')} older than the as-of date"


SUITE = Suite(
    table="staging.stg_assignment_log",
    # A log without events is as stale as can be.
    query="""
        select
            max(latest_delivered_date) as latest_event_date,
            coalesce($as_of - max(latest_delivered_date), 1000000) as days_stale
        from intermediate.int_events_by_year
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeBetween(
            column="days_stale", max_value={"$PARAMETER": "stale_after_days"}, **deciding("feeds_are_fresh", "warning")
        ),
    ),
    describe=_describe,
)
