"""The contract's checks: which there are, and what each means for a release."""

from __future__ import annotations

from dataclasses import dataclass

from dagster_project.language import ENGLISH
from dagster_project.releases.build_json import ERROR, WARN

PUBLIC_TELLS_NO_HOUSEHOLD = "public_tells_no_household"  # where there are pages for everyone


@dataclass(frozen=True)
class Check:
    """One check of the contract: its severity and the asset it guards."""

    name: str
    severity: str
    asset: tuple[str, str]

    @property
    def advice(self) -> str:
        """What to do when it fails."""
        return ENGLISH.texts["advice"][self.name]


CHECKS: tuple[Check, ...] = (
    Check("files_readable", ERROR, ("marts", "landed_files")),
    Check("county_total_not_below_lanstal", ERROR, ("marts", "county_quotas")),
    Check("kommuntal_not_negative", ERROR, ("marts", "municipality_quotas")),
    Check("plan_sums_to_kommuntal", ERROR, ("marts", "monthly_plan_versions")),
    Check("plan_not_negative", ERROR, ("marts", "monthly_plan")),
    Check("every_assignment_counted_once", ERROR, ("marts", "quota_year_counts")),
    Check("rejected_rows_within_limit", ERROR, ("marts", "landed_files")),
    Check(PUBLIC_TELLS_NO_HOUSEHOLD, ERROR, ("edition", "outcome_months")),
    Check("no_rejected_rows", WARN, ("marts", "rejected_rows")),
    Check("no_file_remarks", WARN, ("marts", "file_remarks")),
    Check("no_log_issues", WARN, ("marts", "log_issues")),
    Check("over_plan_has_approval", WARN, ("marts", "plan_deviations")),
    Check("no_overdue_receptions", WARN, ("marts", "quota_year_counts")),
    Check("redistributions_reconciled", WARN, ("marts", "redistribution_outcomes")),
    Check("redistributions_valid", WARN, ("marts", "redistribution_outcomes")),
    Check("kommuntal_reported", WARN, ("marts", "county_quotas")),
    Check("past_county_totals_not_below_lanstal", WARN, ("marts", "county_quotas")),
    Check("kommuntal_follows_lanstal", WARN, ("marts", "county_quotas")),
    Check("feeds_are_fresh", WARN, ("staging", "stg_assignment_log")),
)


def checks_of(with_site: bool) -> list[Check]:
    """The checks of a release with pages, or without."""
    return [check for check in CHECKS if with_site or check.name != PUBLIC_TELLS_NO_HOUSEHOLD]
