"""The public day: the end of the newest month that has waited long enough, and what was known then."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from dagster_project.publish.public_day import PublicDay, public_day
from dagster_project.settings import STOCKHOLM, Settings


def settings(as_of: date, known_at: datetime | None = None, wait: int = 5) -> Settings:
    return Settings(Path(), Path(), as_of, known_at, public_wait_days=wait)


@pytest.mark.parametrize(
    ("as_of", "wait", "day"),
    [
        (date(2026, 11, 5), 5, date(2026, 10, 31)),
        (date(2026, 11, 4), 5, date(2026, 9, 30)),
        (date(2026, 10, 31), 5, date(2026, 9, 30)),
        (date(2026, 10, 31), 0, date(2026, 10, 31)),
        (date(2026, 1, 4), 5, date(2025, 11, 30)),
        (date(2026, 1, 5), 5, date(2025, 12, 31)),
        (date(2024, 3, 5), 5, date(2024, 2, 29)),
        (date(2026, 3, 1), 40, date(2025, 12, 31)),
    ],
)
def test_a_month_waits_after_its_end(as_of: date, wait: int, day: date) -> None:
    assert public_day(settings(as_of, wait=wait)) == PublicDay(day, wait)


def test_a_build_that_looks_back_knows_no_later_public_day() -> None:
    """What is known counts, where that is earlier than the as-of date."""
    known_at = datetime(2026, 7, 4, 23, 0, tzinfo=STOCKHOLM)
    assert public_day(settings(date(2026, 12, 31), known_at)).day == date(2026, 5, 31)


def test_the_next_day_and_when_each_is_known() -> None:
    day = PublicDay(date(2025, 12, 31), 5)
    assert day.published_from == date(2026, 1, 5)
    assert day.known_at == datetime(2026, 1, 5, 23, 59, 59, 999999, STOCKHOLM)
    assert day.next == PublicDay(date(2026, 1, 31), 5)
    assert day.next.next.day == date(2026, 2, 28)
