"""The log on Spark: the same marts, checks and exit codes, at any depth of replacement, and no value in any message."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import EXAMPLES, Build, Built
from pipeline.mail_server import free_port
from pipeline.test_examples import WORLDS, as_text

from dagster_project.cli import main
from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.transform.run_dbt import dbt_variables
from dagster_project.transform.spark import build_log, session

pytestmark = pytest.mark.spark

LOG = ("assignments", "cancellations", "log_issues", "over_plan_dialogues", "replacement_links")
OF_ONE_BUILD = {"release", "check_results"}
DEEP = 300
SECRET = "hemlig-7f3a"


# What Spark is told about a world of some hundred rows.
SMALL = "spark.ui.enabled false\nspark.sql.shuffle.partitions 2\nspark.sql.ansi.enabled false\n"


@pytest.fixture(autouse=True, scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Spark is told so as it is told everything else."""
    folder = tmp_path_factory.mktemp("spark")
    (folder / "spark-defaults.conf").write_text(SMALL)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SPARK_CONF_DIR", str(folder))
        yield


@dataclass(frozen=True)
class Released:
    """One of the example worlds on both engines."""

    world: Path
    here: Built
    there: Built


# Spark takes a minute a world, so one is enough for every change; `make test-long` runs them all.
QUICK, *LONG = WORLDS


@pytest.fixture(scope="module", params=[QUICK, *(pytest.param(world, marks=pytest.mark.long) for world in LONG)])
def released(request: pytest.FixtureRequest, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Released:
    world = EXAMPLES / request.param
    said = {file.stem: file.read_text().strip() for file in world.glob("*.txt")}
    folder = tmp_path_factory.mktemp(request.param)
    on = {
        spark: build(world / "landing", said["as_of"], folder / f"{spark}", known_at=said.get("known_at"), spark=spark)
        for spark in (False, True)
    }
    assert on[True].exit_code == on[False].exit_code == int(said["exit_code"]), on[True].text
    return Released(world, on[False], on[True])


def marts_of(built: Built) -> dict[str, list[tuple[object, ...]]]:
    """Rows of every mart, whether it is a file or a folder of parts."""
    marts = {place.stem for place in (built.finished() / "parquet").iterdir()} - OF_ONE_BUILD
    return {mart: sorted(built.query(f"from {built.place_of(mart)}", built.finished()), key=repr) for mart in marts}


def test_a_release_is_the_same_on_either_engine(released: Released) -> None:
    assert marts_of(released.there) == marts_of(released.here)
    for file in sorted((released.world / "expected").glob("*.csv")):
        header, *expected = csv.reader(file.open(encoding="utf-8"))
        if "check_name" not in header:
            query = f"select {', '.join(header)} from {released.there.place_of(file.stem)}"
            found = released.there.query(query, released.there.finished())
            assert sorted([as_text(value) for value in row] for row in found) == sorted(expected), file.name


@pytest.mark.parametrize("released", [QUICK], indirect=True)
def test_long_marts_are_parts_beside_the_file_which_says_so(released: Released) -> None:
    built = released.there
    release = built.finished()
    tables = {name for (name,) in built.query("select table_name from duckdb_tables() where schema_name = 'marts'")}
    assert tables.isdisjoint(LOG)
    assert built.query("from duckdb_views() where not internal") == []
    for mart in LOG:
        assert f"parquet/{mart}/part-" in (release / "SHA256SUMS").read_text()
    [(said,)] = built.query("select comment from duckdb_tables() where table_name = 'release'")
    statement = said[said.index("create view marts.assignments") :]
    query = statement.replace("create view marts.assignments as ", "").replace("'parquet/", f"'{release}/parquet/")
    assert len(built.query(query)) > 100
    assert main(["verify", "--output", str(built.output)]) == 0


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


def test_a_chain_of_replacements_may_be_of_any_depth(tmp_path: Path) -> None:
    write_sources(deep_log(tmp_path / "landing"), tmp_path / "sources", tmp_path / "kept", lambda *_: None)
    traced, variables = "int_replacements_traced_to_originals", dbt_variables(date(2026, 1, 31), None, "B1")
    folders = tmp_path / "sources", tmp_path / "dbt", tmp_path / "log"
    with duckdb.connect() as warehouse:
        build_log("local[2]", *folders, variables, lambda: nullcontext(warehouse), selected=[f"+{traced}"])
        query = f"select original_assignment_id, count(*) from intermediate.{traced} group by all"
        assert warehouse.execute(query).fetchall() == [(f"{SECRET}-000", DEEP - 1)]


def test_what_breaks_on_spark_is_told_without_values(
    build: Build, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    landing = deep_log(tmp_path / "landing")
    with pytest.MonkeyPatch.context() as parse:
        parse.setattr("dagster_project.ingest.dbt_sources._parsed", broken)
        in_a_task = build(landing, "2026-01-31", tmp_path / "output", spark=True)
    with pytest.MonkeyPatch.context() as query:
        query.setattr(
            "dagster_project.transform.spark._SOURCES", ("assignment_log", "deliveries.parquet", f"{SECRET}.parquet")
        )
        in_a_query = build(landing, "2026-01-31", tmp_path / "output", spark=True)
    with pytest.raises(Exception, match="CAST_INVALID_INPUT"):
        session("local[2]").sql(f"select cast('{SECRET}' as int)").collect()
    for built in (in_a_task, in_a_query):
        assert built.exit_code == 1
        assert SECRET not in built.text
    assert "ValueError" in in_a_task.text
    written = capfd.readouterr()
    assert SECRET not in written.out + written.err
    for file in (tmp_path / "output").rglob("*"):
        if file.is_file() and file.suffix in (".log", ".json", ".jsonl"):
            assert SECRET not in file.read_text(errors="replace"), file.name


def test_what_does_not_fit_into_a_number_is_an_error() -> None:
    """Whatever the cluster's own settings say."""
    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        session("local[2]").sql("select sum(big) from values (9223372036854775807), (1) as t(big)").collect()


def test_what_is_missing_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["build", "--engine", "spark", "--output", str(tmp_path)]
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setenv("ARSPLAN_ENGINE", "spark")
    for either in (command, ["up", "--port", str(free_port())]):
        assert main(either) == 2
        assert "apt-get install openjdk-17-jre-headless" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert main(command) == 2
    assert "make spark" in capsys.readouterr().err
