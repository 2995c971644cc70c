"""The journal of builds: each is written down when it begins, and again when it has ended.

A build without an end whose lock is free was killed, or the machine went down: that leaves no other trace.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from dagster_project.releases.build_json import CheckResult
from dagster_project.releases.build_record import BROKE, RUNNING, BuildRecord
from dagster_project.releases.folder import BUILDING
from dagster_project.service.state import opened, read_only

KILLED = "its process was killed, or the machine went down"
_LOCK = ".running"
_COLUMNS = (
    "build_id, began_at, ended_at, as_of_date, outcome, cause, seconds_by_step, rows_by_mart, new_files_by_feed, "
    "checks, landing"
)


@contextmanager
def written_down(output: Path, build_id: str, began_at: datetime, as_of: date, landing: str) -> Iterator[None]:
    """Write down that a build begins, whose folder is there; while this is open it counts as running.

    `landing` is the fingerprint of the landing folder.
    """
    with (output / BUILDING / build_id / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # goes with the process, however that ends
        with opened(output) as connection:
            connection.execute(
                "insert into journal (build_id, began_at, as_of_date, landing) values (?, ?, ?, ?)",
                (build_id, began_at.isoformat(), as_of.isoformat(), landing),
            )
        yield


def is_running(output: Path, build_id: str) -> bool:
    """Whether the process of a build holds its lock."""
    try:
        with (output / BUILDING / build_id / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def record_end(output: Path, build: BuildRecord) -> None:
    """Write down how a build ended, also one whose beginning was lost with the database."""
    checks = {name: [run.severity, run.passed, run.failing_rows] for name, run in build.checks.items()}
    row = (
        build.build_id,
        build.began_at.isoformat(),
        build.ended_at and build.ended_at.isoformat(),
        build.as_of.isoformat(),
        build.outcome,
        build.cause,
        json.dumps(build.seconds_by_step),
        json.dumps(build.rows_by_mart),
        json.dumps(build.new_files_by_feed),
        json.dumps(checks),
        build.landing,
    )
    ended = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])
    with opened(output) as connection:
        connection.execute(
            f"insert into journal ({_COLUMNS}) values ({', '.join('?' for _ in row)}) "
            f"on conflict (build_id) do update set {ended}",
            row,
        )


def recent_builds(output: Path, count: int) -> list[BuildRecord]:
    """The newest builds of the journal, the newest first; none where nothing was ever built.

    Raises StateDamagedError.
    """
    with read_only(output) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            f"select {_COLUMNS} from journal order by build_number desc limit ?", (count,)
        ).fetchall()
    return [_build_of(output, row) for row in rows]


def ended_builds(output: Path, count: int) -> list[BuildRecord]:
    """The newest builds that do not run any more, the newest first. Raises StateDamagedError."""
    return [build for build in recent_builds(output, count + 1) if build.outcome != RUNNING][:count]


def last_published(output: Path) -> BuildRecord | None:
    """The newest build that published. Raises StateDamagedError."""
    with read_only(output) as connection:
        query = f"select {_COLUMNS} from journal where outcome = 'published' order by build_number desc limit 1"
        row = connection.execute(query).fetchone() if connection else None
    return _build_of(output, row) if row else None


def broken_in_a_row(builds: list[BuildRecord]) -> list[BuildRecord]:
    """Of builds that have ended, the newest first, those that broke since one came to its end."""
    return list(takewhile(lambda build: build.outcome == BROKE, builds))


def _build_of(output: Path, row: tuple[Any, ...]) -> BuildRecord:
    build_id, began_at, ended_at, as_of, outcome, cause, seconds, rows, new_files, checks, landing = row
    if outcome is None:
        outcome, cause = (RUNNING, None) if is_running(output, build_id) else (BROKE, KILLED)
    return BuildRecord(
        build_id,
        datetime.fromisoformat(began_at),
        datetime.fromisoformat(ended_at) if ended_at else None,
        date.fromisoformat(as_of),
        outcome,
        cause,
        json.loads(seconds),
        json.loads(rows),
        json.loads(new_files),
        {name: CheckResult(name, *run) for name, run in json.loads(checks).items()},
        landing,
    )
