"""The official register of counties and municipalities, against which codes are validated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Register:
    """Codes of all counties and municipalities."""

    county_codes: frozenset[str]
    municipality_codes: frozenset[str]

    @property
    def digest(self) -> str:
        """A text that differs between registers."""
        return " ".join(sorted(self.county_codes | self.municipality_codes))


def read_register(file: Path) -> Register:
    """The register from its CSV file, one row per municipality."""
    rows = pl.read_csv(file, infer_schema=False)
    return Register(frozenset(rows["county_code"]), frozenset(rows["municipality_code"]))
