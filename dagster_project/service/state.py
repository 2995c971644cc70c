"""The service's database: the journal of builds, deliveries, problems, messages, answers. One file beside the releases.

It is checked whenever it is opened. A file that is damaged or of an older program is moved aside, and a new one begins
with what can be known again: from releases, from the outbox, and from what is still readable in the old file.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from dagster_project.errors import ReportableError
from dagster_project.releases.build_json import Description, UnreadableDescriptionError, read_description
from dagster_project.releases.build_record import BLOCKED as WAS_BLOCKED
from dagster_project.releases.build_record import PUBLISHED
from dagster_project.releases.folder import BLOCKED, RELEASES

FILE_NAME = "operations.sqlite"
SCHEMA_NUMBER = 1
MODE = 0o640
ANSWER_HEADER = "X-Arsplan-Answer"
MISSING, DAMAGED, OTHER = "missing", "damaged", "of another program"

_SCHEMA = """
create table journal (
    build_number integer primary key,
    build_id text not null unique,
    began_at text not null,
    ended_at text,
    as_of_date text not null,
    outcome text check (outcome in ('published', 'blocked', 'broke')),
    cause text,
    seconds_by_step text not null default '{}',
    rows_by_mart text not null default '{}',
    new_files_by_feed text not null default '{}',
    checks text not null default '{}',
    landing text
);
create table deliveries (
    feed text not null,
    file_name text not null,
    sha256 text not null,
    first_build_id text not null,
    primary key (feed, file_name)
);
create table problems (
    problem text primary key,
    severity text not null,
    county_code text,
    cases integer not null,
    facts text not null,
    told_at text not null
);
create table messages (
    message_number integer primary key,
    message_id text not null unique,
    receiver text not null,
    subject text not null,
    body text not null,
    state text not null check (state in ('waiting', 'sending', 'sent')),
    changed_at text not null
);
create table attempts (
    message_id text primary key,
    attempts integer not null,
    next_attempt_at text not null
);
create table answers (
    answer_number integer primary key,
    answer_id text not null unique,
    request_kind text not null,
    request_id text not null,
    municipality_code text not null,
    decided_date text not null,
    content text not null,
    prepared_at text not null
);
create table prepared_releases (
    build_id text primary key,
    answers integer not null,
    without_recipient integer not null
);
create table renewals (
    moved_to text primary key,
    renewed_at text not null,
    reason text not null
);
-- One row while there may have been answers that nobody remembers.
create table answers_forgotten (since text not null);
"""


class StateDamagedError(ReportableError):
    """The service's database cannot be read; the next build or look puts a new one in its place."""


@contextmanager
def opened(output: Path) -> Iterator[sqlite3.Connection]:
    """The service's database, for one transaction; made, or made anew, where it is missing or cannot be used."""
    if _fault(output):
        _renew(output)
    with closing(sqlite3.connect(output / FILE_NAME, timeout=30)) as connection, connection:
        yield connection


def made_usable(output: Path) -> None:
    """Put a new database in place where the old one cannot be used."""
    with opened(output):
        pass


