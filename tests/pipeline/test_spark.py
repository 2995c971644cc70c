"""The log on Spark: the same marts, checks and exit codes, at any depth of replacement, and no value in any message."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import EXAMPLES, Build, Built
from pipeline.test_examples import WORLDS, as_text

from dagster_project.cli import main

pytestmark = pytest.mark.spark

LOG = ("assignments", "cancellations", "log_issues", "over_plan_dialogues", "replacement_links")
OF_ONE_BUILD = {"release", "check_results"}
DEEP = 300
SECRET = "hemlig-7f3a"


# What Spark is told about a world of some hundred rows.
SMALL = "spark.ui.enabled false\nspark.sql.shuffle.partitions 2\n"


@pytest.fixture(autouse=True, scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Spark is told so as it is told everything else."""
    folder = tmp_path_factory.mktemp("spark")
    (folder / "spark-defaults.conf").write_text(SMALL)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SPARK_CONF_DIR", str(folder))
        yield


def marts_of(built: Built) -> dict[str, list[tuple[object, ...]]]:
    """Rows of every mart, whether it is a file or a folder of parts."""
    found = {}
    with duckdb.connect() as connection:
        for place in (built.finished() / "parquet").iterdir():
            source = f"{place}/*.parquet" if place.is_dir() else str(place)
            if place.stem not in OF_ONE_BUILD:
                found[place.stem] = sorted(connection.execute(f"from '{source}'").fetchall(), key=repr)
    return found


@pytest.mark.parametrize("world", WORLDS)
def test_a_release_is_the_same_on_either_engine(world: str, build: Build, tmp_path: Path) -> None:
    folder = EXAMPLES / world
    said = {file.stem: file.read_text().strip() for file in folder.glob("*.txt")}
    about = folder / "landing", said["as_of"]
    here, there = (
        build(*about, tmp_path / name, known_at=said.get("known_at"), spark=name == "spark", whole=True)
        for name in ("duckdb", "spark")
    )
    assert here.exit_code == there.exit_code == int(said["exit_code"]), there.text
    assert marts_of(there) == marts_of(here)
    for file in sorted((folder / "expected").glob("*.csv")):
        header, *expected = csv.reader(file.open(encoding="utf-8"))
        if file.stem not in LOG and "check_name" not in header:
            found = there.query(f"select {', '.join(header)} from marts.{file.stem}", there.finished())
            assert sorted([as_text(value) for value in row] for row in found) == sorted(expected), file.name


def test_long_marts_are_parts_beside_the_file_which_says_so(build: Build, tmp_path: Path) -> None:
    built = build(EXAMPLES / "world-1" / "landing", "2026-01-31", tmp_path, spark=True, whole=True)
    release = built.finished()
    tables = {name for (name,) in built.query("select table_name from duckdb_tables() where schema_name = 'marts'")}
    assert tables.isdisjoint(LOG)
    assert built.query("from duckdb_views() where not internal") == []
    for mart in LOG:
        assert f"parquet/{mart}/part-" in (release / "SHA256SUMS").read_text()
    [(said,)] = built.query("select comment from duckdb_tables() where table_name = 'release'")
    statement = said[said.index("create view marts.assignments") :]
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as warehouse:
        query = statement.replace("create view marts.assignments as ", "").replace("'parquet/", f"'{release}/parquet/")
        assert len(warehouse.execute(query).fetchall()) > 100
    assert main(["verify", "--output", str(tmp_path)]) == 0


def deep_log(landing: Path) -> Path:
    """A chain of replacements, each cancelled and replaced by the next the day after."""
    first = date(2025, 1, 1)
    rows = []
    for number in range(DEEP):
        day = first + timedelta(days=number)
        replaces = f"{SECRET}-{number - 1:03}" if number else ""
        rows.append(f"A{number},assigned,{day},{SECRET}-{number:03},0765,1,quota_refugee,{replaces}")
        rows.append(f"C{number},cancelled,{day + timedelta(days=1)},{SECRET}-{number:03},,,,")
    file = landing / "assignment_log" / "deep.csv"
    file.parent.mkdir(parents=True)
    header = "event_id,event_type,event_date,assignment_id,municipality_code,persons,category,replaces"
    file.write_text("\n".join([header, *rows]) + "\n")
    decisions = landing / "quota_decisions" / "decisions.csv"
    decisions.parent.mkdir()
    columns = "decision_id,level,quota_year,area_code,persons,decided_date"
    decisions.write_text(f"{columns}\nD,kommuntal,2025,0765,12,2024-11-01\n")
    return landing


def test_a_chain_of_replacements_may_be_of_any_depth(build: Build, tmp_path: Path) -> None:
    built = build(deep_log(tmp_path / "landing"), "2026-01-31", tmp_path / "output", spark=True, whole=True)
    parts = built.finished() / "parquet" / "assignments" / "*.parquet"
    with duckdb.connect() as connection:
        roots = connection.execute(f"select distinct original_assignment_id from '{parts}'").fetchall()
    assert roots == [(f"{SECRET}-000",)]


def test_what_breaks_on_spark_is_told_without_values(
    build: Build, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    landing = deep_log(tmp_path / "landing")
    with pytest.MonkeyPatch.context() as parse:
        parse.setattr("dagster_project.ingest.dbt_sources._parsed", broken)
        in_a_task = build(landing, "2026-01-31", tmp_path / "output", spark=True, whole=True)
    with pytest.MonkeyPatch.context() as query:
        query.setattr(
            "dagster_project.transform.spark._SOURCES", ("assignment_log", "deliveries.parquet", f"{SECRET}.parquet")
        )
        in_a_query = build(landing, "2026-01-31", tmp_path / "output", spark=True, whole=True)
    for built in (in_a_task, in_a_query):
        assert built.exit_code == 1
        assert SECRET not in built.text
    assert "ValueError" in in_a_task.text
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err
    for file in (tmp_path / "output").rglob("*"):
        if file.is_file() and file.suffix in (".log", ".json", ".jsonl"):
            assert SECRET not in file.read_text(errors="replace"), file.name


def test_what_is_missing_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["build", "--engine", "spark", "--output", str(tmp_path)]
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", os.devnull)
    assert main(command) == 2
    assert "apt-get install openjdk-17-jre-headless" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert main(command) == 2
    assert "make spark" in capsys.readouterr().err
