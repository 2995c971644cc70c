"""Loading the landing folder: which row of a key wins, and that every row is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.ingest import parsed
from dagster_project.ingest.feeds import ASSIGNMENT_LOG, FEEDS, Feed
from dagster_project.ingest.landing import LandingError, check_landing, deliveries_in, files_of
from dagster_project.ingest.load import load_deliveries, load_reference
from dagster_project.settings import REFERENCE

HEADER = "event_id,event_type,event_date,assignment_id,recorded_at,municipality_code,persons,category\n"
Load = Callable[..., duckdb.DuckDBPyConnection]


def assigned(event_id: str, persons: int, recorded_at: str = "") -> str:
    return f"{event_id},assigned,2026-02-01,A-{event_id},{recorded_at},0760,{persons},quota_refugee\n"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def from_files(**files: str) -> duckdb.DuckDBPyConnection:
        folder = tmp_path / ASSIGNMENT_LOG.name
        folder.mkdir()
        for name, rows in files.items():
            (folder / f"{name}.csv").write_text(HEADER + rows)
        warehouse = duckdb.connect()
        register = load_reference(warehouse, REFERENCE)
        load_deliveries(warehouse, deliveries_in(tmp_path), register, tmp_path / "kept", lambda _: None)
        return warehouse

    return from_files


def persons(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return warehouse.execute("select event_id, persons from raw.assignment_log order by 1").fetchall()


def set_aside(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    query = "select file_name, row_number, reason from raw.rejected_rows order by all"
    return warehouse.execute(query).fetchall()


def counts(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    query = "select rows_read, rows_accepted, rows_rejected, rows_duplicate from raw.landed_files order by file_name"
    return warehouse.execute(query).fetchall()


def test_the_later_row_wins_where_nothing_else_tells(load: Load) -> None:
    warehouse = load(a=assigned("E1", 1), b=assigned("E1", 2) + assigned("E1", 3))
    assert persons(warehouse) == [("E1", 3)]
    assert set_aside(warehouse) == [("a.csv", 1, "superseded"), ("b.csv", 1, "superseded")]


def test_the_latest_recorded_wins_and_missing_is_oldest(load: Load) -> None:
    warehouse = load(
        a=assigned("E1", 1, "2026-03-02") + assigned("E2", 1, "2020-01-01"),
        b=assigned("E1", 2, "2026-03-01") + assigned("E2", 2),
    )
    assert persons(warehouse) == [("E1", 1), ("E2", 1)]


def test_a_word_that_does_not_apply_may_be_any_and_is_as_good_as_none(load: Load) -> None:
    warehouse = load(a="E1,cancelled,2026-02-01,A1,,,,tourist\n" + assigned("E2", 1))
    kept = warehouse.execute("select event_id, category::varchar from raw.assignment_log order by 1").fetchall()
    assert kept == [("E1", None), ("E2", "quota_refugee")]


def test_the_whole_log_delivered_again_is_duplicate(load: Load) -> None:
    first, correction = assigned("E1", 1), assigned("E1", 2)
    warehouse = load(a=first, b=correction, c=first + correction)
    assert persons(warehouse) == [("E1", 2)]
    assert counts(warehouse) == [(1, 0, 1, 0), (1, 1, 0, 0), (2, 0, 0, 2)]


def test_a_file_that_comes_again_is_duplicate_but_for_what_does_not_fit(load: Load) -> None:
    content = assigned("E1", 1) + assigned("E1", 2) + assigned("E2", 100) + assigned("E3", 3)
    warehouse = load(a=content, b=content, c=assigned("E3", 3))
    assert persons(warehouse) == [("E1", 2), ("E3", 3)]
    assert counts(warehouse) == [(4, 2, 2, 0), (4, 0, 1, 3), (1, 0, 0, 1)]
    unfit = "out_of_range:persons"
    assert set_aside(warehouse) == [("a.csv", 1, "superseded"), ("a.csv", 3, unfit), ("b.csv", 3, unfit)]


RAW_TABLES = ("assignment_log", "rejected_rows", "landed_files")


def loaded(landing: Path, kept: Path) -> list[list[tuple[Any, ...]]]:
    """All rows of what a landing folder becomes."""
    with duckdb.connect() as warehouse:
        load_deliveries(warehouse, deliveries_in(landing), load_reference(warehouse, REFERENCE), kept, lambda _: None)
        return [warehouse.execute(f"from raw.{table} order by all").fetchall() for table in RAW_TABLES]


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Two files of the log, with rows that do not fit, repeated and superseded ones."""
    folder = tmp_path / "landing" / ASSIGNMENT_LOG.name
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(HEADER + assigned("E1", 1) + assigned("E2", 100) + assigned("E3", 3))
    (folder / "b.csv").write_text(HEADER + assigned("E1", 2) + assigned("E3", 3))
    return folder.parent


