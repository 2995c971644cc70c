"""The ledger of deliveries: files that releases were made of. None may go or become another without a word.

It holds the files of published releases that were read; a file that was refused may be taken away as its advice says.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from dagster_project.errors import WrongUsageError
from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.landing import digest_of_file, named_files
from dagster_project.releases.build_json import ERROR, Description, Finding
from dagster_project.service.state import opened, read_only, remember_deliveries

GONE, REPLACED = "gone", "replaced"
KINDS = {GONE: "delivery_gone", REPLACED: "delivery_replaced"}  # of findings


class NotInLedgerError(WrongUsageError):
    """No delivery of this name is known."""


def remember(output: Path, release: Description) -> None:
    """Add the files of a published release."""
    with opened(output) as connection:
        remember_deliveries(connection, release)


def known_deliveries(output: Path) -> dict[str, str]:
    """Digest of every delivery of the ledger by its name, such as assignment_log/1.csv. Raises StateDamagedError."""
    with read_only(output) as connection:
        if connection is None:
            return {}
        rows = connection.execute("select feed || '/' || file_name, sha256 from deliveries order by 1").fetchall()
    return dict(rows)


def astray(output: Path, landing: Path) -> dict[str, str]:
    """Deliveries of the ledger that are gone from the landing folder, or were replaced there, by name."""
    files = {f"{feed.name}/{name}": path for feed in FEEDS for name, path in named_files(landing, feed)}
    found = {}
    for name, digest in known_deliveries(output).items():
        if name not in files:
            found[name] = GONE
        elif _digest_now(files[name]) != digest:
            found[name] = REPLACED
    return found


def findings_of(found: dict[str, str]) -> list[Finding]:
    """What to tell of deliveries that are astray."""
    return [Finding(KINDS[how], ERROR, name, {"file": name}) for name, how in found.items()]


def forget(output: Path, name: str) -> None:
    """Let a delivery go: what lies in the landing folder instead counts from now on. Raises NotInLedgerError."""
    feed, _, file_name = name.partition("/")
    with opened(output) as connection:
        deleted = connection.execute("delete from deliveries where (feed, file_name) = (?, ?)", (feed, file_name))
        if not deleted.rowcount:
            raise NotInLedgerError(f"No release was made of {name}: `arsplan deliveries` lists what is known.")


def _digest_now(path: Path) -> str:
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _digest(path: Path, _size: int, _modified_ns: int) -> str:
    """Read again only when it was written again: a service looks every minute."""
    return digest_of_file(path)
