"""The history of builds: one row per finished build, beside the releases and outliving them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dagster_project.releases.build_json import CheckResult
from dagster_project.releases.build_record import BuildRecord

FILE_NAME = "operations.sqlite"

_SCHEMA = """
create table if not exists builds (
    build_id text primary key,
    began_at text not null,
    ended_at text not null,
    as_of_date text not null,
    outcome text not null check (outcome in ('published', 'blocked', 'broke')),
    cause text,
    seconds_by_step text not null,
    rows_by_mart text not null,
    new_files_by_feed text not null,
    checks text not null
);
create table if not exists landings (
    build_id text primary key,
    fingerprint text not null
);
"""


@contextmanager
def opened(output: Path, schema: str = _SCHEMA) -> Iterator[sqlite3.Connection]:
    """The service's database, for one transaction; creates the tables of `schema` where they are missing."""
    with closing(sqlite3.connect(output / FILE_NAME, timeout=30)) as connection:
        connection.executescript(schema)
        with connection:
            yield connection


def record_build(output: Path, build: BuildRecord) -> None:
    """Add a finished build to the history in `output`."""
    checks = {name: [run.severity, run.passed, run.failing_rows] for name, run in build.checks.items()}
    row = (
        build.build_id,
        build.began_at.isoformat(),
        build.ended_at.isoformat(),
        build.as_of.isoformat(),
        build.outcome,
        build.cause,
        json.dumps(build.seconds_by_step),
        json.dumps(build.rows_by_mart),
        json.dumps(build.new_files_by_feed),
        json.dumps(checks),
    )
    with opened(output) as connection:
        connection.execute(f"insert into builds values ({', '.join('?' for _ in row)})", row)
        if build.landing is not None:
            connection.execute("insert into landings values (?, ?)", (build.build_id, build.landing))


def recent_builds(output: Path, count: int) -> list[BuildRecord]:
    """The newest builds of the history, the newest first; none where nothing was ever built."""
    if not (output / FILE_NAME).is_file():
        return []
    with opened(output) as connection:
        rows = connection.execute(
            "select builds.*, fingerprint from builds left join landings using (build_id) "
            "order by build_id desc limit ?",
            (count,),
        ).fetchall()
    return [_build_of(row) for row in rows]


def _build_of(row: tuple[Any, ...]) -> BuildRecord:
    build_id, began_at, ended_at, as_of, outcome, cause, seconds, rows, new_files, checks, landing = row
    return BuildRecord(
        build_id,
        datetime.fromisoformat(began_at),
        datetime.fromisoformat(ended_at),
        date.fromisoformat(as_of),
        outcome,
        cause,
        json.loads(seconds),
        json.loads(rows),
        json.loads(new_files),
        {name: CheckResult(name, *run) for name, run in json.loads(checks).items()},
        landing,
    )
