"""What is wrong while no build runs: looked for every minute by the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.landing import files_of
from dagster_project.releases.build_json import ERROR, WARN
from dagster_project.releases.current_link import read_current
from dagster_project.service.alert_and_answer_settings import AlertSettings, read_alert_settings
from dagster_project.service.alerts import Problem, deliver, report
from dagster_project.service.answers.outbox import counts
from dagster_project.service.findings import AROUND, around
from dagster_project.service.journal import ended_builds
from dagster_project.service.problems import broken, place_of, problem_of, send_answers
from dagster_project.service.state import made_usable
from dagster_project.service.status import missed_night
from dagster_project.settings import STOCKHOLM, Settings, alerts_file, oldest_release

_OUTGOING = ("refused", "uncertain")


def look_for_problems(settings: Settings, now: datetime, nightly_at: time) -> int:
    """Tell what is wrong at this moment, and send what waits; how many messages were taken."""
    alerts = read_alert_settings(alerts_file())
    output = settings.output
    output.mkdir(parents=True, exist_ok=True)
    made_usable(output)
    send_answers(output, now)
    found = [
        *late_feeds(settings, alerts, now),
        *_missed(output, now, nightly_at),
        *_stuck(output),
        *_old_release(output, now),
        *map(problem_of, around(output, settings.landing, now)),
        *(broken_now := list(broken(output))),
    ]
    kinds = ["feed", "night", *_OUTGOING, "release_age", *AROUND]
    if broken_now:  # that a build is good again the build itself says
        kinds.append("build")
    report(output, alerts, kinds, found, now, place_of(output))
    return deliver(output, alerts, now)


def late_feeds(settings: Settings, alerts: AlertSettings, now: datetime) -> Iterator[Problem]:
    """Feeds of which no file has come in the day before the hour by which one is expected."""
    feeds = {feed.name: feed for feed in FEEDS}
    for name, by in sorted(alerts.expected.items()):
        due = datetime.combine(now.astimezone(STOCKHOLM).date(), by, STOCKHOLM)
        if now < due:
            due -= timedelta(days=1)
        came = [path.stat().st_mtime for path in files_of(settings.landing, feeds[name])]
        if max(came, default=0) < (due - timedelta(days=1)).timestamp():
            yield Problem(f"feed:{name}", WARN, 1, {"feed": name, "by": f"{by:%H:%M}"})


def _stuck(output: Path) -> Iterator[Problem]:
    """Answers that the mail server does not take, or of which nobody knows whether it took them."""
    found = counts(output)
    if found.refused:
        yield Problem("refused", WARN, found.refused, {"count": found.refused})
    if found.uncertain:
        yield Problem("uncertain", ERROR, found.uncertain, {"count": found.uncertain})


def _missed(output: Path, now: datetime, nightly_at: time) -> Iterator[Problem]:
    due = missed_night(ended_builds(output, 1), now, nightly_at)
    if due:
        yield Problem("night", ERROR, 1, {"due": f"{due:%Y-%m-%d %H:%M}"})


def _old_release(output: Path, now: datetime) -> Iterator[Problem]:
    release, _ = read_current(output)
    if release and now - release.built_at > oldest_release():
        hours = int((now - release.built_at).total_seconds() // 3600)
        # Once a day it counts as worse.
        yield Problem("release_age", ERROR, 1 + hours // 24, {"hours": hours})
