"""Suite on marts.landed_files: every delivered file can be read and nearly all of its rows fit."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.errors import printable
from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    where = f"{row['feed']}/{printable(row['file_name'])}"
    if row["status"] != "loaded":
        return f"{where}: {row['status']}; {row['problem']}"
    return f"{where}: {row['unfit_rows']} of {counted(row['rows_read'], 'row')} rejected"


SUITE = Suite(
    table="marts.landed_files",
    query="""
        with unfit as (
            select feed, file_name, count(*) as unfit_rows
            from marts.rejected_rows
            where reason <> 'superseded'
            group by all
        )

        select
            files.*,
            landed.problem,
            coalesce(unfit.unfit_rows, 0) as unfit_rows,
            coalesce(unfit.unfit_rows / nullif(files.rows_read, 0), 0.0) as unfit_share
        from marts.landed_files as files
        inner join staging.stg_landed_files as landed using (feed, file_name)
        left join unfit using (feed, file_name)
        order by feed, file_name
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=["loaded"], **deciding("files_readable")),
        gxe.ExpectColumnValuesToBeBetween(
            column="unfit_share",
            max_value={"$PARAMETER": "rejected_rows_limit"},
            **deciding("rejected_rows_within_limit"),
        ),
    ),
    describe=_describe,
)
