"""A copy of what cannot be made again, and how to go on from it on an empty machine.

It holds the newest release (with history and documents), editions, the outbox and the service's database.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.errors import WrongUsageError
from dagster_project.releases.current_link import current_release, switch_current
from dagster_project.releases.folder import EDITIONS, RELEASES
from dagster_project.service.answers.outbox import OUTBOX, SENDING, SENT, UNCERTAIN, sole_sender
from dagster_project.service.state import FILE_NAME, forget_answers, opened


class BackupError(WrongUsageError):
    """There is nothing to copy, or no place for it."""


def backup(output: Path, into: Path) -> int:
    """Copy what cannot be made again into a new folder, also while builds run; its bytes. Raises BackupError."""
    release = current_release(output)
    if release is None:
        raise BackupError(f"There is no release in {output}: nothing to copy.")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise BackupError(f"{into} is not empty: name a new folder.")
    part = into.with_name(f"{into.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    with opened(output) as journal, closing(sqlite3.connect(part / FILE_NAME)) as kept:
        journal.backup(kept)  # before the outbox: an answer without its row is made again, one without its file is not
    with sole_sender(output):
        shutil.copytree(output / OUTBOX, part / OUTBOX, ignore=shutil.ignore_patterns(".*"))
    copy = _copy_once()  # a release shares files with its edition, and pages with themselves under other names
    if (output / EDITIONS).is_dir():
        shutil.copytree(output / EDITIONS, part / EDITIONS, copy_function=copy)
    shutil.copytree(release, part / RELEASES / release.name, copy_function=copy)
    if into.exists():
        into.rmdir()
    part.rename(into)
    sizes = {state.st_ino: state.st_size for file in into.rglob("*") if file.is_file() and (state := file.stat())}
    return sum(sizes.values())


def _copy_once() -> Callable[[str, str], str]:
    """A way to copy files that gives one with several names several names again."""
    copied: dict[tuple[int, int], str] = {}

    def copy(source: str, target: str) -> str:
        state = Path(source).stat()
        first = copied.setdefault((state.st_dev, state.st_ino), target)
        if first == target:
            return str(shutil.copy2(source, target))
        os.link(first, target)
        return target

    return copy


def restore(backup_folder: Path, output: Path) -> str:
    """Put a copy into an output folder without releases; the release that is current then. Raises BackupError.

    Answers that waited may have been sent since, and so may others of which the copy knows nothing: a person decides.
    """
    if not (backup_folder / FILE_NAME).is_file():
        raise BackupError(f"{backup_folder} is no backup: it lacks {FILE_NAME}.")
    if (output / RELEASES).exists() or (output / FILE_NAME).exists():
        raise BackupError(f"{output} is in use: restore into an empty folder.")
    shutil.copytree(backup_folder, output, copy_function=_copy_once(), dirs_exist_ok=True)
    sent = {file.name for file in (output / OUTBOX / SENT).glob("*.eml")}
    (output / OUTBOX / UNCERTAIN).mkdir(mode=0o750, exist_ok=True)
    for file in [*(output / OUTBOX).glob("*.eml"), *(output / OUTBOX / SENDING).glob("*.eml")]:
        if file.name in sent:
            file.unlink()
        else:
            file.rename(output / OUTBOX / UNCERTAIN / file.name)
    forget_answers(output, datetime.now(UTC))
    [release] = (output / RELEASES).iterdir()
    switch_current(output, release)
    return release.name