def test_a_file_is_parsed_once_from_build_to_build(landing: Path, tmp_path: Path) -> None:
    first = loaded(landing, tmp_path / "kept")
    with pytest.MonkeyPatch.context() as later:
        later.setattr(parsed, "read_delivery", None)  # whoever parses again breaks
        assert loaded(landing, tmp_path / "kept") == first


def test_a_new_file_beside_known_ones_is_as_if_all_were_new(landing: Path, tmp_path: Path) -> None:
    loaded(landing, tmp_path / "kept")
    (landing / ASSIGNMENT_LOG.name / "aa.csv").write_text(HEADER + assigned("E1", 3) + assigned("E4", 0))
    assert loaded(landing, tmp_path / "kept") == loaded(landing, tmp_path / "fresh")


@pytest.mark.parametrize("name", ["fitting.parquet", "rejected.parquet", "about.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_what_is_kept_and_not_whole_is_parsed_again(name: str, damage: str, landing: Path, tmp_path: Path) -> None:
    first = loaded(landing, tmp_path / "kept")
    for file in (tmp_path / "kept").glob(f"*/{name}"):
        content = file.read_bytes()
        file.unlink()
        if damage == "cut":
            file.write_bytes(content[: len(content) // 2])
    assert loaded(landing, tmp_path / "kept") == first


def test_another_program_parses_again(landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(landing, tmp_path / "kept")
    before = set((tmp_path / "kept").iterdir())
    monkeypatch.setattr(parsed, "code_digest", lambda: "another")
    loaded(landing, tmp_path / "kept")
    after = set((tmp_path / "kept").iterdir())
    assert len(before) == len(after) == 2
    assert not before & after  # what nobody needs any more is gone


def test_set_aside_rows_keep_their_text(load: Load) -> None:
    warehouse = load(a=assigned("E1", 1) + assigned("E1", 2) + assigned("E2", 100))
    raw = warehouse.execute("select row_number, raw_row::json->>'persons' from raw.rejected_rows order by 1").fetchall()
    assert raw == [(1, "1"), (3, "100")]


def test_files_are_read_in_the_byte_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / ASSIGNMENT_LOG.name
    folder.mkdir()
    for name in ("b.csv", "B.csv", "å.csv", "a-2.csv", "a.csv", ".hidden.csv", "~$a.xlsx"):
        (folder / name).write_text(HEADER)
    assert [path.name for path in files_of(tmp_path, ASSIGNMENT_LOG)] == ["B.csv", "a-2.csv", "a.csv", "b.csv", "å.csv"]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_only_decisions_must_be_there(feed: Feed, tmp_path: Path) -> None:
    for other in FEEDS:
        if other is not feed:
            (tmp_path / other.name).mkdir()
            (tmp_path / other.name / "file.csv").write_text("")
    if feed.may_be_absent:
        check_landing(tmp_path)
    else:
        with pytest.raises(LandingError, match="deliver at least one file"):
            check_landing(tmp_path)
