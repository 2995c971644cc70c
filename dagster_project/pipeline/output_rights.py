"""Who may do what with the files and folders that lie directly in the output folder (docs/operators.md)."""

from __future__ import annotations

from pathlib import Path

from dagster_project.releases.folder import BLOCKED, EDITIONS, RELEASES
from dagster_project.service.answers.outbox import OUTBOX
from dagster_project.service.state import FILE_NAME

PARSED = "parsed"  # delivered files as they were parsed
LOCK = ".lock"
LOCKS = (LOCK, ".service.lock", ".state.lock")

_RIGHTS = {
    RELEASES: 0o751,
    EDITIONS: 0o755,
    BLOCKED: 0o750,
    PARSED: 0o700,
    "dagster": 0o750,
    OUTBOX: 0o750,
    FILE_NAME: 0o640,
    **dict.fromkeys(LOCKS, 0o640),
}


def set_rights(output: Path) -> None:
    """Set their rights, also where an earlier version made them with others; the folder itself keeps its own."""
    for name, mode in _RIGHTS.items():
        if (output / name).exists():
            (output / name).chmod(mode)
