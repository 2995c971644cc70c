"""When builds start by themselves: every night, and when deliveries have arrived and stopped growing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.landing import files_of
from dagster_project.job import build_job, forget_old_runs
from dagster_project.need import reason_to_build
from dagster_project.operations import recent_builds, record_night
from dagster_project.settings import (
    STOCKHOLM,
    Settings,
    arrivals_every_seconds,
    default_landing,
    default_output,
    nightly_at,
    settings_for,
    today_in_stockholm,
)
from dagster_project.watch import look_around

_AT = nightly_at()


@dg.schedule(
    job=build_job,
    name="nightly",
    cron_schedule=f"{_AT.minute} {_AT.hour} * * *",
    execution_timezone=STOCKHOLM.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds every night, unless nothing has changed and the date moves nothing.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for the night's build, or say why there is none."""
    forget_old_runs(context.instance)
    settings = _settings_of_today()
    reason = reason_to_build(settings)
    record_night(settings.output, datetime.now(UTC), reason)
    return dg.RunRequest(tags={"reason": reason}) if reason else dg.SkipReason("nothing has changed")


@dg.sensor(
    job=build_job,
    name="arrivals",
    minimum_interval_seconds=arrivals_every_seconds(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds when deliveries have arrived and have stopped growing.",
)
def arrivals(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for a build when the landing folder is as it was at the last look, but not as it was built."""
    settings = _settings_of_today()
    seen, asked = json.loads(context.cursor) if context.cursor else (None, None)
    found = fingerprint(settings)
    if found == asked:
        yield dg.SkipReason("nothing has arrived")
        return
    if found != seen:
        context.update_cursor(json.dumps([found, asked]))
        yield dg.SkipReason("something has arrived: it is built when it has stopped growing")
        return
    context.update_cursor(json.dumps([found, found]))
    reason = reason_to_build(settings)
    if reason is None:
        yield dg.SkipReason("what has arrived is in the release already")
    else:
        last = recent_builds(settings.output, 1)
        yield dg.RunRequest(run_key=f"{found} after {last[0].build_id if last else 'nothing'}", tags={"reason": reason})


@dg.sensor(
    name="watch",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells when a feed is late or a night passed without a build, and sends alerts that still wait.",
)
def watch() -> dg.SkipReason:
    """Look around; a receiver that is down is tried again at a later look."""
    return dg.SkipReason(f"{look_around(_settings_of_today(), datetime.now(UTC), _AT)} alerts were taken")


def fingerprint(settings: Settings) -> str:
    """A digest that changes whenever a delivered file comes, goes, grows or is written again; nothing is read."""
    states = [
        (feed.name, str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for feed in FEEDS
        for path in files_of(settings.landing, feed)
    ]
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()


def _settings_of_today() -> Settings:
    return settings_for(default_landing(), default_output(), today_in_stockholm())
