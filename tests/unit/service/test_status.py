"""What `arsplan status` makes of the current release and the history of builds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from dagster_project.releases.build_json import ERROR, CheckResult, Description
from dagster_project.releases.build_record import BLOCKED, BROKE, PUBLISHED, BuildRecord
from dagster_project.service.alert_and_answer_settings import AlertSettings, Receiver
from dagster_project.service.alerts import Problem, deliver, report
from dagster_project.service.journal import recent_builds, record_end
from dagster_project.service.status import CRITICAL, FINE, WARNING, next_build_at, status_of
from dagster_project.settings import SettingError, nightly_at

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NIGHTLY_AT = time(4, 15)
WARNS = {
    "no_log_issues": CheckResult("no_log_issues", "warn", False, 8),
    "files_readable": CheckResult("files_readable", "error", True, 0),
}
BLOCKS = {"files_readable": CheckResult("files_readable", "error", False, 1)}


def release(output: Path, built_at: datetime) -> None:
    folder = output / "releases" / "R1"
    folder.mkdir(parents=True)
    (output / "current").symlink_to(folder)
    file = {"feed": "assignment_log", "rows_accepted": 12, "rows_rejected": 3}
    Description("R1", built_at, date(2026, 11, 23), "1", published=True, files=(file,)).write(folder)


def build(
    output: Path, outcome: str, checks: dict[str, CheckResult], ended_at: datetime = NOW, cause: str | None = None
) -> BuildRecord:
    run = BuildRecord(
        f"B{ended_at:%Y%m%d%H%M%S}",
        ended_at - timedelta(seconds=20),
        ended_at,
        date(2026, 11, 23),
        outcome,
        cause,
        {"ingest": 1.5},
        {"assignments": 12},
        {"assignment_log": 1},
        checks,
        "a fingerprint",
    )
    record_end(output, run)
    return run


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    first = build(tmp_path, PUBLISHED, WARNS, NOW - timedelta(days=1))
    second = build(tmp_path, BROKE, {}, cause="transform: the disk is full")
    assert recent_builds(tmp_path, 5) == [second, first]
    assert recent_builds(tmp_path, 1) == [second]
    assert recent_builds(tmp_path / "elsewhere", 5) == []


def test_nothing_was_ever_built(tmp_path: Path) -> None:
    status = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert status.code == CRITICAL
    assert status.lines[0] == "CRITICAL: there is no release"


def test_a_link_that_leads_nowhere_is_critical(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("releases/R1")
    status = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert (status.code, status.lines[0]) == (CRITICAL, f"CRITICAL: {tmp_path / 'current'} leads to no release")


@pytest.mark.parametrize("text", ["", '{"build_id": "R1"', "[]", '{"build_id": "R1"}', "\0"])
def test_a_current_release_that_cannot_be_read_is_critical(text: str, tmp_path: Path) -> None:
    release(tmp_path, NOW)
    build(tmp_path, PUBLISHED, {})
    file = tmp_path / "current" / "build.json"
    file.write_text(text)
    status = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert (status.code, status.lines[0]) == (CRITICAL, f"CRITICAL: {file} cannot be read")
    file.unlink()
    status = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert (status.code, status.lines[0]) == (CRITICAL, f"CRITICAL: {file} is missing")


@pytest.mark.parametrize(
    ("outcome", "checks", "code", "first_line"),
    [
        (PUBLISHED, {}, FINE, "OK: the last build was published"),
        (PUBLISHED, WARNS, WARNING, "WARNING: 1 check warns"),
        (BLOCKED, BLOCKS, CRITICAL, "CRITICAL: publication is blocked by 1 check"),
        (BROKE, {}, CRITICAL, "CRITICAL: the last build broke"),
    ],
)
def test_the_last_build_decides(
    outcome: str, checks: dict[str, CheckResult], code: int, first_line: str, tmp_path: Path
) -> None:
    release(tmp_path, NOW - timedelta(hours=3))
    build(tmp_path, outcome, checks)
    status = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert (status.code, status.lines[0]) == (code, first_line)


def test_an_alert_that_nobody_took_is_told(tmp_path: Path) -> None:
    release(tmp_path, NOW - timedelta(hours=3))
    build(tmp_path, PUBLISHED, {})
    alerts = AlertSettings(receiver=[Receiver(name="operators", url="json://unused")])
    report(tmp_path, alerts, ["build"], [Problem("build", ERROR, 1, {"cause": "x"})], NOW, "HOST")
    status = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert (status.code, status.lines[0]) == (WARNING, "WARNING: 1 alert waits to be taken")
    deliver(tmp_path, alerts, NOW, lambda *_: True)
    assert status_of(tmp_path, NOW, NIGHTLY_AT).code == FINE


def test_says_what_came_in_and_what_blocks(tmp_path: Path) -> None:
    release(tmp_path, NOW - timedelta(hours=3))
    build(tmp_path, BLOCKED, BLOCKS)
    text = "\n".join(status_of(tmp_path, NOW, NIGHTLY_AT).lines)
    assert "R1, 3 h old, as of 2026-11-23" in text
    assert "1 files (1 new), 12 rows accepted, 3 rejected" in text
    assert "blocks         files_readable: 1" in text
    assert "next build due   2026-11-24 04:15" in text


def test_a_night_without_a_build_is_told(tmp_path: Path) -> None:
    """It is 08:00 in Stockholm, and the schedule builds at 04:15."""
    release(tmp_path, NOW - timedelta(hours=27))
    build(tmp_path, PUBLISHED, {}, NOW - timedelta(hours=27))
    missed = status_of(tmp_path, NOW, NIGHTLY_AT)
    assert missed.code == WARNING
    assert "the build of 2026-11-23 04:15 did not run" in missed.lines[0]
    assert status_of(tmp_path, NOW - timedelta(hours=3), NIGHTLY_AT).code == FINE  # not an hour late yet
    build(tmp_path, PUBLISHED, {}, NOW - timedelta(hours=3, minutes=44))
    assert status_of(tmp_path, NOW, NIGHTLY_AT).code == FINE


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T03:14:00+00:00", "2026-11-23T04:15:00+01:00"),
        ("2026-11-23T03:15:00+00:00", "2026-11-24T04:15:00+01:00"),
        ("2026-03-28T12:00:00+00:00", "2026-03-29T04:15:00+02:00"),  # the clocks go forward that night
        ("2026-10-24T12:00:00+00:00", "2026-10-25T04:15:00+01:00"),  # and back
    ],
)
def test_the_next_build_follows_stockholms_clocks(now: str, due: str) -> None:
    assert next_build_at(datetime.fromisoformat(now), NIGHTLY_AT) == datetime.fromisoformat(due)


@pytest.mark.parametrize(("text", "complaint"), [("25:00", "a time of day such as 04:15"), ("02:30", "clocks change")])
def test_a_wrong_hour_is_refused(text: str, complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARSPLAN_NIGHTLY_AT", text)
    with pytest.raises(SettingError, match=complaint):
        nightly_at()
