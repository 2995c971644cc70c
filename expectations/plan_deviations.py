"""Suite on marts.plan_deviations: R8, what is assigned beyond the plan has the municipality's approval."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    return (
        f"{row['municipality_name']} {row['plan_month']:%Y-%m}: "
        f"{counted(row['over_plan_unapproved_persons'], 'person')} over plan without approval"
    )


SUITE = Suite(
    table="marts.plan_deviations",
    query="""
        select deviations.*, municipalities.municipality_name
        from marts.plan_deviations as deviations
        inner join marts.municipalities as municipalities using (municipality_code)
        where deviations.over_plan_persons > 0
        order by plan_month desc, municipality_code
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeInSet(
            column="over_plan_unapproved_persons", value_set=[0], **deciding("over_plan_has_approval", "warning")
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="assigned_persons", column_B="cancelled_persons", or_equal=True
        ),
    ),
    describe=_describe,
)
