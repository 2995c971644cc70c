"""Alerts: what is wrong, a reminder while it stays, and when it is solved; by e-mail, chat or webhook, through Apprise.

What is wrong and what is still to be sent is remembered beside the history of builds, so that nothing is lost or sent
twice when a receiver is down or a process ends. Messages hold names of checks and areas, and counts; never row values.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.language import LANGUAGES, Language
from dagster_project.releases.build_json import ERROR, Finding
from dagster_project.service.build_history import FILE_NAME, opened

if TYPE_CHECKING:
    from dagster_project.service.alert_and_answer_settings import AlertSettings

# A message whose sending process died is sent again after this time.
CLAIM_HOLDS = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=1)

NEW, STILL, GOOD = "new", "still", "good"
_LANGUAGES = {language.code: language for language in LANGUAGES}

_SCHEMA = """
create table if not exists problems (
    problem text primary key,
    severity text not null,
    county_code text,
    cases integer not null,
    facts text not null,
    told_at text not null
);
create table if not exists messages (
    message_id integer primary key,
    receiver text not null,
    subject text not null,
    body text not null,
    state text not null check (state in ('waiting', 'sending', 'sent')),
    attempts integer not null,
    next_attempt_at text not null,
    changed_at text not null
);
"""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong.

    `name` begins with its kind, then, where there are several, a colon and what it is about; `cases` says
    whether it is worse than before; `facts` are what its text names; `county_code` is set where it is one county's.
    """

    name: str
    severity: str
    cases: int = 1
    facts: dict[str, Any] = field(default_factory=dict)
    county_code: str | None = None

    @property
    def kind(self) -> str:
        """What kind of problem it is."""
        return self.name.partition(":")[0]


def report(
    output: Path, settings: AlertSettings, kinds: Iterable[str], found: Iterable[Problem], now: datetime, place: str
) -> None:
    """Compare what is wrong now, of some kinds, with what was wrong before, and write messages about what is new.

    What is new or worse is reported, what stays is reported again after the reminder time, what has gone once.
    `place` says where to look.
    """
    if not settings.receiver:
        return
    kinds = tuple(kinds)
    with opened(output, _SCHEMA) as connection:
        known = {
            problem.name: (problem, reported)
            for problem, reported in _known_problems(connection)
            if problem.kind in kinds
        }
        news: list[tuple[str, Problem]] = []
        for problem in found:
            before, told_at = known.pop(problem.name, (None, now))
            if before is None or problem.cases > before.cases or problem.severity != before.severity:
                news.append((NEW, problem))
            elif now - told_at >= timedelta(hours=settings.reminder_hours):
                news.append((STILL, problem))
            reported = now if news and news[-1][1] is problem else told_at
            row = (
                problem.severity,
                problem.county_code,
                problem.cases,
                json.dumps(problem.facts),
                reported.isoformat(),
            )
            connection.execute("insert or replace into problems values (?, ?, ?, ?, ?, ?)", (problem.name, *row))
        for problem, _ in known.values():
            news.append((GOOD, problem))
            connection.execute("delete from problems where problem = ?", (problem.name,))
        for receiver in settings.receiver:
            wanted = [
                (state, problem) for state, problem in news if receiver.wants(problem.severity, problem.county_code)
            ]
            if wanted:
                subject, body = message_of(wanted, _LANGUAGES[receiver.language], place)
                connection.execute(
                    "insert into messages values (null, ?, ?, ?, 'waiting', 0, ?, ?)",
                    (receiver.name, subject, body, now.isoformat(), now.isoformat()),
                )


def _known_problems(connection: sqlite3.Connection) -> list[tuple[Problem, datetime]]:
    rows = connection.execute("select problem, severity, cases, facts, county_code, told_at from problems").fetchall()
    return [
        (Problem(name, severity, cases, json.loads(facts), county_code), datetime.fromisoformat(told_at))
        for name, severity, cases, facts, county_code, told_at in rows
    ]


