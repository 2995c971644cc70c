"""What lies in the landing folder, before anything is read. Source: contract, section 2."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from dagster_project.digest import sha256_of
from dagster_project.errors import WrongUsageError
from dagster_project.ingest.feeds import FEEDS, Feed
from dagster_project.ingest.raw_rows import clean_text
from dagster_project.ingest.read import READERS
from dagster_project.settings import SettingError, feeds_with_digests

_DIGEST_ENDING = ".sha256"
UNFINISHED = (".part", ".filepart", ".tmp", ".crdownload")


class LandingError(WrongUsageError):
    """The landing folder as a whole cannot be built from; the message says what to do."""


@dataclass(frozen=True)
class DeliveredFile:
    """A delivered file; `file_order` numbers the files of its feed in the order in which they count.

    `is_as_sent` is False where the digest that its sender delivered beside it is another.
    """

    feed: str
    path: Path
    file_name: str
    file_order: int
    sha256: str
    is_as_sent: bool = True

    @property
    def content(self) -> tuple[str, str, bool]:
        """Key under which two files parse identically."""
        return self.sha256, self.path.suffix.lower(), self.is_as_sent


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
    """Files of a feed that are read, in the byte order of their names."""
    return [path for path in _files_below(landing / feed.name) if _why_not_read(path, feed) is None]


def _files_below(folder: Path) -> list[Path]:
    """All files, hidden ones and those in hidden folders apart; links are followed, but not in circles."""
    found: list[Path] = []

    def not_opened(error: OSError) -> None:
        if isinstance(error, PermissionError):
            found.append(Path(error.filename))

    for place, folders, names in os.walk(folder, followlinks=True, onerror=not_opened):
        above = [parent.resolve() for parent in Path(place).parents if parent.is_relative_to(folder)]
        if Path(place).resolve() in above:  # a link to where one came from
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda path: os.fsencode(path.relative_to(folder).as_posix()))


def _why_not_read(path: Path, feed: Feed) -> str | None:
    """Why a file in a feed's folder is no delivery; None where it is one."""
    ending = path.suffix.lower()
    if path.name.startswith("~$") or ending in UNFINISHED:
        return "an unfinished delivery, or a file that a program keeps while it writes: let it be finished"
    if not path.is_file():
        return "a link that leads nowhere, or what may not be opened: deliver the file itself"
    if ending not in READERS:
        return f"its ending is none of {', '.join(READERS)}: deliver one of these formats"
    if feed.name in feeds_with_digests() and not _digest_file(path).is_file():
        return f"{path.name}{_DIGEST_ENDING}, which says its digest, has not come: deliver that too"
    return None


def _digest_file(path: Path) -> Path:
    """The file in which a sender says the digest of another, as `sha256sum` writes it."""
    return path.with_name(f"{path.name}{_DIGEST_ENDING}")


def _is_as_sent(path: Path, feed: Feed, sha256: str) -> bool:
    if feed.name not in feeds_with_digests():
        return True
    said = _digest_file(path).read_text(encoding="utf-8", errors="replace").split()
    return said[:1] == [sha256]


def check_feeds_with_digests() -> None:
    """Raise SettingError where the setting names something that is no feed."""
    wrong = sorted(feeds_with_digests() - {feed.name for feed in FEEDS})
    if wrong:
        names = ", ".join(feed.name for feed in FEEDS)
        raise SettingError(f"ARSPLAN_FEEDS_WITH_DIGESTS names {', '.join(wrong)}, which is no feed: write of {names}")


def not_read(landing: Path) -> list[tuple[str, str, str]]:
    """What lies in the landing folder and is not read: feed ('' outside all), name below it, and why."""
    feeds = {feed.name for feed in FEEDS}
    visible = [path for path in sorted(landing.iterdir()) if not path.name.startswith(".")]
    outside = [path for path in visible if not (path.name in feeds and path.is_dir())]
    found = [("", name, "it lies in no feed's folder: move it there") for name in _names(outside, landing)]
    for feed in FEEDS:
        files = _files_below(landing / feed.name)
        for name, path in zip(_names(files, landing / feed.name), files, strict=True):
            is_digest = path.suffix == _DIGEST_ENDING and feed.name in feeds_with_digests()
            if not is_digest and (reason := _why_not_read(path, feed)):
                found.append((feed.name, name, reason))
    return found


def deliveries_in(landing: Path) -> list[DeliveredFile]:
    """All delivered files with their digests, feed by feed, in the order in which they count."""
    numbered = ((feed, number, *file) for feed in FEEDS for number, file in enumerate(named_files(landing, feed)))
    deliveries = []
    for feed, number, name, path in numbered:
        sha256 = digest_of_file(path)
        deliveries.append(DeliveredFile(feed.name, path, name, number, sha256, _is_as_sent(path, feed, sha256)))
    return deliveries


def named_files(landing: Path, feed: Feed) -> list[tuple[str, Path]]:
    """Files of a feed that are read, each with the name by which it is reported, in the order in which they count."""
    files = files_of(landing, feed)
    return list(zip(_names(files, landing / feed.name), files, strict=True))


def digest_of_file(path: Path) -> str:
    """The file's digest; empty where it may not be opened, which its reader will say."""
    return sha256_of(path) if os.access(path, os.R_OK) else ""


def _names(paths: list[Path], folder: Path) -> list[str]:
    """Names of files below a folder, for reports: cleaned, other bytes than UTF-8 escaped, numbered where alike."""
    names: list[str] = []
    for path in paths:
        name = clean_text(os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace"))
        numbered = (f"{name} ({number})" for number in count(2))
        names.append(name if name not in names else next(one for one in numbered if one not in names))
    return names


def fingerprint(landing: Path) -> str:
    """A digest that changes whenever a delivered file comes, goes, grows or is written again; nothing is read."""
    states = []
    for feed in FEEDS:
        for path in files_of(landing, feed):
            state = path.stat()
            states.append((feed.name, str(path), state.st_size, state.st_mtime_ns))
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()
