"""The link `current` in the output folder: which release everybody reads."""

from __future__ import annotations

import os
from pathlib import Path

CURRENT = "current"


def current_release(output: Path) -> Path | None:
    """Folder of the current release, if there is one."""
    link = output / CURRENT
    return link.resolve() if link.exists() else None


def switch_current(output: Path, folder: Path) -> None:
    """Point `current` to `folder` by an atomic rename; readers see the old release or the new one, never none."""
    aside = output / f".{CURRENT}.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.relative_to(output))
    os.replace(aside, output / CURRENT)  # noqa: PTH105 (replaces the link, not what it points to)
