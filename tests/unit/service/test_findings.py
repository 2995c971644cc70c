"""What builds and looks find around them: the clock, an as-of date to come, an old release."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dagster_project.language import LANGUAGES
from dagster_project.releases.build_json import Description
from dagster_project.service import delivery_queue
from dagster_project.service.alerts import told
from dagster_project.service.delivery_queue import in_time
from dagster_project.service.findings import at_start
from dagster_project.service.state import opened
from dagster_project.service.status import CRITICAL, FINE, status_of
from dagster_project.service.watch import look_for_problems
from dagster_project.settings import settings_for

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder with a release built at 07:00."""
    folder = tmp_path / "output" / "releases" / "R1"
    folder.mkdir(parents=True)
    Description("R1", NOW, date(2026, 11, 23), "1", published=True).write(folder)
    (tmp_path / "output" / "current").symlink_to(folder)
    (tmp_path / "landing").mkdir()
    return tmp_path / "output"


def kinds(output: Path, as_of: date, now: datetime) -> list[str]:
    found = at_start(settings_for(output.parent / "landing", output, as_of), now)
    return [
        finding.kind for finding in found if finding.kind != "state" and all(told(finding, one) for one in LANGUAGES)
    ]


@pytest.mark.parametrize(
    ("as_of", "now", "expected"),
    [
        (date(2026, 11, 23), NOW, []),
        (date(2026, 11, 24), NOW, ["future"]),
        (date(2026, 11, 24), NOW.replace(hour=23), []),  # it is the 24th in Stockholm
        (date(2026, 11, 22), NOW - timedelta(minutes=1), ["clock"]),
    ],
)
def test_a_day_to_come_and_a_clock_that_has_gone_back(
    as_of: date, now: datetime, expected: list[str], output: Path
) -> None:
    assert kinds(output, as_of, now) == expected
    assert (status_of(output, now, now.time()).code == CRITICAL) == ("clock" in expected)


def test_a_release_that_grows_old_is_critical_and_told(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_of(output, NOW + timedelta(hours=36), NOW.time()).code == FINE
    assert status_of(output, NOW + timedelta(hours=37), NOW.time()).code == CRITICAL
    alerts = output.parent / "alerts.toml"
    alerts.write_text('[[receiver]]\nurl = "json://127.0.0.1:1/"\n')
    monkeypatch.setenv("ARSPLAN_ALERTS", str(alerts))
    settings = settings_for(output.parent / "landing", output, date(2026, 11, 23))
    look_for_problems(settings, NOW + timedelta(hours=37), NOW.time())
    with opened(output) as connection:
        told_of = [name for (name,) in connection.execute("select problem from problems order by 1")]
    assert "release_age" in told_of
    monkeypatch.setenv("ARSPLAN_OLDEST_RELEASE_HOURS", "48")
    assert status_of(output, NOW + timedelta(hours=37), NOW.time()).code < CRITICAL


def test_a_round_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 50.0, 61.0, 62.0])
    monkeypatch.setattr(delivery_queue.time, "monotonic", lambda: next(clock))
    assert list(in_time("abc")) == ["a", "b"]
