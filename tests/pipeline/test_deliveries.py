"""However a delivery comes, and whatever is wrong with it: the same marts, every row accounted for, the rest built."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from conftest import EXAMPLES, Build, Built

WORLD = EXAMPLES / "world-1"
AS_OF = "2026-01-31"
SAME_MARTS = ("monthly_plan_versions", "plan_deviations", "assignments", "quota_year_counts", "county_quotas")


@pytest.fixture(scope="module")
def plain(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(WORLD / "landing", AS_OF, tmp_path_factory.mktemp("plain"))


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def write_windows_csv(path: Path, rows: list[dict[str, str]]) -> None:
    """Semicolons, Windows-1252, blanks and capitals in headers, other column order, an extra column, eaten zeros."""
    with path.with_suffix(".csv").open("w", encoding="windows-1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([*(f" {name.upper()} " for name in reversed(rows[0])), "anmärkning"])
        for row in rows:
            eaten = {name: value.lstrip("0") if name.endswith("_code") else value for name, value in row.items()}
            writer.writerow([*(eaten[name] for name in reversed(row)), "å"])


def write_xlsx(path: Path, rows: list[dict[str, str]]) -> None:
    """Numbers as numbers and dates as true date cells."""
    with xlsxwriter.Workbook(path.with_suffix(".xlsx")) as book:
        sheet, as_date = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        for at, name in enumerate(rows[0]):
            sheet.write_string(0, at, name)
            for number, row in enumerate(rows, start=1):
                value = row[name]
                if name.endswith("_date") and len(value) == 10 and value[:2] == "20":
                    sheet.write_datetime(number, at, pl.Series([value]).str.to_date()[0], as_date)
                elif value.isdigit():
                    sheet.write_number(number, at, int(value))
                elif value:
                    sheet.write_string(number, at, value)


def write_parquet(path: Path, rows: list[dict[str, str]]) -> None:
    """Dates as dates and persons as floating numbers, where the column holds nothing else."""
    table = pl.DataFrame(rows).with_columns(pl.all().replace("", None))
    for name in table.columns:
        text = table[name]
        typed = text.str.to_date(strict=False) if name.endswith("_date") else text.cast(pl.Float64, strict=False)
        if name.endswith(("_date", "persons")) and typed.null_count() == text.null_count():
            table = table.with_columns(typed)
    table.write_parquet(path.with_suffix(".parquet"))


def write_json_lines(path: Path, rows: list[dict[str, str]]) -> None:
    lines = [
        json.dumps(
            {
                name: int(value) if value.isdigit() and name == "persons" else value or None
                for name, value in row.items()
            }
        )
        for row in rows
    ]
    path.with_suffix(".jsonl").write_text("\n".join(lines))


WRITERS = {
    "a": write_windows_csv,
    "b": write_xlsx,
    "2023": write_windows_csv,
    "2024": write_parquet,
    "2025-corrections": write_json_lines,
    "2025-full": write_xlsx,
    "c": write_json_lines,
    "d": write_parquet,
    "p": write_windows_csv,
    "r": write_xlsx,
}


def test_every_format_gives_the_same_marts(plain: Built, build: Build, tmp_path: Path) -> None:
    for file in sorted((WORLD / "landing").rglob("*.csv")):
        into = tmp_path / "landing" / file.parent.name
        into.mkdir(parents=True, exist_ok=True)
        WRITERS[file.stem](into / file.stem, rows_of(file))
    mixed = build(tmp_path / "landing", AS_OF, tmp_path / "output")

    assert mixed.exit_code == plain.exit_code == 0, mixed.text
    assert "a.csv: not read: anmärkning" in mixed.text
    for mart in SAME_MARTS:
        assert sorted(mixed.query(f"from marts.{mart}"), key=str) == sorted(plain.query(f"from marts.{mart}"), key=str)
    counts = (
        "select split_part(file_name, '.', 1), rows_read, rows_accepted, rows_rejected, rows_duplicate "
        "from marts.landed_files order by feed, 1"
    )
    assert mixed.query(counts) == plain.query(counts)


@pytest.fixture(scope="module")
def damaged(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The plain world, the whole log delivered again, and beside it everything that can be wrong with a file."""
    folder = tmp_path_factory.mktemp("damaged")
    landing = folder / "landing"
    shutil.copytree(WORLD / "landing", landing)
    log = landing / "assignment_log"
    for name in ("2023", "2024"):
        shutil.copy(log / f"{name}.csv", log / f"again-{name}.csv")
    (log / "3-broken.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (log / "3-cut.parquet").write_bytes(b"PAR1 cut")
    (log / "3-other.pdf").write_bytes(b"%PDF-1.7")
    (log / "3-lacking.csv").write_text("event_id,event_type,event_date\nE1,assigned,2024-01-01\n")
    (log / "3-wrong.csv").write_text(
        "event_id,event_type,event_date,assignment_id,municipality_code,persons,category\n"
        "W1,assigned,2024-13-01,W1,0760,2,quota_refugee\n"
        "W2,assigned,2024-12-01,W2,9999,2,quota_refugee\n"
        "W3,assigned,2024-12-01,W3,0760,-2,quota_refugee\n"
        "\n"
        "W4,assigned,2024-12-01,W4,0760,two,quota_refugee\n"
        "W5,assigned,2024-12-01,W5,0760,2,\n"
        "W6,arrived,2024-12-01,W6,0760,2,quota_refugee\n"
    )
    return build(landing, AS_OF, folder / "output")


def test_damaged_files_block_and_are_named(damaged: Built) -> None:
    assert damaged.exit_code == 3
    assert "files_readable" in damaged.text
    statuses = damaged.query(
        "select file_name, status from marts.landed_files where file_name like '3-%' order by 1", damaged.finished()
    )
    assert statuses == [
        ("3-broken.xlsx", "unreadable"),
        ("3-cut.parquet", "unreadable"),
        ("3-lacking.csv", "missing_column:assignment_id"),
        ("3-wrong.csv", "loaded"),
    ]
    for name in ("3-broken.xlsx", "3-cut.parquet", "3-lacking.csv", "3-other.pdf"):
        assert name in damaged.text
    remarks = damaged.query("select feed, file_name, remark from marts.file_remarks", damaged.finished())
    assert ("assignment_log", "3-other.pdf", "not_read") in remarks


def test_damaged_rows_are_set_aside_with_reason(damaged: Built) -> None:
    rows = damaged.query(
        "select row_number, reason, raw_row from marts.rejected_rows where file_name = '3-wrong.csv' order by 1",
        damaged.finished(),
    )
    assert [row[:2] for row in rows] == [
        (1, "bad_date:event_date"),
        (2, "unknown_area:municipality_code"),
        (3, "out_of_range:persons"),
        (5, "bad_number:persons"),
        (6, "missing_value:category"),
        (7, "unknown_value:event_type"),
    ]
    assert json.loads(rows[0][2])["event_date"] == "2024-13-01"


def test_the_whole_log_again_is_duplicate(damaged: Built) -> None:
    again = damaged.query(
        "select rows_read, rows_accepted, rows_rejected, rows_duplicate from marts.landed_files "
        "where file_name = 'again-2023.csv'",
        damaged.finished(),
    )
    # Superseded rows too are duplicates: of rows that were superseded before.
    assert again == [(271, 0, 0, 271)]


def test_the_rest_is_built_all_the_same(damaged: Built, plain: Built) -> None:
    for mart in SAME_MARTS:
        assert sorted(damaged.query(f"from marts.{mart}", damaged.finished()), key=str) == sorted(
            plain.query(f"from marts.{mart}"), key=str
        )


def test_messages_hold_no_values_of_the_log(damaged: Built) -> None:
    for value in ("W1", "W4", "2024-13-01", "A00001", "C13"):
        assert value not in damaged.text
