"""Whether there is anything to build: new deliveries, another program, or a date that moves something."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.answers.outbox import is_answered
from dagster_project.current import CURRENT
from dagster_project.digest import code_version
from dagster_project.ingest.landing import deliveries_in
from dagster_project.ingest.turning_days import TURNING_DAYS
from dagster_project.operations import PUBLISHED, recent_builds
from dagster_project.settings import Settings

_DAYS_THAT_MOVE = f"""
with days as (
    {" union all ".join(TURNING_DAYS.values())}
    -- a month begins (deviations) and has ended (plan status)
    union all select unnest([plan_month, last_day(plan_month)]) from marts.plan_deviations
    -- an open assignment becomes overdue, the log stale
    union all select reception_deadline_date + 1 from marts.assignments where status = 'open'
    union all select max(event_date) + $stale_after_days + 1 from raw.assignment_log
)
select count(*) from days where day > $as_of and day <= $today
"""


def reason_to_build(settings: Settings) -> str | None:
    """Why a build as of `settings.as_of` would differ from the current release; None where nothing has changed."""
    current = settings.output / CURRENT
    if not (current / "build.json").is_file():
        return "there is no release yet"
    last = recent_builds(settings.output, 1)
    if last and last[0].outcome != PUBLISHED:
        return "the last build was not published"
    described = json.loads((current / "build.json").read_text(encoding="utf-8"))
    if (current / "public" / "index.html").is_file() and not is_answered(settings.output, described["build_id"]):
        return "answers to municipalities are still to be prepared"
    if described["code_version"] != code_version():
        return "the program has changed"
    built = {(file["feed"], file["file_name"], file["sha256"]) for file in described["files"]}
    landed = {(delivery.feed, delivery.file_name, delivery.sha256) for delivery in deliveries_in(settings.landing)}
    if built != landed:
        return "deliveries have come in or changed"
    as_of = date.fromisoformat(described["as_of"])
    return _reason_of_date(current.resolve(), as_of, settings)


def _reason_of_date(release: Path, as_of: date, settings: Settings) -> str | None:
    if settings.as_of < as_of:
        return "the release is as of a later date"
    if settings.as_of > as_of and _date_moves(release, as_of, settings):
        return f"what was delivered has come to pass since {as_of}"
    return None


def _date_moves(release: Path, as_of: date, settings: Settings) -> bool:
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute(
            _DAYS_THAT_MOVE,
            {"as_of": as_of, "today": settings.as_of, "stale_after_days": settings.stale_after_days},
        ).fetchone()
    return found is not None and found[0] > 0
