"""The README's queries give the output that stands below them; those on a redistribution that is tried find it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import PROJECT, Built

from dagster_project.ingest.feeds import REDISTRIBUTIONS

BLOCKS = re.findall(
    r"```sql\n(.*?)```\n```text\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def as_table(header: list[str], rows: list[tuple[Any, ...]]) -> str:
    """Columns padded to the widest value."""
    texts = [[str(value).lower() if isinstance(value, bool) else str(value) for value in row] for row in rows]
    lines = [header, *texts]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines) + "\n"


def test_readme_has_three_queries() -> None:
    assert len(BLOCKS) == 3


@pytest.mark.parametrize(("query", "output"), BLOCKS)
def test_query_gives_its_output(query: str, output: str, shipped: Built) -> None:
    header = [row[0] for row in shipped.query(f"describe {query}")]
    assert as_table(header, shipped.query(query)) == output


def test_what_analysts_read_about_trying_a_redistribution_is_so(shipped: Built) -> None:
    page = (PROJECT / "docs" / "analysts.md").read_text(encoding="utf-8")
    [header] = re.findall(r"^agreement_id,.*$", page, re.MULTILINE)
    assert set(header.split(",")) == {column.name for column in REDISTRIBUTIONS.columns if column.required}
    [(undecided,)] = shipped.query("select agreement_id from marts.redistribution_assessments where obstacle is null")
    queries = re.findall(r"```sql\n([^`]*'try'[^`]*)```", page)
    assert [len(shipped.query(query.replace("'try'", f"'{undecided}'"))) for query in queries] == [1, 24]
