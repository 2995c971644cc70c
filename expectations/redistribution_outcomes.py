"""Suite on marts.redistribution_outcomes: R2, approved redistributions are valid and reconciled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import great_expectations.expectations as gxe

from expectations.suite import Suite, deciding


def _describe(row: Mapping[str, Any]) -> str:
    faults = [row["invalid_reason"]] if row["invalid_reason"] else []
    faults += [] if row["is_reconciled"] else ["not reconciled with Migrationsverket before the decision"]
    return f"{row['agreement_id']} (quota year {row['quota_year']}): {', '.join(faults)}"


SUITE = Suite(
    table="marts.redistribution_outcomes",
    query="""
        select * from marts.redistribution_outcomes
        where status in ('applied', 'invalid')
        order by agreement_id
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=["applied"], meta=deciding("redistributions_valid")),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_reconciled", value_set=[True], meta=deciding("redistributions_reconciled")
        ),
    ),
    describe=_describe,
)
