"""What lies in the landing folder, before anything is read. Source: contract, section 2."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from dagster_project.digest import sha256_of
from dagster_project.errors import WrongUsageError
from dagster_project.ingest.feeds import FEEDS, Feed


class LandingError(WrongUsageError):
    """The landing folder as a whole cannot be built from; the message says what to do."""


@dataclass(frozen=True)
class DeliveredFile:
    """A delivered file; `file_order` numbers the files of its feed in the order in which they count."""

    feed: str
    path: Path
    file_name: str
    file_order: int
    sha256: str

    @property
    def content(self) -> tuple[str, str]:
        """Key under which two files parse identically."""
        return self.sha256, self.path.suffix.lower()


def check_landing(landing: Path) -> None:
    """Raise LandingError where there is nothing to build from."""
    if not landing.is_dir():
        raise LandingError(
            f"There is no landing folder {landing}: create it, with one folder per feed, or name another."
        )
    for feed in FEEDS:
        if not feed.may_be_absent and not files_of(landing, feed):
            raise LandingError(
                f"The landing folder {landing} holds no file in {feed.name}/: deliver at least one file of decisions."
            )


def files_of(landing: Path, feed: Feed) -> list[Path]:
    """Files of a feed in the byte order of their names; hidden files and Excel's lock files are no deliveries."""
    folder = landing / feed.name
    files = (path for path in folder.rglob("*") if path.is_file())
    deliveries = (path for path in files if not path.name.startswith((".", "~$")))
    return sorted(deliveries, key=lambda path: os.fsencode(path.relative_to(folder).as_posix()))


def deliveries_in(landing: Path) -> list[DeliveredFile]:
    """All delivered files with their digests, feed by feed, in the order in which they count."""
    return [
        DeliveredFile(feed.name, path, _name_of(path, landing / feed.name), file_order, sha256_of(path))
        for feed in FEEDS
        for file_order, path in enumerate(files_of(landing, feed))
    ]


def _name_of(path: Path, folder: Path) -> str:
    """Name of a file below its feed's folder; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")


def fingerprint(landing: Path) -> str:
    """A digest that changes whenever a delivered file comes, goes, grows or is written again; nothing is read."""
    states = []
    for feed in FEEDS:
        for path in files_of(landing, feed):
            state = path.stat()
            states.append((feed.name, str(path), state.st_size, state.st_mtime_ns))
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()


def unknown_folders(landing: Path) -> list[str]:
    """What lies in the landing folder and is no feed: nothing in it is read."""
    known = {feed.name for feed in FEEDS}
    return sorted(path.name for path in landing.iterdir() if path.name not in known and not path.name.startswith("."))
