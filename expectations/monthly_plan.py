"""Suite on marts.monthly_plan: twelve months a year, none of them negative."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    return f"{row['municipality_name']} {row['quota_year']}: {counted(row['rows'], 'month')} planned below zero"


SUITE = Suite(
    table="marts.monthly_plan",
    query="""
        select
            plan.quota_year,
            municipalities.municipality_name,
            count(*) as months,
            min(plan.planned_persons) as least_planned_persons,
            count(*) filter (where plan.planned_persons < 0) as rows
        from marts.monthly_plan as plan
        inner join marts.municipalities as municipalities using (municipality_code)
        group by all
        order by all
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeBetween(column="least_planned_persons", min_value=0, **deciding("plan_not_negative")),
        gxe.ExpectColumnValuesToBeInSet(column="months", value_set=[12]),
    ),
    describe=_describe,
)
