"""Suite on marts.quota_year_counts: R7, nobody waits past the reception deadline."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    where = f"{row['municipality_name']}, quota year {row['quota_year']}"
    return f"{where}: {counted(row['rows'], 'assignment')} open past the deadline"


SUITE = Suite(
    table="marts.quota_year_counts",
    query="""
        select
            counts.*,
            municipalities.municipality_name,
            coalesce(late.cases, 0) as rows
        from marts.quota_year_counts as counts
        inner join marts.municipalities as municipalities using (municipality_code)
        left join intermediate.log_to_do as late
            on counts.quota_year = late.quota_year
            and counts.municipality_code = late.municipality_code
            and late.kind = 'overdue'
        order by rows desc, counts.quota_year, counts.municipality_code
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeInSet(
            column="overdue_persons", value_set=[0], **deciding("no_overdue_receptions", "warning")
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="open_persons", column_B="overdue_persons", or_equal=True),
        gxe.ExpectColumnValuesToBeBetween(column="received_persons", min_value=0),
    ),
    describe=_describe,
)
