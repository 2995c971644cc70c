"""What a build takes over from the release before, so that a night costs what has come to pass since.

The warehouse of the current release is copied, and ingest and models only bring it up to date. Wherever the outcome
might differ from that of a build from nothing, nothing is taken over.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.digest import code_version, sha256_of
from dagster_project.ingest.landing import Delivery
from dagster_project.ingest.load import CHANGED_ASSIGNMENTS

DESCRIPTION, WAREHOUSE, DIGESTS = "build.json", "warehouse.duckdb", "SHA256SUMS"
# A smaller warehouse is made anew in less time than it takes to find out what may stay.
WORTHWHILE_BYTES = 64 * 2**20


def take_over(
    release: Path | None, deliveries: list[Delivery], as_of: date, into: Path, brought_up_to_date: Collection[str]
) -> date | None:
    """Copy the warehouse of the release to the file `into`; the release's as-of date, or None where nothing is copied.

    Copied it is only when it is large, the same program made it, no day of it lies ahead, what it was made of is still
    there and still counts first, and not a byte of it has changed. Of what is made from raw tables only the tables
    `brought_up_to_date` stay, named with their schema.
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
    with duckdb.connect(str(into)) as warehouse:
        _forget_others(warehouse, brought_up_to_date)
    return since


def _forget_others(warehouse: duckdb.DuckDBPyConnection, brought_up_to_date: Collection[str]) -> None:
    """Drop what would only be replaced, and the history, which tells of releases, not of deliveries."""
    tables = warehouse.execute("""
        select if(table_type = 'VIEW', 'view', 'table'), table_schema || '.' || table_name
        from information_schema.tables
        where table_schema <> 'raw'
    """).fetchall()
    for kind, name in tables:
        if name not in brought_up_to_date:
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

    One row per assignment with an event that came or went, with one dated after `since` that has come to pass, that
    is open and has become overdue, or that replaced one of these, directly or through others. What it replaces now
    and did not then has an event that came. Empty where nothing was taken over.
    """
    warehouse.execute("create or replace table raw.touched_assignments (assignment_id varchar)")
    if since is not None:
        warehouse.execute(
            f"""
            insert into raw.touched_assignments
            with recursive touched as (
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
                select links.assignment_id
                from affected
                inner join intermediate.int_replacement_links_checked as links
                    on affected.assignment_id = links.original_assignment_id
            )
            from affected
            """,
            {"since": since, "as_of": as_of},
        )
