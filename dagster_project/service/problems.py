"""What is wrong: after a build, and while none runs; found here, reported by alerts."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.landing import files_of
from dagster_project.releases.build_json import ERROR, WARN, CountyBelow, Description, Finding
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.releases.folder import BLOCKED, RELEASES
from dagster_project.service.alert_and_answer_settings import AlertSettings, read_alert_settings
from dagster_project.service.alerts import Problem, deliver, report
from dagster_project.service.answers.mail import send_waiting
from dagster_project.service.answers.outbox import Prepared, counts
from dagster_project.service.answers.template import read_answer_settings
from dagster_project.service.build_history import recent_builds
from dagster_project.service.status import missed_night
from dagster_project.settings import STOCKHOLM, Settings, alerts_file, answers_file, default_output

# Kinds of problems with answers to municipalities: of a build, and of the outbox.
_ANSWERING = ("unanswered", "recipient")
_OUTGOING = ("refused", "uncertain")


# Kinds of findings, of which a build that ran to its end has found all there are.
FINDINGS: tuple[str, ...] = ()


def report_build(
    output: Path,
    build: BuildRecord,
    finished: Description | None,
    findings: Iterable[Finding],
    prepared: Prepared | None,
) -> None:
    """Tell what a build that ran to its end found wrong, or that it broke."""
    settings = read_alert_settings(alerts_file())
    now = datetime.now(UTC)
    noticed = [Problem(f"{one.kind}:{one.about}", one.severity, 1, one.facts) for one in findings]
    if finished is None:  # its checks did not all run: what they said before stands
        found = [Problem("build", ERROR, 1, {"cause": build.cause}), *noticed]
        report(output, settings, ["build", *(one.kind for one in noticed)], found, now, _place(output))
    else:
        failed = [
            Problem(f"check:{check.check_name}", check.severity, check.failing_rows, {"check": check.check_name})
            for check in finished.checks
            if not check.passed
        ]
        counties = map(_county_below, finished.counties_below_lanstal)
        kept = output / (RELEASES if finished.published else BLOCKED) / build.build_id
        kinds = ["build", "check", "county", *FINDINGS, *(_ANSWERING if build.outcome == PUBLISHED else ())]
        found = [*failed, *counties, *noticed, *_unanswered(build, prepared)]
        report(output, settings, kinds, found, now, _place(kept))
    deliver(output, settings, now)
    _send_answers(output, now)


def _county_below(county: CountyBelow) -> Problem:
    """A county whose kommuntal is below its länstal, now or later (R3)."""
    name = f"county:{county.county_code}:{county.quota_year}"
    facts = {
        "county": county.county_name,
        "year": county.quota_year,
        "kommuntal": county.kommuntal_persons,
        "lanstal": county.lanstal_persons,
    }
    return Problem(name, ERROR, county.lanstal_persons - county.kommuntal_persons, facts, county.county_code)


def _unanswered(build: BuildRecord, prepared: Prepared | None) -> Iterator[Problem]:
    """What a build published, but could not answer."""
    if build.outcome == PUBLISHED and build.cause:
        yield Problem("unanswered", ERROR, 1, {"cause": build.cause})
    if prepared and prepared.without_recipient:
        yield Problem("recipient", WARN, prepared.without_recipient, {"count": prepared.without_recipient})


def _send_answers(output: Path, now: datetime) -> None:
    """Send what waits in the outbox of the service; a build into a folder of its own, to look back, sends nothing."""
    if output == default_output().resolve():
        send_waiting(output, read_answer_settings(answers_file()), now)


def look_for_problems(settings: Settings, now: datetime, nightly_at: time) -> int:
    """Tell of feeds that are late and nights without a build, and send what waits; how many messages were taken."""
    alerts = read_alert_settings(alerts_file())
    settings.output.mkdir(parents=True, exist_ok=True)
    _send_answers(settings.output, now)
    found = [*late_feeds(settings, alerts, now), *_missed(settings.output, now, nightly_at), *_stuck(settings.output)]
    report(settings.output, alerts, ["feed", "night", *_OUTGOING], found, now, _place(settings.output))
    return deliver(settings.output, alerts, now)


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
    due = missed_night([build.ended_at for build in recent_builds(output, 1)], now, nightly_at)
    if due:
        yield Problem("night", ERROR, 1, {"due": f"{due:%Y-%m-%d %H:%M}"})


def _place(path: Path) -> str:
    return f"{socket.gethostname()}:{path}"
