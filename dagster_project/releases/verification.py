"""Compares everything that is kept in the output folder with the digests that were written when it was made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dagster_project.errors import printable
from dagster_project.releases.digests import differences, shown
from dagster_project.releases.folder import BLOCKED, EDITIONS, RELEASES


def verify(output: Path) -> Iterator[tuple[str, bool]]:
    """Of every release, blocked build and outcome edition: a line that says whether it is whole, and whether it is."""
    for place in (RELEASES, BLOCKED, EDITIONS):
        for folder in sorted(path for path in (output / place).glob("*") if path.is_dir()):
            found = differences(folder)
            if found and not folder.is_dir():
                continue  # a build that ended meanwhile has deleted it
            said = shown([f"{printable(name)} {how}" for name, how in found.items()]) or "whole"
            yield f"{place}/{printable(folder.name)}: {said}", not found
