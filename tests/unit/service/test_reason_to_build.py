"""When the service builds, and when it only tells."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from dagster_project.releases.build_record import BLOCKED, BROKE, PUBLISHED, BuildRecord
from dagster_project.service.reason_to_build import MOST_TRIES, reason_to_build
from dagster_project.settings import STOCKHOLM

NIGHTLY_AT = time(4, 15)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)  # 04:20 in Stockholm
AGAIN, ARRIVED = "the build before did not come to its end", "deliveries have come or gone"


def build(began_at: datetime, outcome: str = PUBLISHED, landing: str = "A", days: int = 0) -> BuildRecord:
    as_of = began_at.astimezone(STOCKHOLM).date() - timedelta(days=days)
    return BuildRecord("B", began_at, began_at, as_of, outcome, None, {}, {}, {}, {}, landing)


TONIGHT = build(NIGHT)
BEFORE = build(NIGHT - timedelta(days=1))


def reason(builds: list[BuildRecord], found: str, seen: str | None, now: datetime = NOON) -> str | None:
    return reason_to_build(builds, found, seen, now, NIGHTLY_AT)


@pytest.mark.parametrize(
    ("builds", "found", "seen", "expected"),
    [
        ([TONIGHT], "A", "A", None),
        ([TONIGHT], "B", "A", None),  # it may still grow
        ([TONIGHT], "B", "B", ARRIVED),
        ([TONIGHT], "B", None, None),  # the service has just begun
        ([build(NIGHT, BLOCKED)], "A", "A", None),
        ([build(NIGHT, BROKE)], "A", "A", AGAIN),
        ([build(NIGHT, BROKE)] * (MOST_TRIES - 1), "A", "A", AGAIN),
        ([build(NIGHT, BROKE)] * MOST_TRIES, "A", "A", None),  # only told
        ([build(NIGHT, BROKE, "B")] * MOST_TRIES + [TONIGHT], "C", "C", ARRIVED),
        ([build(NIGHT, BROKE, "B"), build(NIGHT, BROKE, "A"), TONIGHT], "B", "B", AGAIN),
    ],
)
def test_by_day(builds: list[BuildRecord], found: str, seen: str | None, expected: str | None) -> None:
    assert reason(builds, found, seen) == expected


@pytest.mark.parametrize(
    ("builds", "seen", "now", "expected"),
    [
        ([BEFORE], "A", NIGHT - timedelta(minutes=6), None),
        ([BEFORE], "A", NIGHT, "the night"),
        ([BEFORE], "A", NOON, "the night"),  # the machine was off
        ([TONIGHT, BEFORE], "A", NOON, None),
        ([build(NIGHT, BROKE)] * MOST_TRIES, "A", NIGHT + timedelta(days=1), "the night"),
        ([BEFORE], "B", NIGHT, None),  # something is coming in
        ([BEFORE], "B", NIGHT + timedelta(hours=1, minutes=1), "the night"),  # it has been waited for long enough
        ([build(NIGHT, days=30), BEFORE], "A", NOON, "the night"),  # somebody looked back in between
        ([], "A", NIGHT, "the night"),
    ],
)
def test_by_night(builds: list[BuildRecord], seen: str, now: datetime, expected: str | None) -> None:
    assert reason(builds, "A", seen, now) == expected
