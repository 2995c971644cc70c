"""What may be wrong around builds: deliveries that went astray, the clock, the service's own database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from dagster_project.releases.build_json import ERROR, WARN, Finding
from dagster_project.releases.current_link import read_current
from dagster_project.service.journal import last_published
from dagster_project.service.ledger import KINDS, astray, findings_of
from dagster_project.service.state import FILE_NAME, made_usable, opened
from dagster_project.settings import STOCKHOLM, Settings

AROUND = (*KINDS.values(), "clock", "state")
FUTURE = "future"


def around(output: Path, landing: Path, now: datetime) -> Iterator[Finding]:
    """What is wrong at a moment, whether a build runs or not: kinds AROUND."""
    made_usable(output)
    yield from _renewals(output)
    yield from _clock(output, now)
    yield from findings_of(astray(output, landing))


def at_start(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What a build finds as it begins."""
    if settings.as_of > now.astimezone(STOCKHOLM).date():
        yield Finding(FUTURE, WARN, "", {"as_of": f"{settings.as_of}"})
    yield from around(settings.output, settings.landing, now)


def _clock(output: Path, now: datetime) -> Iterator[Finding]:
    release, _ = read_current(output)
    if release and now < release.built_at.replace(microsecond=0):
        here = (moment.astimezone(STOCKHOLM) for moment in (release.built_at, now))
        built, clock = (f"{moment:%Y-%m-%d %H:%M}" for moment in here)
        yield Finding("clock", ERROR, "", {"built": built, "now": clock})


def _renewals(output: Path) -> Iterator[Finding]:
    """The database was put in place anew, until a build that began later has been published."""
    published = last_published(output)
    with opened(output) as connection:
        rows = connection.execute("select moved_to, renewed_at from renewals").fetchall()
    for moved_to, renewed_at in rows:
        if published is None or published.began_at <= datetime.fromisoformat(renewed_at):
            facts = {"file": FILE_NAME, "moved_to": moved_to or "–"}
            yield Finding("state", ERROR, moved_to, facts)
