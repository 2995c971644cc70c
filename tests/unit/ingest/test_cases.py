"""Deliveries that people met: each folder of tests/fixtures/cases stands for a kind of fault, with what is right.

Unless the table says otherwise every file is loaded, nothing is rejected or remarked on, and every kommuntal of
county 07 is 15.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from conftest import PROJECT

from dagster_project.ingest.dbt_sources import write_sources

CASES = PROJECT / "tests" / "fixtures" / "cases"
AN_ENDING = "its ending .xlsx says"


@dataclass(frozen=True)
class Right:
    """What is right: persons of county 07's rows, words of a problem, reasons with their counts, remarks by file."""

    persons: tuple[int, ...] = (15,) * 8
    problem: str | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)


RIGHT = {
    "title-row": Right(remarks={"kommuntal.csv": "rows_above_header"}),
    "blank-delims-first": Right(remarks={"kommuntal.csv": "rows_above_header"}),
    "nfd-correction": Right((15,) * 8 + (20,) * 8),
    "ragged-long": Right(reasons={"bad_row": 1}),
    "partial-upload": Right((15,) * 7, reasons={"bad_row": 1}, remarks={"kommuntal.csv": "no_final_line_end"}),
    "quote-swallow-legal": Right(problem="line 4: a quotation mark opens here"),
    "header-linebreak": Right(remarks={"kommuntal.csv": "unknown_column"}),
    "hidden-first": Right(remarks={"kommuntal.xlsx": "more_sheets"}),
    "data-in-two-sheets": Right(remarks={"kommuntal.xlsx": "more_sheets"}),
    "formula-zero-one": Right((), problem="E9: a formula whose value may never have been calculated"),
    "error-in-date": Right((15,) * 6, reasons={"error_cell:decided_date": 2}),
    "merged-date": Right((), problem="F2:F10: these cells are merged"),
    "ids-numeric": Right(remarks={"log2.xlsx": "digits_lost"}),
    "password": Right((), problem=f"{AN_ENDING}, but a workbook with a password"),
    "csv-named-xlsx": Right((), problem=f"{AN_ENDING}, but perhaps text"),
    "cut-in-character": Right(problem="line 61, byte 3094 of the file: not UTF-8"),
    "duplicate-key": Right((), reasons={"bad_row": 9}),
    "partial-names": Right(
        remarks=dict.fromkeys(["log2.csv.part", "log3.csv.filepart", "log4.tmp", "log5.csv.crdownload"], "not_read")
    ),
    "header-typo-optional": Right(remarks={"kommuntal.csv": "unknown_column"}),
    "wrong-feedname": Right(
        remarks=dict.fromkeys(["Assignment_Log", "assignment_logs", "log_in_root.csv"], "not_read")
    ),
}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_delivery_is_read_as_is_right(case: str, tmp_path: Path) -> None:
    right = RIGHT.get(case, Right())
    sources = tmp_path / "sources"
    write_sources(CASES / case, sources, tmp_path / "kept", lambda *_: None)

    def read(name: str) -> pl.DataFrame:
        return pl.read_parquet(sources / name)

    decisions = read("quota_decisions/*/rows.parquet")
    of_county = decisions.filter(level="kommuntal").filter(pl.col("area_code").str.starts_with("07"))
    assert tuple(of_county["persons"]) == right.persons
    assert len(set(of_county["decision_id"])) <= 1  # one id, however it is written
    problems = read("deliveries.parquet")["problem"].drop_nulls().to_list()
    assert len(problems) == (right.problem is not None)
    assert all(str(right.problem) in problem for problem in problems)
    rejected = pl.read_parquet(sources / "rejected_rows/**/rows.parquet")["reason"].value_counts()
    assert dict(rejected.iter_rows()) == right.reasons
    remarks = read("file_remarks.parquet")
    assert dict(remarks.select("file_name", "remark").iter_rows()) == right.remarks
    log = read("assignment_log/*/rows.parquet")
    assert len(log) > 0
    if case == "map-list":
        assert "A2;A1" in log["replaces"].to_list()


def test_every_case_that_is_named_is_there() -> None:
    assert RIGHT.keys() <= {path.name for path in CASES.iterdir()}
