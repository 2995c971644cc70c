"""The link `current` in the output folder: which release everybody reads."""

from __future__ import annotations

import os
from pathlib import Path

from dagster_project.releases.build_json import FILE_NAME, Description, UnreadableDescriptionError, read_description

CURRENT = "current"


def current_release(output: Path) -> Path | None:
    """Folder of the current release, if there is one."""
    link = output / CURRENT
    return link.resolve() if link.exists() else None


def read_current(output: Path) -> tuple[Description | None, str | None]:
    """What the current release says of itself, or why it cannot be read."""
    link = output / CURRENT
    if not link.exists():
        return None, f"{link} leads to no release" if link.is_symlink() else "there is no release"
    try:
        description = read_description(link)
    except UnreadableDescriptionError as error:
        return None, f"{error}"
    return description, None if description else f"{link / FILE_NAME} is missing"


def switch_current(output: Path, folder: Path) -> None:
    """Point `current` to `folder` by an atomic rename; readers see the old release or the new one, never none."""
    aside = output / f".{CURRENT}.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.relative_to(output))
    os.replace(aside, output / CURRENT)  # noqa: PTH105 (replaces the link, not what it points to)
