"""Puts a finished build in its place: digests, rights, one atomic step; and deletes the oldest."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from dagster_project.releases.build_json import Description
from dagster_project.releases.current_link import current_release, switch_current
from dagster_project.releases.digests import write_digests
from dagster_project.releases.folder import BLOCKED, PUBLIC, RELEASES


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
    # A blocked build deletes no release: the newest whole one may be the only one that is whole.
    prune(place, keep_releases, aside=folder.parent, keep=current_release(output))
    return placed


def restrict(folder: Path) -> None:
    """Let owner and group read a release, and everyone its public/, whatever the umask; nobody writes its files."""
    # By inode: internal/ has some of the files of public/, which also the current release shows at this moment.
    public = {path.stat().st_ino for path in (folder / PUBLIC).rglob("*")}
    for path in folder.rglob("*"):
        if path.stat().st_ino not in public:
            path.chmod(0o750 if path.is_dir() else 0o440)
    folder.chmod(0o751)  # everyone may pass, so that a web server reaches public/
    let_everyone_read(folder / PUBLIC)


def let_everyone_read(folder: Path) -> None:
    """Let everyone read a folder with all that is in it; nobody writes its files."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o444)


def prune(place: Path, keep_count: int, aside: Path, keep: Path | None = None) -> None:
    """Delete the oldest folders beyond `keep_count`, never `keep`. Each is renamed away atomically, then deleted."""
    folders: Iterable[Path] = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    for folder in list(folders)[max(keep_count, 1) :]:
        if folder != keep:
            shutil.rmtree(folder.rename(aside / folder.name), ignore_errors=True)
