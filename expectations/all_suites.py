"""Every suite that is written by hand, in pipeline order; those on feeds are made in checks/feed_suites.py."""

from __future__ import annotations

from expectations import (
    assignment_log,
    county_quotas,
    file_remarks,
    landed_files,
    log_issues,
    monthly_plan,
    municipality_quotas,
    plan_deviations,
    quota_year_counts,
    redistribution_outcomes,
    rejected_rows,
)
from expectations.suite import Suite

_DELIVERED = (assignment_log, landed_files, file_remarks, rejected_rows)
_PLANNED = (county_quotas, municipality_quotas, monthly_plan)
_FOLLOWED = (plan_deviations, quota_year_counts, redistribution_outcomes, log_issues)
SUITES: tuple[Suite, ...] = tuple(table.SUITE for table in (*_DELIVERED, *_PLANNED, *_FOLLOWED))
