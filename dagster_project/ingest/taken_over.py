"""What a build takes over from the release before, so that a night costs what has come to pass since.

The warehouse of the current release is copied, and ingest and models only bring it up to date. Wherever the outcome
might differ from that of a build from nothing, nothing is taken over.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.current import current_release
from dagster_project.digest import code_version, sha256_of
from dagster_project.ingest.feeds import ASSIGNMENT_LOG
from dagster_project.ingest.landing import Delivery, deliveries_in
from dagster_project.ingest.load import CHANGED_ASSIGNMENTS, REFERENCE_TABLES
from dagster_project.ingest.turning_days import TURNING_DAYS
from dagster_project.settings import Settings

DESCRIPTION, WAREHOUSE, DIGESTS = "build.json", "warehouse.duckdb", "SHA256SUMS"
# A smaller warehouse is made anew in less time than it takes to find out what may stay.
WORTHWHILE_BYTES = 64 * 2**20
# Feeds that count as they did until something new of them counts. With the log months begin and deadlines pass, too.
DECISIONS = sorted(TURNING_DAYS.keys() - {ASSIGNMENT_LOG.name})
# What awaits a decision is assessed as of the day of each build.
_AWAITED = {
    "redistributions": "staging.stg_redistributions where decision is null",
    "change_requests": "staging.stg_change_requests where decision is null",
}


@dataclass(frozen=True)
class Beginning:
    """What a build begins with: all that has landed, and the as-of date of the release whose warehouse was copied."""

    deliveries: list[Delivery]
    since: date | None


def begin(settings: Settings, into: Path) -> Beginning:
    """Look into the landing folder, and copy the warehouse of the current release to the file `into` if it may be."""
    deliveries = deliveries_in(settings.landing)
    release = None if settings.anew else current_release(settings.output)
    return Beginning(deliveries, copy_warehouse(release, deliveries, settings.as_of, into))


def copy_warehouse(release: Path | None, deliveries: list[Delivery], as_of: date, into: Path) -> date | None:
    """Copy the warehouse of the release to the file `into`; the release's as-of date, or None where nothing is copied.

    Copied it is only when it is large, the same program made it, no day of it lies ahead, what it was made of is still
    there and still counts first, and not a byte of it has changed.
    """
    if release is None or not all((release / name).is_file() for name in (DESCRIPTION, WAREHOUSE, DIGESTS)):
        return None
    if (release / WAREHOUSE).stat().st_size < WORTHWHILE_BYTES:
        return None
    described = json.loads((release / DESCRIPTION).read_text(encoding="utf-8"))
    known = {(file["feed"], file["file_name"]): file["sha256"] for file in described["files"]}
    since = date.fromisoformat(described["as_of"])
    if described["code_version"] != code_version() or since > as_of or not _still_counts(known, deliveries):
        return None
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(sha256_of, release / WAREHOUSE)
        shutil.copyfile(release / WAREHOUSE, into)
    if f"{digest.result()}  {WAREHOUSE}" not in (release / DIGESTS).read_text(encoding="utf-8").splitlines():
        into.unlink()
        return None
    return since


def unchanged_tables(
    warehouse: duckdb.DuckDBPyConnection, deliveries: list[Delivery], since: date, as_of: date
) -> frozenset[str]:
    """Tables of schema raw that count as they did in the release that was copied, whatever is loaded now."""
    decisions = [feed for feed in DECISIONS if _is_unchanged(warehouse, feed, deliveries, since, as_of)]
    return frozenset([*REFERENCE_TABLES, *decisions])


def _is_unchanged(
    warehouse: duckdb.DuckDBPyConnection, feed: str, deliveries: list[Delivery], since: date, as_of: date
) -> bool:
    """Whether no file of the feed is new, no day of it has come to pass, and nothing in it awaits a decision."""
    known = warehouse.execute("select file_name from raw.landed_files where feed = ?", [feed]).fetchall()
    if any(one.feed == feed and (one.file_name,) not in known for one in deliveries):
        return False
    moves = f"from ({TURNING_DAYS[feed]}) where day > $since and day <= $as_of limit 1"
    if warehouse.execute(moves, {"since": since, "as_of": as_of}).fetchone():
        return False
    return feed not in _AWAITED or not warehouse.execute(f"from {_AWAITED[feed]} limit 1").fetchone()


def forget_others(warehouse: duckdb.DuckDBPyConnection, kept: Collection[str]) -> None:
    """Drop what was made from raw tables, all but the tables `kept`, named with their schema.

    The history goes too: it tells of releases, not of deliveries.
    """
    tables = warehouse.execute("""
        select if(table_type = 'VIEW', 'view', 'table'), table_schema || '.' || table_name
        from information_schema.tables
        where table_schema <> 'raw'
    """).fetchall()
    for kind, name in tables:
        if name not in kept:
            warehouse.execute(f"drop {kind} {name}")


def _still_counts(known: dict[tuple[str, str], str], deliveries: list[Delivery]) -> bool:
    """Whether every known file is still there, with the same content, and no new file with that content precedes it."""
    still_there: set[tuple[str, str]] = set()
    new_contents: set[tuple[str, str, str]] = set()
    for delivery in deliveries:
        name, content = (delivery.feed, delivery.file_name), (delivery.feed, *delivery.content)
        if name not in known:
            new_contents.add(content)
        elif known[name] != delivery.sha256 or content in new_contents:
            return False
        else:
            still_there.add(name)
    return still_there == known.keys()


def note_touched_assignments(warehouse: duckdb.DuckDBPyConnection, since: date | None, as_of: date) -> None:
    """Create raw.touched_assignments: every assignment that may not be as it was in the release taken over.

    One row per assignment with an event that came or went, with one dated after `since` that has come to pass, or that
    is open and has become overdue; and per assignment that one of these replaces or replaced, or that replaces or
    replaced one of them, directly or through others. Empty where nothing was taken over.
    """
    warehouse.execute("create or replace table raw.touched_assignments (assignment_id varchar)")
    if since is not None:
        warehouse.execute(
            f"""
            insert into raw.touched_assignments
            with recursive links as (
                select assignment_id, original_assignment_id from intermediate.int_replacement_links_checked
                union
                select assignment_id, unnest(string_split(replaces, ';'))
                from raw.assignment_log
                where replaces is not null
            ),
            neighbours as (
                select assignment_id, original_assignment_id as neighbour_id from links
                union all
                select original_assignment_id, assignment_id from links
            ),
            touched as (
                select assignment_id from {CHANGED_ASSIGNMENTS}
                union
                select assignment_id from raw.assignment_log where event_date > $since and event_date <= $as_of
                union
                select assignment_id from marts.assignments
                where status = 'open' and reception_deadline_date >= $since and reception_deadline_date < $as_of
            ),
            affected as (
                from touched
                union
                select neighbours.neighbour_id
                from affected
                inner join neighbours using (assignment_id)
            )
            from affected
            """,
            {"since": since, "as_of": as_of},
        )
