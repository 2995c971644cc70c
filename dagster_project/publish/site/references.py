"""The list of sources of the real figures, from data/SOURCES.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^\| (S\w+) \| (.+?) \| (.+?) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One source: its id as used in the `source` columns, what it is, and where it was read."""

    id: str
    text: str
    addresses: tuple[str, ...]


def read_sources(file: Path) -> list[Source]:
    """All sources of the list, in its order."""
    lines = _LINE.findall(file.read_text(encoding="utf-8"))
    return [Source(source_id, text, tuple(re.findall(r"https?://\S+", where))) for source_id, text, where in lines]
