"""What alerts and answers have in common on their way out: how long a round may take, and when to try again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

LONGEST_WAIT = timedelta(hours=1)
ROUND_SECONDS = 60.0

Message = TypeVar("Message")


def in_time(messages: Iterable[Message]) -> Iterator[Message]:
    """Messages one by one, as long as the round may last: what is left waits for the next."""
    until = time.monotonic() + ROUND_SECONDS
    for message in messages:
        yield message
        if time.monotonic() > until:
            return


def not_taken(connection: sqlite3.Connection, message_id: str, now: datetime) -> None:
    """Remember that a message was not taken: it is due again after a minute, then two, four …, at most an hour."""
    attempts = attempts_at(connection, message_id)
    due = now + min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_WAIT)
    row = (message_id, attempts + 1, due.isoformat())
    connection.execute("insert or replace into attempts values (?, ?, ?)", row)


def attempts_at(connection: sqlite3.Connection, message_id: str) -> int:
    """How often a message was not taken."""
    found = connection.execute("select attempts from attempts where message_id = ?", (message_id,)).fetchone()
    return int(found[0]) if found else 0


def waiting_for_another_try(connection: sqlite3.Connection, now: datetime) -> set[str]:
    """Messages that were not taken and are not due again yet."""
    rows = connection.execute("select message_id from attempts where next_attempt_at > ?", (now.isoformat(),))
    return {message_id for (message_id,) in rows}
