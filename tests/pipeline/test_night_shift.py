"""Builds that start by themselves, and what is kept of them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from conftest import Build, Built

from dagster_project import job, need
from dagster_project.cli import main
from dagster_project.definitions import defs
from dagster_project.need import reason_to_build
from dagster_project.operations import FILE_NAME, last_night, recent_builds
from dagster_project.schedules import arrivals, nightly
from dagster_project.settings import default_output, settings_for

HEAD = ("decision_id", "level", "quota_year", "area_code", "persons", "decided_date")
EVENTS = ("event_id", "event_type", "event_date", "assignment_id", "municipality_code", "persons", "category")
AS_OF = "2026-03-10"


def write(folder: Path, name: str, rows: list[tuple[object, ...]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def built(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Älmhult in March: an assignment that becomes overdue on 5 May, and a cancellation dated 20 March."""
    folder = tmp_path_factory.mktemp("night")
    landing = folder / "landing"
    write(landing / "quota_decisions", "1.csv", [HEAD, ("D", "kommuntal", 2026, "0765", 12, "2025-11-01")])
    events = [
        ("e1", "assigned", "2026-03-04", "a1", "0765", 2, "quota_refugee"),
        ("e2", "assigned", "2026-03-09", "a2", "0765", 1, "quota_refugee"),
        ("e3", "cancelled", "2026-03-20", "a2", "", "", ""),
    ]
    write(landing / "assignment_log", "1.csv", [EVENTS, *events])
    result = build(landing, AS_OF, folder / "output")
    assert result.exit_code == 0, result.text
    return result


def reason(built: Built, as_of: str) -> str | None:
    return reason_to_build(settings_for(built.output.parent / "landing", built.output, date.fromisoformat(as_of)))


@pytest.mark.parametrize(
    ("as_of", "moves"),
    [
        ("2026-03-10", False),  # the same day again
        ("2026-03-16", False),  # six days on: nothing happens, and the log is not yet stale
        ("2026-03-20", True),  # a delivered cancellation comes to pass
    ],
)
def test_the_date_alone_builds_only_what_it_moves(as_of: str, moves: bool, built: Built) -> None:
    assert (reason(built, as_of) is not None) == moves


def test_an_earlier_day_than_the_releases_is_built(built: Built) -> None:
    assert reason(built, "2026-03-09") == "the release is as of a later date"


def test_another_program_builds(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(need, "code_version", lambda: "another")
    assert reason(built, AS_OF) == "the program has changed"


@pytest.mark.parametrize("outcome", ["blocked", "broke"])
def test_a_build_that_was_not_published_is_tried_again(
    outcome: str, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    [last] = recent_builds(built.output, 1)
    monkeypatch.setattr(need, "recent_builds", lambda *_: [replace(last, outcome=outcome)])
    assert reason(built, AS_OF) == "the last build was not published"


def test_without_a_release_there_is_a_reason(built: Built, tmp_path: Path) -> None:
    settings = settings_for(built.output.parent / "landing", tmp_path, date.fromisoformat(AS_OF))
    assert reason_to_build(settings) == "there is no release yet"


@pytest.fixture
def landing(built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the landing folder that a test may add to, named by the environment, on the day of the release."""
    copy = tmp_path / "landing"
    for file in (built.output.parent / "landing").rglob("*.csv"):
        target = copy / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    monkeypatch.setenv("ARSPLAN_LANDING", str(copy))
    monkeypatch.setenv("ARSPLAN_OUTPUT", str(built.output))
    (built.output / FILE_NAME).unlink(missing_ok=True)
    monkeypatch.setattr("dagster_project.schedules.today_in_stockholm", lambda: date.fromisoformat(AS_OF))
    return copy


def look(cursor: str | None, instance: dg.DagsterInstance) -> tuple[list[str], str | None]:
    """One look of the sensor: the reasons of the builds it asks for, and its cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    data = arrivals.evaluate_tick(context)
    return [request.tags["reason"] for request in data.run_requests or []], data.cursor


def test_arrivals_are_built_when_they_have_stopped_growing(landing: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        asked, cursor = look(None, instance)
        assert asked == []
        asked, cursor = look(cursor, instance)
        assert asked == []  # what lies there is in the release already

        file = landing / "assignment_log" / "2.csv"
        write(landing / "assignment_log", "2.csv", [EVENTS])
        asked, cursor = look(cursor, instance)
        assert asked == []  # just arrived
        with file.open("a") as growing:
            growing.write("e9,assigned,2026-03-10,a9,0765,3,quota_refugee\n")
        asked, cursor = look(cursor, instance)
        assert asked == []  # it has grown
        asked, cursor = look(cursor, instance)
        assert asked == ["deliveries have come in or changed"]
        asked, cursor = look(cursor, instance)
        assert asked == []  # asked for once


def test_the_night_builds_only_with_a_reason(landing: Path, tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        unchanged = nightly.evaluate_tick(dg.build_schedule_context(instance=instance))
        assert unchanged.run_requests == []
        assert unchanged.skip_message == "nothing has changed"
        assert last_night(default_output()) is not None
        write(landing / "redistributions", "1.csv", [("agreement_id",)])
        changed = nightly.evaluate_tick(dg.build_schedule_context(instance=instance))
        assert [request.tags["reason"] for request in changed.run_requests or []] == [
            "deliveries have come in or changed"
        ]


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
        broken.setattr("dagster_project.ingest.assets.load_deliveries", lambda *_: 1 / 0)
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
    page = (output / "current" / "public" / "datakvalitet.html").read_text(encoding="utf-8")
    assert [page.count(f">{word}</td>") for word in ("Publicerat", "Avbröts", "Stoppat")] == [1, 1, 1]
    assert "ZeroDivisionError" not in page