def message_of(news: list[tuple[str, Problem]], language: Language, place: str) -> tuple[str, str]:
    """Subject and body of one message: what is wrong, what to do, where to look."""
    texts = language.texts["alert"]
    lines: list[str] = []
    counts = {}
    for state in (NEW, STILL, GOOD):
        of_state = [problem for its_state, problem in news if its_state == state]
        counts[state] = len(of_state)
        if of_state:
            lines += [texts[state]]
            lines += [f"- {_said(problem, language, state)}" for problem in of_state]
            lines += [""]
    lines.append(texts["where"].format(place=place))
    return texts["subject"].format(**counts), "\n".join(lines)


def _said(problem: Problem, language: Language, state: str) -> str:
    """A problem in words: what, how many, what to do; when it is gone, only what it was about."""
    texts = language.texts["alert"]
    facts = dict(problem.facts)
    if problem.kind == "check":
        name = facts["check"]
        facts["check"] = language.texts["check"][name]
        facts["word"] = texts["blocks" if problem.severity == ERROR else "warns"]
        facts["count"] = problem.cases
        if state == GOOD:
            return str(facts["check"])
        return f"{texts['check'].format(**facts)} {language.texts['advice'][name]}"
    if problem.kind == "feed":
        facts["feed"] = language.texts["feed"][facts["feed"]]
    if state == GOOD and problem.kind == "build":
        return texts["build_good"]
    said = texts[problem.kind].format(**facts)
    return said if state == GOOD else f"{said} {texts[f'{problem.kind}_advice']}"


def told(finding: Finding, language: Language) -> str:
    """A finding in words: what, and what to do."""
    texts = language.texts["alert"]
    return f"{texts[finding.kind].format(**finding.facts)} {texts[f'{finding.kind}_advice']}"


Send = Callable[[str, str, str], bool]


def send_by_apprise(url: str, subject: str, body: str) -> bool:
    """Hand one message over; whether the receiver took it."""
    import apprise  # noqa: PLC0415 (only when there is something to send)

    channel = apprise.Apprise()
    return channel.add(url) and bool(channel.notify(title=subject, body=body, body_format=apprise.NotifyFormat.TEXT))


def deliver(output: Path, settings: AlertSettings, now: datetime, send: Send = send_by_apprise) -> int:
    """Send what is due, one message after the other; how many were taken. What is refused is tried again later."""
    urls = {receiver.name: receiver.url for receiver in settings.receiver}
    taken = 0
    while claimed := _claim(output, list(urls), now):
        message_id, receiver, subject, body, attempts = claimed
        done = send(urls[receiver], subject, body)
        wait = min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_WAIT)
        with opened(output, _SCHEMA) as connection:
            connection.execute(
                "update messages set state = ?, attempts = attempts + 1, next_attempt_at = ?, changed_at = ? "
                "where message_id = ?",
                ("sent" if done else "waiting", (now + wait).isoformat(), now.isoformat(), message_id),
            )
        taken += done
    return taken


def _claim(output: Path, receivers: list[str], now: datetime) -> tuple[int, str, str, str, int] | None:
    """Take one due message, so that no other process sends it too; a receiver's messages go in their order."""
    places = ", ".join("?" for _ in receivers)
    with opened(output, _SCHEMA) as connection:
        connection.execute("begin immediate")
        connection.execute(
            "update messages set state = 'waiting' where state = 'sending' and changed_at < ?",
            ((now - CLAIM_HOLDS).isoformat(),),
        )
        row: tuple[int, str, str, str, int] | None = connection.execute(
            "select message_id, receiver, subject, body, attempts from messages "
            f"where state = 'waiting' and next_attempt_at <= ? and receiver in ({places}) and not exists ("
            "select 1 from messages as earlier where earlier.state <> 'sent' "
            "and earlier.receiver = messages.receiver and earlier.message_id < messages.message_id"
            ") order by message_id limit 1",
            (now.isoformat(), *receivers),
        ).fetchone()
        if row is not None:
            connection.execute(
                "update messages set state = 'sending', changed_at = ? where message_id = ?", (now.isoformat(), row[0])
            )
        return row


def waiting_messages(output: Path) -> int:
    """How many messages no receiver has taken yet."""
    if not (output / FILE_NAME).is_file():
        return 0
    with opened(output, _SCHEMA) as connection:
        [(count,)] = connection.execute("select count(*) from messages where state <> 'sent'").fetchall()
    return int(count)
