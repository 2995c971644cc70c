"""Puts a finished build in its place: digests, rights, one atomic step; and deletes the oldest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dagster_project.digest import sha256_of
from dagster_project.releases.build_json import Description
from dagster_project.releases.current_link import current_release, switch_current
from dagster_project.releases.folder import BLOCKED, DIGESTS, PUBLIC, RELEASES

DIGESTED_AT_ONCE = 2  # the warehouse keeps one thread busy, the other files together another


def put_in_place(folder: Path, description: Description, output: Path, keep_releases: int) -> Path:
    """Describe and move a finished build, whole, to where it stays, and make it current when it may be published.

    Returns its new folder. `folder` lies in a folder that is thrown away afterwards.
    """
    description.write(folder)
    _write_digests(folder)
    restrict(folder)
    place = output / (RELEASES if description.published else BLOCKED)
    place.mkdir(exist_ok=True)
    placed = folder.rename(place / description.build_id)
    if description.published:
        switch_current(output, placed)
    for each in (RELEASES, BLOCKED):
        prune(output / each, keep_releases, aside=folder.parent, keep=current_release(output))
    return placed


def _write_digests(folder: Path) -> None:
    """SHA256SUMS: every file of the release with its digest, as `sha256sum --check` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(DIGESTED_AT_ONCE) as pool:
        digests = pool.map(sha256_of, files)
    lines = [f"{digest}  {file.relative_to(folder).as_posix()}\n" for file, digest in zip(files, digests, strict=True)]
    (folder / DIGESTS).write_text("".join(lines), encoding="utf-8")


def restrict(folder: Path) -> None:
    """Let owner and group read a release, and everyone its public/, as far as the umask allows; nobody writes it."""
    umask = os.umask(0)
    os.umask(umask)
    for path in [folder, *folder.rglob("*")]:
        is_public = PUBLIC in path.relative_to(folder).parts
        of_folder = 0o755 if is_public else 0o751  # passable, so that a web server reaches public/
        of_file = 0o444 if is_public else 0o440
        path.chmod((of_folder if path.is_dir() else of_file) & ~umask)


def prune(place: Path, keep_count: int, aside: Path, keep: Path | None = None) -> None:
    """Delete the oldest folders beyond `keep_count`, never `keep`. Each is renamed away atomically, then deleted."""
    folders: Iterable[Path] = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    for folder in list(folders)[max(keep_count, 1) :]:
        if folder != keep:
            shutil.rmtree(folder.rename(aside / folder.name), ignore_errors=True)
