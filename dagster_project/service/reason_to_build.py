"""When the service builds: every night, when deliveries have arrived, and again what did not come to its end."""

from __future__ import annotations

from datetime import datetime, time

from dagster_project.releases.build_record import BuildRecord
from dagster_project.service.journal import broken_in_a_row
from dagster_project.service.status import GRACE, last_build_due
from dagster_project.settings import STOCKHOLM

MOST_TRIES = 3


def reason_to_build(
    ended: list[BuildRecord], found: str, seen: str | None, now: datetime, nightly_at: time
) -> str | None:
    """Why to build now, or None.

    `ended` are the builds that do not run any more, the newest first; `found` is the landing folder's fingerprint, and
    `seen` what it was at the look before: what is still growing is waited for, the night by an hour at most.
    """
    is_still = found == seen
    due = last_build_due(now, nightly_at)
    if not any(_is_of_its_day(build) and build.began_at >= due for build in ended) and (is_still or now > due + GRACE):
        return "the night"
    if not is_still:
        return None
    if not ended or ended[0].landing != found:
        return "deliveries have come or gone"
    tries = [build for build in broken_in_a_row(ended) if build.landing == found]
    return "the build before did not come to its end" if 0 < len(tries) < MOST_TRIES else None


def _is_of_its_day(build: BuildRecord) -> bool:
    """Whether it was built as of its own day, as the service does."""
    return build.as_of == build.began_at.astimezone(STOCKHOLM).date()
