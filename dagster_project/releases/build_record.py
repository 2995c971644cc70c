"""One run of a build: under way, or how it ended: published, blocked, or broken before its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dagster_project.releases.build_json import CheckResult

RUNNING, PUBLISHED, BLOCKED, BROKE = "running", "published", "blocked", "broke"


@dataclass(frozen=True)
class BuildRecord:
    """One build. Times are UTC, `ended_at` None where none is known; `cause` says why it broke; seconds by step, rows
    by mart, files that the release before had not, by feed, and checks by name, without their findings. `landing` is
    the fingerprint of the landing folder as it was when the build began.
    """

    build_id: str
    began_at: datetime
    ended_at: datetime | None
    as_of: date
    outcome: str
    cause: str | None
    seconds_by_step: dict[str, float]
    rows_by_mart: dict[str, int]
    new_files_by_feed: dict[str, int]
    checks: dict[str, CheckResult]
    landing: str | None = None

    @property
    def seconds(self) -> float | None:
        """From beginning to end, where both are known."""
        return (self.ended_at - self.began_at).total_seconds() if self.ended_at else None
