"""Puts a finished build in its place: digests, rights, one atomic step; and deletes the oldest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from dagster_project.releases.build_json import Description
from dagster_project.releases.current_link import current_release, switch_current
from dagster_project.releases.digests import write_digests
from dagster_project.releases.folder import BLOCKED, INTERNAL, PUBLIC, RELEASES


def put_in_place(folder: Path, description: Description, output: Path, keep_releases: int) -> Path:
    """Describe and move a finished build, whole, to where it stays, and make it current when it may be published.

    Returns its new folder. `folder` lies in a folder that is thrown away afterwards.
    """
    description.write(folder)
    write_digests(folder)
    restrict(folder)
    place = output / (RELEASES if description.published else BLOCKED)
    place.mkdir(exist_ok=True)
    placed = folder.rename(place / description.build_id)
    if description.published:
        switch_current(output, placed)
    for each in (RELEASES, BLOCKED):
        prune(output / each, keep_releases, aside=folder.parent, keep=current_release(output))
    return placed


def restrict(folder: Path) -> None:
    """Let owner and group read a release, and everyone its public/, as far as the umask allows; nobody writes it."""
    umask = os.umask(0)
    os.umask(umask)
    for path in [folder, *folder.rglob("*")]:
        place = path.relative_to(folder).parts[:1]
        is_public = place == (PUBLIC,)
        # Passable for all, so that a web server reaches public/; internal/ is not.
        of_folder = 0o755 if is_public else 0o750 if place == (INTERNAL,) else 0o751
        of_file = 0o444 if is_public else 0o440
        path.chmod((of_folder if path.is_dir() else of_file) & ~umask)


def prune(place: Path, keep_count: int, aside: Path, keep: Path | None = None) -> None:
    """Delete the oldest folders beyond `keep_count`, never `keep`. Each is renamed away atomically, then deleted."""
    folders: Iterable[Path] = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    for folder in list(folders)[max(keep_count, 1) :]:
        if folder != keep:
            shutil.rmtree(folder.rename(aside / folder.name), ignore_errors=True)
