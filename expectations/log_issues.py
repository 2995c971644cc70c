"""Suite on marts.log_issues: R9, the assignment log carries everything that was delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Suite, deciding


def _describe(row: Mapping[str, Any]) -> str:
    return f"{row['issue']}: {counted(row['rows'], 'time')}"


SUITE = Suite(
    table="marts.log_issues",
    query="select issue, count(*) as rows from marts.log_issues group by all order by all",
    expectations=(gxe.ExpectTableRowCountToEqual(value=0, meta=deciding("no_log_issues")),),
    describe=_describe,
)
