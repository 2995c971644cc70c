"""Suite on marts.redistribution_outcomes: R2, approved redistributions are valid and reconciled."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
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
        gxe.ExpectColumnValuesToBeInSet(
            column="status", value_set=["applied"], **deciding("redistributions_valid", "warning")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_reconciled", value_set=[True], **deciding("redistributions_reconciled", "warning")
        ),
    ),
    describe=_describe,
)
