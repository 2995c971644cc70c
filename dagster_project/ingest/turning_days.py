"""Days on which something that has been delivered starts or stops to count."""

# SQL for them, by feed: a day in (as-of date of a release, today] moves a figure.
TURNING_DAYS = {
    "assignment_log": "select event_date as day from raw.assignment_log",
    "quota_decisions": """
        select unnest([decided_date, in_force_date, make_date(quota_year + 1, 1, 1)]) as day from raw.quota_decisions
    """,
    "redistributions": """
        select unnest([requested_date, reconciled_date, decided_date, in_force_date]) as day from raw.redistributions
    """,
    "change_requests": "select unnest([requested_date, decided_date]) as day from raw.change_requests",
}
