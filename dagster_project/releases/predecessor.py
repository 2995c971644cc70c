"""The release that a build goes on from: the current one, or the newest whole one where that is damaged or gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_project.releases.build_json import (
    ERROR,
    FILE_NAME,
    Description,
    Finding,
    UnreadableDescriptionError,
    read_description,
)
from dagster_project.releases.current_link import CURRENT, current_release
from dagster_project.releases.digests import MISSING, differences, listed_digests, shown
from dagster_project.releases.folder import PARQUET, PUBLIC, RELEASES, WAREHOUSE, folders_of_builds

# What a build reads from the release before. A log beside the warehouse would be read as part of it.
_READ_FROM = (FILE_NAME, WAREHOUSE, f"{WAREHOUSE}.wal", PARQUET)
_DOCUMENTS = f"{PUBLIC}/documents/"


@dataclass(frozen=True)
class Predecessor:
    """The release to go on from, if there is a whole one, what it says of itself, and what was found on the way."""

    folder: Path | None = None
    description: Description | None = None
    findings: tuple[Finding, ...] = ()


def find_predecessor(output: Path) -> Predecessor:
    """The current release if it is whole, else the newest whole one; the damaged ones before it are findings."""
    current = current_release(output)
    others = [folder for folder in folders_of_builds(output / RELEASES) if folder != current]
    damaged: dict[str, dict[str, str]] = {}
    whole = None
    for folder in [*([current] if current else []), *others]:
        found = damages(folder)
        if not found:
            whole = folder
            break
        damaged[folder.name] = found
    used = whole.name if whole else "–"
    findings = [
        Finding("release", ERROR, name, {"release": name, "files": shown(list(found)), "used": used})
        for name, found in damaged.items()
    ]
    if current is None and (others or (output / CURRENT).is_symlink()):
        findings.insert(0, Finding("current", ERROR, CURRENT, {"used": used}))
    return Predecessor(whole, read_description(whole) if whole else None, tuple(findings))


def whole_releases(output: Path) -> Iterator[Path]:
    """Releases that are whole, the oldest first."""
    return (folder for folder in reversed(folders_of_builds(output / RELEASES)) if not damages(folder))


def damages(folder: Path) -> dict[str, str]:
    """How a release's files are not as they were published, by name, of those that a build reads or links.

    Of documents only whether they are there: digests of all take ten times as long, and `arsplan verify` compares them.
    """
    found = differences(folder, _READ_FROM)
    documents = (name for name in listed_digests(folder) or () if name.startswith(_DOCUMENTS))
    found |= {name: MISSING for name in documents if not (folder / name).is_file()}
    return found or _unreadable(folder)


def _unreadable(folder: Path) -> dict[str, str]:
    with suppress(UnreadableDescriptionError):
        return {} if read_description(folder) else {FILE_NAME: MISSING}
    return {FILE_NAME: "cannot be read"}
