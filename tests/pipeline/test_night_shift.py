"""Builds that start by themselves, and what is kept of them."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from conftest import Build

from dagster_project.cli import main
from dagster_project.definitions import defs
from dagster_project.ingest.landing import fingerprint
from dagster_project.pipeline import job
from dagster_project.pipeline.schedules import arrivals, nightly
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.service.build_history import recent_builds, record_build
from dagster_project.settings import default_output

HEAD = ("decision_id", "level", "quota_year", "area_code", "persons", "decided_date")
EVENTS = ("event_id", "event_type", "event_date", "assignment_id", "municipality_code", "persons", "category")
AS_OF = "2026-03-10"


def write(folder: Path, name: str, rows: list[tuple[object, ...]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing folder that the environment names, beside an output folder in which nothing was built."""
    folder = tmp_path / "landing"
    write(folder / "quota_decisions", "1.csv", [HEAD, ("D", "kommuntal", 2026, "0765", 12, "2025-11-01")])
    monkeypatch.setenv("ARSPLAN_LANDING", str(folder))
    monkeypatch.setenv("ARSPLAN_OUTPUT", str(tmp_path / "output"))
    (tmp_path / "output").mkdir()
    return folder


def built_from(landing: Path, build_id: str) -> None:
    """Remember a build that has ended, of the landing folder as it is."""
    at = datetime(2026, 3, 10, tzinfo=UTC)
    made = BuildRecord(build_id, at, at, at.date(), PUBLISHED, None, {}, {}, {}, {}, fingerprint(landing))
    record_build(default_output(), made)


def look(cursor: str | None, instance: dg.DagsterInstance) -> tuple[list[str], str | None]:
    """One look of the sensor: the keys of the runs it asks for, and its cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    data = arrivals.evaluate_tick(context)
    return [f"{request.run_key}" for request in data.run_requests or []], data.cursor


def test_arrivals_are_built_when_they_have_stopped_growing(landing: Path) -> None:
    built_from(landing, "B1")
    with dg.DagsterInstance.ephemeral() as instance:
        asked, cursor = look(None, instance)
        assert asked == []  # the last build found the folder like this

        file = landing / "assignment_log" / "2.csv"
        write(landing / "assignment_log", "2.csv", [EVENTS])
        asked, cursor = look(cursor, instance)
        assert asked == []  # just arrived
        with file.open("a") as growing:
            growing.write("e9,assigned,2026-03-10,a9,0765,3,quota_refugee\n")
        asked, cursor = look(cursor, instance)
        assert asked == []  # it has grown
        asked, cursor = look(cursor, instance)
        [first] = asked
        asked, cursor = look(cursor, instance)
        assert asked == [first]  # the same key starts no second run

        built_from(landing, "B2")
        asked, cursor = look(cursor, instance)
        assert asked == []


def test_a_folder_that_no_build_has_seen_is_built(landing: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        asked, cursor = look(None, instance)
        assert asked == []
        asked, _ = look(cursor, instance)
        assert asked == [f"{fingerprint(landing)} after nothing"]


def test_a_file_that_came_while_a_build_ran_is_built_after_it(landing: Path) -> None:
    """The build wrote down the folder as it was when it began."""
    built_from(landing, "B1")
    write(landing / "assignment_log", "2.csv", [EVENTS])
    with dg.DagsterInstance.ephemeral() as instance:
        _, cursor = look(None, instance)
        asked, _ = look(cursor, instance)
        assert asked == [f"{fingerprint(landing)} after B1"]


def test_every_night_is_built(landing: Path, tmp_path: Path) -> None:
    built_from(landing, "B1")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        tick = nightly.evaluate_tick(dg.build_schedule_context(instance=instance))
        assert len(tick.run_requests or []) == 1


def test_the_schedule_runs_by_stockholms_clock() -> None:
    schedule = defs.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("15 4 * * *", "Europe/Stockholm")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert defs.resolve_sensor_def("arrivals").default_status == dg.DefaultSensorStatus.RUNNING


def test_old_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "KEPT_RUNS", 2)

    @dg.job
    def nothing() -> None:
        pass

    with dg.DagsterInstance.ephemeral() as instance:
        runs = [nothing.execute_in_process(instance=instance).run_id for _ in range(4)]
        job.forget_old_runs(instance)
        assert {run.run_id for run in instance.get_runs()} == set(runs[-2:])


def test_every_build_is_remembered(build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Published, blocked and broken ones; the pages show them, and `arsplan status` tells of the last."""
    landing, output = tmp_path / "landing", tmp_path / "output"
    write(landing / "quota_decisions", "1.csv", [HEAD, ("D", "kommuntal", 2026, "0765", 12, "2025-11-01")])
    assert build(landing, AS_OF, output).exit_code == 0
    write(landing / "redistributions", "1.csv", [("no such column",)])
    assert build(landing, AS_OF, output).exit_code == 3
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("dagster_project.pipeline.assets.write_sources", lambda *_: 1 / 0)
        assert build(landing, AS_OF, output).exit_code == 1

    assert main(["status", "--output", str(output)]) == 2
    assert "the last build broke" in capsys.readouterr().out
    (landing / "redistributions" / "1.csv").unlink()
    assert build(landing, AS_OF, output, with_site=True).exit_code == 0

    runs = recent_builds(output, 10)
    assert [run.outcome for run in runs] == ["published", "broke", "blocked", "published"]
    published, broke, blocked, _ = runs
    assert broke.cause is not None and broke.cause.startswith("ingest: ZeroDivisionError")
    assert not blocked.checks["files_readable"].passed
    described = json.loads((output / "current" / "build.json").read_text())
    assert published.build_id == described["build_id"]
    assert published.rows_by_mart == described["rows_by_mart"]
    assert published.seconds_by_step == described["seconds_by_step"] | published.seconds_by_step
    assert len(published.checks) == len(described["checks"])
    page = (output / "current" / "internal" / "datakvalitet.html").read_text(encoding="utf-8")
    assert [page.count(f">{word}</td>") for word in ("Publicerat", "Avbröts", "Stoppat")] == [1, 1, 1]
    assert "ZeroDivisionError" not in page
