"""Alerts: what is wrong, a reminder while it stays, and when it is solved; by e-mail, chat or webhook, through Apprise.

What is wrong and what is still to be sent is remembered beside the journal of builds, so that nothing is lost or sent
twice when a receiver is down or a process ends. Messages hold names of checks and areas, and counts; never row values.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dagster_project.language import LANGUAGES, Language
from dagster_project.releases.build_json import ERROR, Finding
from dagster_project.service.delivery_queue import in_time, not_taken, waiting_for_another_try
from dagster_project.service.state import opened, read_only

if TYPE_CHECKING:
    from dagster_project.service.alert_and_answer_settings import AlertSettings, Receiver

# A message whose sending process died is sent again after this time.
CLAIM_HOLDS = timedelta(minutes=10)

AREAS_SHOWN = 5
NEW, STILL, GOOD = "new", "still", "good"
_LANGUAGES = {language.code: language for language in LANGUAGES}


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
    output: Path,
    settings: AlertSettings,
    kinds: Iterable[str],
    found: Iterable[Problem],
    now: datetime,
    place: str,
    unknown: Iterable[str] = (),
) -> None:
    """Compare what is wrong now, of some kinds, with what was wrong before, and write messages about what is new.

    What is new or worse is reported, what stays is reported again after the reminder time, what has gone once.
    Problems named in `unknown` stay as they were: nothing can be said of them. `place` says where to look.
    """
    if not settings.receiver:
        return
    kinds, unknown = tuple(kinds), set(unknown)
    with opened(output) as connection:
        known = {
            problem.name: (problem, reported)
            for problem, reported in _known_problems(connection)
            if problem.kind in kinds and problem.name not in unknown
        }
        news: list[tuple[str, Problem]] = []
        for problem in found:
            if problem.name in unknown:
                continue
            before, told_at = known.pop(problem.name, (None, now))
            if before is None or problem.cases > before.cases or problem.severity != before.severity:
                news.append((NEW, problem))
            elif now - told_at >= timedelta(hours=settings.reminder_hours):
                news.append((STILL, problem))
            reported = now if news and news[-1][1] is problem else told_at
            _remember(connection, problem, reported)
        for problem, _ in known.values():
            news.append((GOOD, problem))
            connection.execute("delete from problems where problem = ?", (problem.name,))
        for receiver in settings.receiver:
            wanted = [
                (state, problem) for state, problem in news if receiver.wants(problem.severity, problem.county_code)
            ]
            if wanted:
                _write(connection, receiver, wanted, now, place)


def _remember(connection: sqlite3.Connection, problem: Problem, told_at: datetime) -> None:
    row = (problem.name, problem.severity, problem.county_code, problem.cases, json.dumps(problem.facts))
    connection.execute("insert or replace into problems values (?, ?, ?, ?, ?, ?)", (*row, told_at.isoformat()))


def _write(
    connection: sqlite3.Connection, receiver: Receiver, news: list[tuple[str, Problem]], now: datetime, place: str
) -> None:
    """Put a message to a receiver into the queue. Its id stays the same however often it is sent."""
    message_id = uuid4().hex[:12]
    subject, body = message_of(news, _LANGUAGES[receiver.language], place, message_id)
    connection.execute(
        "insert into messages values (null, ?, ?, ?, ?, 'waiting', ?)",
        (message_id, receiver.name, subject, body, now.isoformat()),
    )


def _known_problems(connection: sqlite3.Connection) -> list[tuple[Problem, datetime]]:
    rows = connection.execute("select problem, severity, cases, facts, county_code, told_at from problems").fetchall()
    return [
        (Problem(name, severity, cases, json.loads(facts), county_code), datetime.fromisoformat(told_at))
        for name, severity, cases, facts, county_code, told_at in rows
    ]


def message_of(news: list[tuple[str, Problem]], language: Language, place: str, message_id: str) -> tuple[str, str]:
    """Subject and body of one message: what is wrong, what to do, where to look, and the message's id."""
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
    lines += [texts["where"].format(place=place), texts["message"].format(id=message_id)]
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
        about = _areas(facts["areas"], texts)
        return " ".join([texts["check"].format(**facts), *about, language.texts["advice"][name]])
    if problem.kind == "feed":
        facts["feed"] = language.texts["feed"][facts["feed"]]
    if state == GOOD and problem.kind == "build":
        return texts["build_good"]
    said = texts[problem.kind].format(**facts)
    return said if state == GOOD else f"{said} {texts[f'{problem.kind}_advice'].format(**facts)}"


def _areas(names: list[str], texts: Mapping[str, str]) -> list[str]:
    """A sentence on which areas it is about, where there are any."""
    shown, more = ", ".join(names[:AREAS_SHOWN]), len(names) - AREAS_SHOWN
    areas = texts["more_areas"].format(areas=shown, n=more) if more > 0 else shown
    return [texts["areas"].format(areas=areas)] if names else []


def told(finding: Finding, language: Language) -> str:
    """A finding in words: what, and what to do."""
    texts = language.texts["alert"]
    return " ".join(texts[key].format(**finding.facts) for key in (finding.kind, f"{finding.kind}_advice"))


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
    for message_id, receiver, subject, body in in_time(_claimed(output, list(urls), now)):
        done = _sent(send, urls[receiver], subject, body)
        with opened(output) as connection:
            connection.execute(
                "update messages set state = ?, changed_at = ? where message_id = ?",
                ("sent" if done else "waiting", now.isoformat(), message_id),
            )
            if not done:
                not_taken(connection, message_id, now)
        taken += done
    return taken


def _sent(send: Send, url: str, subject: str, body: str) -> bool:
    try:
        return send(url, subject, body)
    except Exception as error:  # one receiver's fault, which may name its address
        logging.getLogger("arsplan").warning("alerts     not sent: %s", type(error).__name__)
        return False


def _claimed(output: Path, receivers: list[str], now: datetime) -> Iterator[tuple[str, str, str, str]]:
    while message := _claim(output, receivers, now):
        yield message


def _claim(output: Path, receivers: list[str], now: datetime) -> tuple[str, str, str, str] | None:
    """Take one due message, so that no other process sends it too; a receiver's messages go in their order."""
    with opened(output) as connection:
        connection.execute("begin immediate")
        connection.execute(
            "update messages set state = 'waiting' where state = 'sending' and changed_at < ?",
            ((now - CLAIM_HOLDS).isoformat(),),
        )
        first_unsent = connection.execute(
            "select message_id, receiver, subject, body from messages where state = 'waiting' "
            "and message_number in (select min(message_number) from messages where state <> 'sent' group by receiver) "
            "order by message_number"
        ).fetchall()
        too_early = waiting_for_another_try(connection, now)
        due = [row for row in first_unsent if row[1] in receivers and row[0] not in too_early]
        if not due:
            return None
        connection.execute(
            "update messages set state = 'sending', changed_at = ? where message_id = ?", (now.isoformat(), due[0][0])
        )
        message_id, receiver, subject, body = due[0]
        return message_id, receiver, subject, body


def waiting_messages(output: Path) -> int:
    """How many messages no receiver has taken yet."""
    with read_only(output) as connection:
        if connection is None:
            return 0
        [(count,)] = connection.execute("select count(*) from messages where state <> 'sent'").fetchall()
    return int(count)
