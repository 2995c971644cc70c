"""All suites, in the order of the data's way."""

from __future__ import annotations

from expectations import (
    assignment_log,
    county_quotas,
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

SUITES: tuple[Suite, ...] = (
    assignment_log.SUITE,
    landed_files.SUITE,
    rejected_rows.SUITE,
    county_quotas.SUITE,
    municipality_quotas.SUITE,
    monthly_plan.SUITE,
    plan_deviations.SUITE,
    quota_year_counts.SUITE,
    redistribution_outcomes.SUITE,
    log_issues.SUITE,
)
