"""Hostile and broken deliveries: no crash, nothing executed, every file and row accounted for, the rest built."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import zipfile
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter
from conftest import Build

from dagster_project.ingest import read_delimited, read_parquet, read_workbook
from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.ingest.feeds import ASSIGNMENT_LOG, FEEDS, QUOTA_PROPOSALS, Feed
from dagster_project.transform.run_dbt import invoke_dbt

NASTY = [
    "../../x",
    "=cmd|'/c calc'!A1",
    "'; drop table staging.stg_assignment_log; --",
    '"quoted"',
    "<script>alert(1)</script>",
    "line\nbreak",
    "nul\x00byte",
    "\x1b[2J",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u202e",
    "{{ 7 * 7 }}",
    "$(touch executed)",
    "x" * 100_000,
]
READABLE = [value for value in NASTY if "\0" not in value]  # a text file with a NUL is refused
EXAMPLE = {
    "event_id": "E1",
    "event_type": "assigned",
    "event_date": "2026-02-01",
    "assignment_id": "A1",
    "municipality_code": "0760",
    "persons": "2",
    "category": "quota_refugee",
    "decision_id": "D1",
    "level": "kommuntal",
    "quota_year": "2026",
    "area_code": "0760",
    "proposal_id": "P1",
    "proposed_date": "2025-08-15",
    "agreement_id": "R1",
    "from_municipality_code": "0760",
    "to_municipality_code": "0765",
    "requested_date": "2026-02-01",
    "request_id": "W1",
    "plan_month": "2026-03-01",
    "wished_persons": "1",
}


def some_rows(rng: random.Random, feed: Feed) -> list[dict[str, str]]:
    """Rows of which most fit, with nasty values strewn in."""
    rows = []
    for number in range(rng.randint(1, 20)):
        row = {name: EXAMPLE.get(name, "") for name in feed.column_names}
        row["area_code"] = "07" if feed is QUOTA_PROPOSALS else row.get("area_code", "")
        row[feed.key[0]] = f"{row[feed.key[0]]}-{number}"
        if rng.random() < 0.4:
            row[rng.choice(feed.column_names)] = rng.choice(NASTY)
        rows.append(row)
    return rows


def as_bytes(rng: random.Random, rows: list[dict[str, str]]) -> tuple[str, bytes]:
    """The rows in one of the formats: its ending, its content."""
    ending = rng.choice([".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"])
    content = io.BytesIO()
    if ending in (".csv", ".tsv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), delimiter="," if ending == ".csv" else "\t")
        writer.writeheader()
        writer.writerows(rows)
        return ending, text.getvalue().encode(rng.choice(["utf-8", "utf-8-sig", "utf-16", "windows-1252"]), "replace")
    if ending == ".jsonl":
        return ending, "\n".join(map(json.dumps, rows)).encode()
    if ending == ".parquet":
        pl.DataFrame(rows).write_parquet(content)
    else:
        with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": True}) as book:
            sheet = book.add_worksheet()
            for at, name in enumerate(rows[0]):
                sheet.write_string(0, at, name)
                for number, row in enumerate(rows, start=1):
                    sheet.write(number, at, row[name].replace("\x00", "")[:32_000])
    return ending, content.getvalue()


def damaged(rng: random.Random, content: bytes) -> bytes:
    """The content, whole or hurt in one way."""
    cut = rng.randint(0, len(content))
    ways = [
        lambda: content,
        lambda: content[:cut],
        lambda: rng.randbytes(rng.randint(0, 2000)),
        lambda: content[:cut] + rng.randbytes(rng.randint(1, 20)) + content[cut:],
        lambda: content[:cut] + b"\x00" * 50 + content[cut:],
        lambda: content.replace(b",", b";", 3).replace(b'"', b"", 1),
        lambda: content + "\nå;ä;ö".encode("windows-1252"),
    ]
    return rng.choice(ways)()


def parsed(landing: Path) -> pl.DataFrame:
    """What ingest says of every delivered file."""
    write_sources(landing, landing.parent / "sources", landing.parent / "kept", lambda *_: None)
    return pl.read_parquet(landing.parent / "sources" / "deliveries.parquet")


def staged(landing: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse with the rows of a landing folder, settled and counted."""
    parsed(landing)
    folder = landing.parent
    models = ["build", "--select", "staging", "rejected_rows", "--indirect-selection=cautious"]
    models += ["--exclude-resource-type=unit_test"]
    invoke_dbt(models, folder / "warehouse.duckdb", folder / "dbt", {"as_of": "2026-03-01"}, folder / "sources")
    return duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.mark.parametrize("seed", range(6))
def test_fuzzed_files_of_all_feeds_and_formats(seed: int, landing: Path) -> None:
    rng = random.Random(seed)
    names = set()
    for feed in FEEDS:
        (landing / feed.name).mkdir(parents=True)
        for number in range(25):
            ending, content = as_bytes(rng, some_rows(rng, feed))
            name = f"{number}{rng.choice(['', ' =1+1', chr(27), ';--', chr(10)])}{ending}"
            (landing / feed.name / name).write_bytes(damaged(rng, content))
            names.add((feed.name, name))
    warehouse = staged(landing)

    landed = warehouse.execute("select feed, file_name from staging.stg_landed_files").fetchall()
    assert set(landed) == names
    unaccounted = "from staging.stg_landed_files where rows_read <> rows_accepted + rows_rejected + rows_duplicate"
    assert warehouse.execute(unaccounted).fetchall() == []
    for feed in FEEDS:
        [(kept, counted, rejected, listed)] = warehouse.execute(f"""
            select
                (select count(*) from staging.stg_{feed.name}),
                (select sum(rows_accepted) from staging.stg_landed_files where feed = '{feed.name}'),
                (select count(*) from marts.rejected_rows where feed = '{feed.name}'),
                (select sum(rows_rejected) from staging.stg_landed_files where feed = '{feed.name}')
        """).fetchall()
        assert (kept, rejected) == (counted, listed)
        assert kept > 0


