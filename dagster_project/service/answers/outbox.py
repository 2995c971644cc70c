"""The outbox: every answer is one file, which lies in the folder of its state and moves on by being renamed.

    .staged/     written, but not yet recorded
    (itself)     waiting: for a mail server, or for a person or program to take it
    sending/     its last byte is being handed to the mail server
    sent/        the mail server has taken it
    uncertain/   the process died, or the server timed out, during hand-over

A rename is done or not done, whatever crashes: that is what makes each answer leave once. Which answers there have
been is remembered beside the journal of builds, so that a file that was taken away does not come again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

from dagster_project.service.delivery_queue import attempts_at, not_taken, waiting_for_another_try
from dagster_project.service.state import ANSWER_HEADER, opened, read_only

OUTBOX = "outbox"
STAGED, SENDING, SENT, UNCERTAIN = ".staged", "sending", "sent", "uncertain"


@dataclass(frozen=True)
class Answer:
    """What an answer is about: the decision on one request, sent to one municipality; `content` is a digest of it."""

    answer_id: str
    request_kind: str
    request_id: str
    municipality_code: str
    decided_date: date
    content: str

    @property
    def request(self) -> tuple[str, str, str]:
        """What it answers, and whom."""
        return self.request_kind, self.request_id, self.municipality_code

    @property
    def file_name(self) -> str:
        """Name of its file in every folder of the outbox."""
        return f"{self.decided_date}-{self.municipality_code}-{self.answer_id}.eml"


@dataclass(frozen=True)
class Prepared:
    """How many answers a build put into the outbox, and how many have nobody to go to."""

    answers: int
    without_recipient: int


def known_answers(output: Path) -> list[Answer]:
    """Every answer that was ever put into the outbox, in the order in which they were."""
    with opened(output) as connection:
        rows = connection.execute(
            "select answer_id, request_kind, request_id, municipality_code, decided_date, content from answers "
            "order by answer_number"
        ).fetchall()
    return [Answer(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]), row[5]) for row in rows]


def put(output: Path, answer: Answer, message: EmailMessage, now: datetime) -> None:
    """Put an answer into the outbox, once: written aside first, then remembered, then moved in."""
    key = (answer.answer_id, *answer.request, answer.decided_date.isoformat(), answer.content)
    row = (*key, now.isoformat())
    message[ANSWER_HEADER] = json.dumps(row)
    staged = output / OUTBOX / STAGED
    staged.mkdir(mode=0o750, parents=True, exist_ok=True)
    with (staged / answer.file_name).open("wb") as file:
        file.write(message.as_bytes(policy=policy.SMTP))
        file.flush()
        os.fsync(file.fileno())
    _remember(output, row)
    place_staged(output)


def _remember(output: Path, row: tuple[str, ...]) -> None:
    with opened(output) as connection:
        connection.execute("insert into answers values (null, ?, ?, ?, ?, ?, ?, ?)", row)


def place_staged(output: Path) -> None:
    """Move in staged files that are recorded; delete the others, which are written again by the next build.

    Where answers may have been forgotten, these may have been sent before: a person decides.
    """
    staged = sorted((output / OUTBOX / STAGED).glob("*.eml"))
    known = {answer.file_name for answer in known_answers(output)} if staged else set()
    with opened(output) as connection:
        forgotten = connection.execute("select 1 from answers_forgotten").fetchone()
    for file in staged:
        if file.name in known:
            move(file, output / OUTBOX / UNCERTAIN if forgotten else output / OUTBOX)
        else:
            file.unlink()


def record_prepared(output: Path, build_id: str, prepared: Prepared) -> None:
    """Remember what a build put into the outbox; from now on every answer that there was is known."""
    row = (build_id, prepared.answers, prepared.without_recipient)
    with opened(output) as connection:
        connection.execute("insert or replace into prepared_releases values (?, ?, ?)", row)
        connection.execute("delete from answers_forgotten")


def prepared_for(output: Path, build_id: str) -> Prepared | None:
    """What a build put into the outbox; None where it prepared no answers."""
    with opened(output) as connection:
        row = connection.execute(
            "select answers, without_recipient from prepared_releases where build_id = ?", (build_id,)
        ).fetchone()
    return Prepared(*row) if row else None


def move(file: Path, folder: Path) -> Path:
    """Move a file on, for good: a crash of the machine afterwards does not undo it."""
    folder.mkdir(mode=0o750, exist_ok=True)
    moved = file.rename(folder / file.name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return moved


@contextmanager
def sole_sender(output: Path) -> Iterator[bool]:
    """Whether no other process is sending from this outbox; the right to send ends with the process."""
    (output / OUTBOX).mkdir(mode=0o750, exist_ok=True)
    with (output / OUTBOX / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def due(output: Path, since: date, now: datetime) -> list[Path]:
    """Waiting answers to decisions from a day on, whose next attempt is due, in the order in which they were made."""
    with opened(output) as connection:
        rows = connection.execute(
            "select answer_id, decided_date || '-' || municipality_code || '-' || answer_id || '.eml' from answers "
            "where decided_date >= ? order by answer_number",
            (since.isoformat(),),
        ).fetchall()
        too_early = waiting_for_another_try(connection, now)
    files = [output / OUTBOX / name for answer_id, name in rows if answer_id not in too_early]
    return [file for file in files if file.is_file()]


def count_attempt(output: Path, file: Path, now: datetime) -> None:
    """Remember that the mail server did not take an answer."""
    with opened(output) as connection:
        not_taken(connection, _id_of(file), now)


def _id_of(file: Path) -> str:
    return file.stem.rpartition("-")[2]


@dataclass(frozen=True)
class Counts:
    """Files in the outbox by state; `refused` are those waiting ones that the mail server did not take."""

    waiting: int = 0
    refused: int = 0
    uncertain: int = 0


def counts(output: Path) -> Counts:
    """How things stand in the outbox."""
    with read_only(output) as connection:
        if connection is None or not (output / OUTBOX).is_dir():
            return Counts()
        waiting = [_id_of(file) for file in (output / OUTBOX).glob("*.eml")]
        tried = sum(attempts_at(connection, answer_id) > 0 for answer_id in waiting)
    return Counts(len(waiting), tried, len(list((output / OUTBOX / UNCERTAIN).glob("*.eml"))))
