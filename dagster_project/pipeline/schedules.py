"""When builds start by themselves: every night, and when deliveries have arrived and stopped growing."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from dagster_project.ingest.landing import fingerprint
from dagster_project.pipeline.job import build_job, forget_old_runs
from dagster_project.service.build_history import recent_builds
from dagster_project.service.problems import look_for_problems
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

_AT = nightly_at()  # settings.py says when, and the environment


@dg.schedule(
    job=build_job,
    name="nightly",
    cron_schedule=f"{_AT.minute} {_AT.hour} * * *",
    execution_timezone=STOCKHOLM.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds every night.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the night's build."""
    forget_old_runs(context.instance)
    return dg.RunRequest(tags={"reason": "the night"})


@dg.sensor(
    job=build_job,
    name="arrivals",
    minimum_interval_seconds=arrivals_every_seconds(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds when deliveries have arrived and have stopped growing.",
)
def arrivals(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a build when the landing folder is as it was at the last look, but not as the last build found it."""
    settings = _settings_of_today()
    found = fingerprint(settings.landing)
    last = recent_builds(settings.output, 1)
    if last and last[0].landing == found:
        return dg.SkipReason("nothing has arrived")
    if found != context.cursor:
        context.update_cursor(found)
        return dg.SkipReason("something has arrived: it is built when it has stopped growing")
    # Asked for once: until another build has ended, the same key starts no second run.
    key = f"{found} after {last[0].build_id if last else 'nothing'}"
    return dg.RunRequest(run_key=key, tags={"reason": "deliveries have come in or changed"})


@dg.sensor(
    name="watch",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells when a feed is late or a night passed without a build, and sends alerts that still wait.",
)
def watch() -> dg.SkipReason:
    """Look around; a receiver that is down is tried again at a later look."""
    return dg.SkipReason(f"{look_for_problems(_settings_of_today(), datetime.now(UTC), _AT)} alerts were taken")


def _settings_of_today() -> Settings:
    return settings_for(default_landing(), default_output(), today_in_stockholm())