def log_file(landing: Path, name: str, content: bytes) -> Path:
    (landing / ASSIGNMENT_LOG.name).mkdir(parents=True, exist_ok=True)
    (landing / ASSIGNMENT_LOG.name / name).write_bytes(content)
    return landing


def only_problem(landing: Path) -> str:
    [(status, problem)] = parsed(landing).select("status", "problem").rows()
    assert status == "unreadable"
    return str(problem)


def test_a_workbook_that_unpacks_beyond_the_limit(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_workbook, "LARGEST_WORKBOOK_BYTES", 10_000_000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 20_000_000)
    assert len(bomb.getvalue()) < 100_000
    problem = only_problem(log_file(landing, "bomb.xlsx", bomb.getvalue()))
    assert "20000000 bytes unpacked, more than 10000000: deliver it in parts" in problem


def test_entities_that_grow_without_end(landing: Path) -> None:
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 12))
    book = f'<!DOCTYPE workbook [<!ENTITY e0 "{"x" * 100}">{entities}]><workbook>&e11;</workbook>'
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w") as packed:
        packed.writestr("xl/workbook.xml", book)
    assert "not a whole .xlsx file (ParseError)" in only_problem(log_file(landing, "bomb.xlsx", bomb.getvalue()))


def test_thousands_of_columns(landing: Path) -> None:
    header = ",".join(["event_id", "event_type", "event_date", "assignment_id", *(f"c{at}" for at in range(5000))])
    assert "5004 columns" in only_problem(log_file(landing, "wide.csv", header.encode() + b"\n1\n"))


def test_too_many_rows_and_too_large_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_parquet, "MOST_PARQUET_ROWS", 2)
    monkeypatch.setattr(read_delimited, "LARGEST_TEXT_BYTES", 10)
    many = io.BytesIO()
    pl.DataFrame({"event_id": ["1", "2", "3"]}).write_parquet(many)
    assert "3 rows, more than 2" in only_problem(log_file(tmp_path / "a" / "landing", "many.parquet", many.getvalue()))
    assert "11 bytes, more than 10" in only_problem(log_file(tmp_path / "b" / "landing", "large.csv", b"x" * 11))


def test_a_cell_of_ten_megabytes_is_a_value_like_any_other(landing: Path) -> None:
    row = f"{'E' * 10_000_000},assigned,2026-02-01,A1,0760,2,quota_refugee\n"
    header = "event_id,event_type,event_date,assignment_id,municipality_code,persons,category\n"
    warehouse = staged(log_file(landing, "long.csv", (header + row).encode()))
    assert warehouse.execute("select length(event_id) from staging.stg_assignment_log").fetchall() == [(10_000_000,)]


def test_formulas_are_never_evaluated(landing: Path) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.calc_on_load = False  # as what Excel saves
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["event_id", "event_type", "event_date", "assignment_id"])
        sheet.write_row(1, 0, ["E1", "cancelled", "2026-02-01"])
        sheet.write_formula(1, 3, '=CONCAT("A", 1+1)', None, "as stored")
    parsed(log_file(landing, "formula.xlsx", content.getvalue()))
    [row] = pl.read_parquet(landing.parent / "sources" / "assignment_log" / "*" / "*.parquet").rows(named=True)
    assert row["assignment_id"] == "as stored"


def test_a_file_whose_name_is_no_utf8(landing: Path) -> None:
    log_file(landing, "plain.csv", b"")
    folder = landing / ASSIGNMENT_LOG.name
    (folder / "plain.csv").rename(folder / os.fsdecode(b"\xff\xfe.csv"))
    assert parsed(landing)["file_name"].to_list() == ["\\xff\\xfe.csv"]


def test_a_whole_build_on_nasty_values(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    decisions = tmp_path / "landing" / "quota_decisions"
    decisions.mkdir(parents=True)
    with (decisions / "a'b;$(touch executed).csv").open("w", newline="") as file:
        writer = csv.writer(file)
        # A value with line breaks in the first column could be a mark that takes in the next row.
        writer.writerow(["level", "decision_id", "quota_year", "area_code", "persons"])
        writer.writerows([["kommuntal", value, 2026, "0760", 5] for value in READABLE])
    with (log_file(tmp_path / "landing", "x\x1b[2J.csv", b"") / "assignment_log" / "x\x1b[2J.csv").open(
        "w", newline=""
    ) as file:
        writer = csv.writer(file)
        writer.writerow(
            ["event_type", "event_id", "event_date", "assignment_id", "municipality_code", "persons", "category"]
        )
        writer.writerows([["assigned", v, "2026-02-01", v, "0760", 2, "quota_refugee"] for v in READABLE])
    # DuckDB would read a list, a pattern and a partition in this name.
    built = build(tmp_path / "landing", "2026-03-01", tmp_path / "o,u[t]*'put" / "run=1", whole=True)

    assert built.exit_code == 0, built.text
    assert "Traceback" not in built.text
    assert "\x1b" not in built.text
    stored = {row[0] for row in built.query("select assignment_id from marts.assignments")}
    assert stored == {value.strip() for value in READABLE}
    assert not list(tmp_path.rglob("executed"))