@contextmanager
def read_only(output: Path) -> Iterator[sqlite3.Connection | None]:
    """The database as it is, for who may not write; None where there is none. Raises StateDamagedError."""
    if not (output / FILE_NAME).is_file():
        yield None
        return
    fault = _fault(output)
    if fault:
        raise StateDamagedError(f"{FILE_NAME}: {fault}: the next build puts a new one in its place")
    with closing(sqlite3.connect(f"{(output / FILE_NAME).as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def _fault(output: Path) -> str | None:
    """Why the file cannot be used, if it cannot."""
    file = output / FILE_NAME
    if not file.is_file():
        return MISSING
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            [(found,)] = connection.execute("pragma quick_check(1)").fetchall()
            [(number,)] = connection.execute("pragma user_version").fetchall()
    except sqlite3.OperationalError:  # locked, or not to be opened: no damage
        raise
    except sqlite3.DatabaseError:
        return DAMAGED
    if found != "ok":
        return DAMAGED
    return None if number == SCHEMA_NUMBER else OTHER


def _renew(output: Path) -> None:
    """Keep the file aside, if there is one, and put a new one in its place; only one process does."""
    with (output / ".state.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fault = _fault(output)
        if fault is None:
            return
        now = datetime.now(UTC)
        old = None if fault == MISSING else _kept_aside(output, now)
        aside = output / f".{FILE_NAME}.new"
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(aside)) as connection, connection:
            connection.executescript(f"{_SCHEMA} pragma user_version = {SCHEMA_NUMBER};")
            _know_again(connection, output, old, fault, now)
        aside.chmod(MODE)
        aside.replace(output / FILE_NAME)


def _kept_aside(output: Path, now: datetime) -> Path:
    """A second name of the file, and its journal's. The file stays in place until the new one takes it: whoever dies
    in between has lost nothing that the next one could read."""
    kept = output / f"operations.{now:%Y%m%dT%H%M%S%f}.sqlite"
    kept.hardlink_to(output / FILE_NAME)
    for rest in ("-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            (output / f"{FILE_NAME}{rest}").rename(f"{kept}{rest}")
    return kept


def _know_again(connection: sqlite3.Connection, output: Path, old: Path | None, fault: str, now: datetime) -> None:
    """Fill the new file `connection` with what is known without the old one, which lies at `old` if there was one."""
    described = [found for place in (RELEASES, BLOCKED) for found in _descriptions(output / place)]
    for build in sorted(described, key=lambda one: one.build_id):
        _know_build(connection, build)
    published = [build for build in described if build.published]
    if published:
        remember_deliveries(connection, max(published, key=lambda one: one.build_id))
    in_outbox = [*output.glob("outbox/*.eml"), *output.glob("outbox/[!.]*/*.eml")]  # not what is only staged
    rows = [row for file in in_outbox if (row := _answer_in(file))]
    rows += _answers_in(old) if old else []
    connection.executemany("insert or ignore into answers values (null, ?, ?, ?, ?, ?, ?, ?)", rows)
    if fault == DAMAGED or (fault == MISSING and published):
        connection.execute("insert into answers_forgotten values (?)", (now.isoformat(),))
    if old or published:
        connection.execute("insert into renewals values (?, ?, ?)", (old.name if old else "", now.isoformat(), fault))


def _descriptions(place: Path) -> Iterator[Description]:
    for folder in place.glob("*"):
        with suppress(OSError, UnreadableDescriptionError):  # a damaged one tells nothing
            if described := read_description(folder):
                yield described


def forget_answers(output: Path, now: datetime) -> None:
    """From now on there may have been answers that nobody remembers, until a build has prepared what is due."""
    with opened(output) as connection:
        connection.execute("insert into answers_forgotten values (?)", (now.isoformat(),))


def _know_build(connection: sqlite3.Connection, build: Description) -> None:
    """The journal's row of a build that ended; which landing folder it found nobody knows any more."""
    checks = {check.check_name: [check.severity, check.passed, check.failing_rows] for check in build.checks}
    connection.execute(
        "insert into journal values (null, ?, ?, ?, ?, ?, null, ?, ?, ?, ?, null)",
        (
            build.build_id,
            build.built_at.isoformat(),
            build.built_at.isoformat(),
            build.as_of.isoformat(),
            PUBLISHED if build.published else WAS_BLOCKED,
            json.dumps(build.seconds_by_step),
            json.dumps(build.rows_by_mart),
            json.dumps(build.new_files_by_feed),
            json.dumps(checks),
        ),
    )


def remember_deliveries(connection: sqlite3.Connection, release: Description) -> None:
    """Add to the ledger what a release was made of: files that were read and that it does not hold yet."""
    connection.executemany(
        "insert or ignore into deliveries values (?, ?, ?, ?)",
        [
            (file["feed"], file["file_name"], file["sha256"], release.build_id)
            for file in release.files
            if file.get("status") == "loaded"
        ],
    )


def _answer_in(file: Path) -> tuple[str, ...] | None:
    """The row of an answer, from its file."""
    with suppress(OSError, ValueError):
        header = message_from_bytes(file.read_bytes(), policy=policy.SMTP)[ANSWER_HEADER]
        return tuple(json.loads(header)) if header else None
    return None


def _answers_in(old: Path) -> list[tuple[str, ...]]:
    """Answers that can still be read in the old file, as far as it goes."""
    columns = "answer_id, request_kind, request_id, municipality_code, decided_date, content, prepared_at"
    rows: list[tuple[str, ...]] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{old.as_uri()}?mode=ro", uri=True)) as connection:
        rows.extend(connection.execute(f"select {columns} from answers order by rowid"))
    return rows
