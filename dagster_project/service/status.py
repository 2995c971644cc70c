"""The status of the service on one screen, for people and for monitoring; without heavy libraries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from dagster_project.releases.build_json import ERROR, Description
from dagster_project.releases.build_record import BLOCKED, PUBLISHED, RUNNING, BuildRecord
from dagster_project.releases.current_link import read_current
from dagster_project.service.alerts import waiting_messages
from dagster_project.service.answers.outbox import OUTBOX, counts
from dagster_project.service.journal import broken_in_a_row, recent_builds
from dagster_project.service.ledger import astray
from dagster_project.service.state import StateDamagedError
from dagster_project.settings import STOCKHOLM, oldest_release

FINE, WARNING, CRITICAL = 0, 1, 2
_WORDS = {FINE: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL"}
_BUILDS_LOOKED_AT = 50
# A night's build that is this late did not run.
GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Status:
    """The state as an exit code for monitoring (0 fine, 1 warning, 2 critical), and the lines that explain it."""

    code: int
    lines: list[str]


def next_build_at(now: datetime, nightly_at: time) -> datetime:
    """When the schedule builds next, in Stockholm's time."""
    here = now.astimezone(STOCKHOLM)
    tonight = datetime.combine(here.date(), nightly_at, STOCKHOLM)
    return tonight if tonight > here else datetime.combine(here.date() + timedelta(days=1), nightly_at, STOCKHOLM)


def status_of(output: Path, now: datetime, nightly_at: time, landing: Path | None = None) -> Status:
    """How things stand in an output folder at a moment; with its landing folder also which deliveries are missing."""
    try:
        return _status(output, now, nightly_at, landing)
    except StateDamagedError as error:
        return Status(CRITICAL, [f"{_WORDS[CRITICAL]}: {error}"])


def _status(output: Path, now: datetime, nightly_at: time, landing: Path | None) -> Status:
    builds = recent_builds(output, _BUILDS_LOOKED_AT)
    ended = [build for build in builds if build.outcome != RUNNING]
    release, unreadable = read_current(output)
    last = ended[0] if ended else None
    problems = [(CRITICAL, unreadable)] if unreadable else []
    problems += [*_of_release(release, now), *_of_last(ended), *_of_night(ended, now, nightly_at)]
    problems += [*_of_messages(output), *(_of_deliveries(output, landing) if landing else [])]
    code = max((severity for severity, _ in problems), default=FINE)
    lines = [f"{_WORDS[code]}: {'; '.join(text for _, text in problems) or 'the last build was published'}", ""]
    if release:
        lines.append(f"current release  {release.build_id}, {_age(now - release.built_at)} old, as of {release.as_of}")
        lines += _came_in(release, last)
    lines += [f"running          {build.build_id}" for build in builds if build.outcome == RUNNING]
    if last:
        seconds = f", {last.seconds:.0f} s" if last.seconds is not None else ""
        cause = f": {last.cause}" if last.cause else ""
        lines.append(f"last build       {last.build_id}, {last.outcome}{seconds}{cause}")
        lines += [f"  {severity:<15}{text}" for severity, text in _failed_checks(last)]
    waiting = counts(output).waiting
    if waiting:
        lines.append(f"answers          {waiting} in {output / OUTBOX}")
    due = next_build_at(now, nightly_at)
    lines.append(f"next build due   {due:%Y-%m-%d %H:%M} Stockholm time, where the schedule runs (arsplan up)")
    return Status(code, lines)


def missed_night(builds: list[BuildRecord], now: datetime, nightly_at: time) -> datetime | None:
    """When the last night's build was due, if no build (newest first) has begun since then, an hour later."""
    due = last_build_due(now, nightly_at)
    return due if builds and now > due + GRACE and builds[0].began_at < due else None


def last_build_due(now: datetime, nightly_at: time) -> datetime:
    """When the schedule last had to build."""
    return next_build_at(now - timedelta(days=1), nightly_at)


def _of_release(release: Description | None, now: datetime) -> list[tuple[int, str]]:
    if release is None:
        return []
    age = now - release.built_at
    if age > oldest_release():
        return [(CRITICAL, f"the newest release is {_age(age)} old")]
    if age < timedelta(seconds=-1):
        return [(CRITICAL, "the clock is earlier than the newest release")]
    return []


def _of_deliveries(output: Path, landing: Path) -> list[tuple[int, str]]:
    return [(CRITICAL, f"the delivery {name} is {how}") for name, how in astray(output, landing).items()]


def _of_night(ended: list[BuildRecord], now: datetime, nightly_at: time) -> list[tuple[int, str]]:
    due = missed_night(ended, now, nightly_at)
    return [(WARNING, f"the build of {due:%Y-%m-%d %H:%M} did not run: is `arsplan up` running?")] if due else []


def _of_messages(output: Path) -> list[tuple[int, str]]:
    waiting, answers = waiting_messages(output), counts(output)
    found = []
    if waiting:
        found.append((WARNING, f"{waiting} {'alert waits' if waiting == 1 else 'alerts wait'} to be taken"))
    if answers.refused:
        found.append((WARNING, f"{answers.refused} answers not taken by the mail server"))
    if answers.uncertain:
        found.append((CRITICAL, f"{answers.uncertain} answers may have been sent or not: see outbox/uncertain"))
    return found


def _of_last(ended: list[BuildRecord]) -> list[tuple[int, str]]:
    if not ended:
        return []
    last, broke = ended[0], len(broken_in_a_row(ended))
    if broke:
        return [(CRITICAL, "the last build broke" if broke == 1 else f"the last {broke} builds broke")]
    failed = _failed_checks(last)
    if last.outcome == BLOCKED:
        blocking = sum(severity == "blocks" for severity, _ in failed)
        return [(CRITICAL, f"publication is blocked by {blocking} {'check' if blocking == 1 else 'checks'}")]
    if failed:
        return [(WARNING, f"{len(failed)} {'check warns' if len(failed) == 1 else 'checks warn'}")]
    return []


def _failed_checks(build: BuildRecord) -> list[tuple[str, str]]:
    """What blocks and what warns, in words."""
    if build.outcome not in (PUBLISHED, BLOCKED):
        return []
    return [
        ("blocks" if run.severity == ERROR else "warns", f"{name}: {run.failing_rows}")
        for name, run in build.checks.items()
        if not run.passed
    ]


def _came_in(release: Description, last: BuildRecord | None) -> list[str]:
    """Files and rows of the release by feed, and what the last build found new."""
    by_feed: dict[str, list[int]] = {}
    for file in release.files:
        counts = by_feed.setdefault(file["feed"], [0, 0, 0])
        for position, value in enumerate((1, file["rows_accepted"], file["rows_rejected"])):
            counts[position] += value
    new = last.new_files_by_feed if last else {}
    return [
        f"  {feed:<16}{files} files ({new.get(feed, 0)} new), {accepted} rows accepted, {rejected} rejected"
        for feed, (files, accepted, rejected) in by_feed.items()
    ]


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{age.days} days" if age.days > 1 else f"{hours:.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"
