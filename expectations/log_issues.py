"""Suite on marts.log_issues: R9, the assignment log carries everything that was delivered."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    return f"{row['issue']}: {counted(row['rows'], 'time')}"


SUITE = Suite(
    table="marts.log_issues",
    query="select issue, issues as rows from intermediate.log_issue_counts order by all",
    expectations=(gxe.ExpectTableRowCountToEqual(value=0, **deciding("no_log_issues", "warning")),),
    describe=_describe,
)
