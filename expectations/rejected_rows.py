"""Suite on marts.rejected_rows: no delivered row was rejected (superseded ones are no fault)."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.errors import printable
from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    rows = counted(row["rows"], "row")
    return (
        f"{row['feed']}/{printable(row['file_name'])}: {row['reason']} in {rows}, the first is row {row['first_row']}"
    )


SUITE = Suite(
    table="marts.rejected_rows",
    query="""
        select feed, file_name, reason, count(*) as rows, min(row_number) as first_row
        from marts.rejected_rows
        where reason <> 'superseded'
        group by all
        order by all
    """,
    expectations=(gxe.ExpectTableRowCountToEqual(value=0, **deciding("no_rejected_rows", "warning")),),
    describe=_describe,
)
