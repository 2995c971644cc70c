"""Marts as files, written beside what a build does next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.publish.mart_files import MartFiles


@pytest.fixture
def files(tmp_path: Path) -> MartFiles:
    """Of a warehouse with two marts in no order; only assignments, which are brought up to date, have one."""

    @contextmanager
    def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
            yield connection

    with warehouse() as connection:
        connection.execute("""
            create schema marts;
            create table marts.assignments as from (values ('b'), ('c'), ('a')) as rows (assignment_id);
            create table marts.counties as
            from (values ('02', 'Second'), ('01', 'First')) as rows (county_code, county_name)
        """)
    return MartFiles(tmp_path / "parquet", tmp_path / "data", warehouse)


def column(folder: Path, mart: str) -> list[str]:
    return pl.read_parquet(folder / "parquet" / f"{mart}.parquet").to_series().to_list()


def test_a_mart_that_is_brought_up_to_date_is_put_in_order(files: MartFiles, tmp_path: Path) -> None:
    files.begin(["counties", "assignments"])
    assert files.finish() == {"assignments": 3, "counties": 2}
    assert column(tmp_path, "assignments") == ["a", "b", "c"]
    assert column(tmp_path, "counties") == ["02", "01"]


def test_only_public_marts_can_be_downloaded(files: MartFiles, tmp_path: Path) -> None:
    files.begin(["counties", "assignments"])
    files.finish()
    names = {f"counties.{form}" for form in ("csv", "excel.csv", "json", "parquet")}
    assert {file.name for file in (tmp_path / "data").iterdir()} == names


def test_what_is_begun_is_whole_when_it_is_closed(files: MartFiles, tmp_path: Path) -> None:
    files.begin(["assignments"])
    files.close()
    assert column(tmp_path, "assignments") == ["a", "b", "c"]
    assert [file.name for file in (tmp_path / "parquet").iterdir()] == ["assignments.parquet"]


def test_what_went_wrong_beside_is_told(files: MartFiles, tmp_path: Path) -> None:
    (tmp_path / "parquet").write_text("no folder")
    files.begin(["assignments"])
    with pytest.raises(FileExistsError):
        files.finish()
