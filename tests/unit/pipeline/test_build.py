"""What a build notes of its steps, and what a release says of itself."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from unit.small_release import publish

from dagster_project.errors import ReportableError
from dagster_project.pipeline.build import Build, BuildRunningError, new_build
from dagster_project.releases.build_json import CheckResult, CountyBelow, Description, read_description
from dagster_project.service.journal import ended_builds
from dagster_project.settings import settings_for


def test_a_build_notes_how_long_its_steps_took_and_which_broke(tmp_path: Path) -> None:
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 1, 1))) as build:
        with build.step("ingest"):
            assert build.seconds_by_step() == {}
        with pytest.raises(ReportableError, match="ZeroDivisionError"), build.step("checks"):
            print(1 / 0)
        assert list(build.seconds_by_step()) == ["ingest", "checks"]
        cause = build.cause()
        assert cause is not None and cause.startswith("checks: ZeroDivisionError")
        assert build.finished() is None


def test_a_step_in_two_parts_took_as_long_as_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.5, 20.0, 20.25, 30.0, 31.0])
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 1, 1))) as build:
        monkeypatch.setattr("time.perf_counter", lambda: next(clock))
        for name in ("documents", "checks", "documents"):
            with build.step(name):
                pass
        assert build.seconds_by_step() == {"documents": 3.5, "checks": 0.25}


def test_an_error_stays_fit_to_be_shown_where_it_cannot_be_noted(tmp_path: Path) -> None:
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 1, 1))) as build:
        (build.folder / "steps.jsonl").mkdir()
        with pytest.raises(ReportableError, match="ZeroDivisionError"), build.step("checks"):
            print(1 / 0)
        assert build.cause() is None


def test_a_note_that_a_full_disk_cut_is_passed_over(tmp_path: Path) -> None:
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 1, 1))) as build:
        (build.folder / "steps.jsonl").write_text('{"step": "ingest", "seconds": 1.5, "cause": null}\n{"step": "tra')
        assert build.seconds_by_step() == {"ingest": 1.5}


def test_two_builds_never_meet(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "landing", tmp_path, date(2026, 1, 1))
    with new_build(settings), pytest.raises(BuildRunningError), new_build(settings):
        pass


def test_what_a_killed_build_left_is_thrown_away(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "landing", tmp_path, date(2026, 1, 1))
    left = Build(settings, "20260101T000000000000Z")
    left.release.path.mkdir(parents=True)
    with new_build(settings) as build:
        assert [folder.name for folder in build.folder.parent.iterdir()] == [build.build_id]
    assert not left.folder.parent.exists()


def described() -> Description:
    return Description(
        build_id="B1",
        built_at=datetime(2026, 3, 1, 4, 15, tzinfo=UTC),
        as_of=date(2026, 3, 1),
        code_version="1",
        published=False,
        files=({"feed": "assignment_log", "sha256": "x", "problem": None},),
        new_files_by_feed={"assignment_log": 1},
        checks=(CheckResult("files_readable", "error", False, 1, ("a.csv: why",)),),
        counties_below_lanstal=(CountyBelow(2026, "07", "Kronobergs län", 9, 10),),
        seconds_by_step={"ingest": 0.5},
    )


def test_what_a_release_says_is_read_as_it_was_written(tmp_path: Path) -> None:
    described().write(tmp_path)
    assert read_description(tmp_path) == described()
    assert read_description(tmp_path / "nowhere") is None


def test_what_an_older_or_newer_program_wrote_is_read_too(tmp_path: Path) -> None:
    described().write(tmp_path)
    file = tmp_path / "build.json"
    content = json.loads(file.read_text()) | {"of a newer program": 1}
    del content["counties_below_lanstal"], content["remarks"], content["new_files_by_feed"]
    file.write_text(json.dumps(content))
    found = read_description(tmp_path)
    assert found is not None
    assert (found.build_id, found.counties_below_lanstal, found.new_files_by_feed) == ("B1", (), {})


def test_a_build_looks_once_for_what_it_goes_on_from_and_writes_down_what_it_passes_over(tmp_path: Path) -> None:
    good, _ = publish(tmp_path, 1)
    bad, _ = publish(tmp_path, 2)
    (bad / "warehouse.duckdb").unlink()
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 3, 3))) as build:
        before = build.findings()
        assert build.predecessor.folder == good
        assert build.predecessor.folder == good
        assert [(finding.kind, finding.about) for finding in build.findings()[len(before) :]] == [("release", bad.name)]


def test_why_a_build_broke_is_written_down_where_no_step_could(tmp_path: Path) -> None:
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 3, 3))) as build:
        build.broke("Dagster's event log: the disk is full")
    [broken] = ended_builds(tmp_path, 1)
    assert broken.cause == "Dagster's event log: the disk is full"


@pytest.mark.parametrize("place", ["releases", "blocked"])
def test_a_clock_gone_back_sorts_no_build_before_an_older_one(place: str, tmp_path: Path) -> None:
    (tmp_path / place / "29990101T000000000000Z").mkdir(parents=True)
    (tmp_path / place / "saved by somebody").mkdir()
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 3, 3))) as build:
        assert build.build_id == "29990101T000000000001Z"
