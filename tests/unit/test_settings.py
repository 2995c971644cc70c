"""Settings that are read from text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dagster_project.settings import SettingError, engine, known_at_of


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-10", datetime(2026, 7, 10, 21, 59, 59, 999_999, UTC)),
        ("20260710", datetime(2026, 7, 10, 21, 59, 59, 999_999, UTC)),  # a date alone, however it is written
        ("2026-01-10T12:00:00", datetime(2026, 1, 10, 11, tzinfo=UTC)),
        ("2026-01-10T12:00:00Z", datetime(2026, 1, 10, 12, tzinfo=UTC)),
    ],
)
def test_a_date_is_known_to_its_end_and_a_time_is_stockholms(text: str, moment: datetime) -> None:
    assert known_at_of(text) == moment


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="format"):
        known_at_of("yesterday")


def test_an_engine_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine() == "duckdb"
    monkeypatch.setenv("ARSPLAN_ENGINE", "sparc")
    with pytest.raises(SettingError, match="ARSPLAN_ENGINE is 'sparc': write duckdb or spark"):
        engine()
