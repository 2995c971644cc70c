"""What expectations are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Limits:
    """The as-of date, the share of a file's rows that may be set aside, and the days after which a feed is stale."""

    as_of: date
    rejected_rows_limit: float
    stale_after_days: int
