"""The list of sources of the real figures, from data/reference/sources.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One source: its id as used in the `source` columns, what it is, and where it was read."""

    id: str
    text: str
    addresses: tuple[str, ...]


def read_sources(file: Path) -> list[Source]:
    """All sources of the list, in its order."""
    with file.open(encoding="utf-8", newline="") as opened:
        return [
            Source(row["source_id"], row["source"], tuple(row["addresses"].split())) for row in csv.DictReader(opened)
        ]
