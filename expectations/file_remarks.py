"""Suite on marts.file_remarks: nothing was noticed in the files; a last line without an end is no matter."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.errors import printable
from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    return f"{row['feed'] or 'outside all feeds'}: {row['remark']} in {printable(row['file_name'])}"


SUITE = Suite(
    table="marts.file_remarks",
    query="select feed, file_name, remark from marts.file_remarks where remark <> 'no_final_line_end' order by all",
    expectations=(gxe.ExpectTableRowCountToEqual(value=0, **deciding("no_file_remarks", "warning")),),
    describe=_describe,
)
