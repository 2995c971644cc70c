"""Marts read into memory, each once, for documents and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from dagster_project.sql import Row, named_rows

COUNTRY = "00"


@dataclass(frozen=True)
class MartRows:
    """Marts of one build, in memory; `marts` holds their rows by name, in the mart's order."""

    as_of: date
    build_id: str
    code_version: str
    marts: dict[str, list[Row]]
    _indexes: dict[tuple[str, ...], dict[Any, list[Row]]] = field(default_factory=dict)

    def by(self, mart: str, *columns: str) -> dict[Any, list[Row]]:
        """Rows of a mart by the values of one or more columns, a tuple where they are more; no key raises."""
        key = (mart, *columns)
        if key not in self._indexes:
            index: dict[Any, list[Row]] = defaultdict(list)
            for row in self.marts[mart]:
                values = tuple(getattr(row, column) for column in columns)
                index[values if len(columns) > 1 else values[0]].append(row)
            self._indexes[key] = index
        return self._indexes[key]

    def one(self, mart: str, **values: Any) -> Row | None:
        """The first row with these values, or None."""
        key: Any = tuple(values.values()) if len(values) > 1 else next(iter(values.values()))
        rows = self.by(mart, *values).get(key)
        return rows[0] if rows else None

    @property
    def known_at(self) -> datetime | None:
        """The known-at moment of the build, if one was set; Stockholm's time."""
        known_at: datetime | None = self.marts["release"][0].known_at
        return known_at

    @property
    def plan_years(self) -> list[int]:
        """Quota years with a plan, the newest first."""
        return sorted(self.by("monthly_plan", "quota_year"), reverse=True)

    def simulated(self, quota_year: int) -> list[str]:
        """Kinds of figures of a quota year that are simulated, all or some of their rows."""
        return [row.figure for row in self.by("figure_origins", "quota_year").get(quota_year, []) if row.simulated_rows]

    def kommuntal(self, municipality_code: str, quota_year: int | None) -> int | None:
        """Kommuntal of a municipality now (R1), or None where none is in force."""
        spells = self.by("municipality_quotas", "municipality_code", "quota_year")
        found = [row for row in spells.get((municipality_code, quota_year), []) if row.is_current]
        return found[0].kommuntal_persons if found else None

    @property
    def years(self) -> list[int]:
        """Quota years with figures, the newest first."""
        return sorted(self.by("area_year_summaries", "quota_year"), reverse=True)

    def years_of(self, area_code: str) -> list[int]:
        """Quota years of an area, the newest first."""
        return [row.quota_year for row in reversed(self.by("area_year_summaries", "area_code").get(area_code, []))]


def read_mart_rows(
    warehouse: duckdb.DuckDBPyConnection,
    marts: Iterable[str],
    as_of: date,
    build_id: str,
    code_version: str,
    history: Iterable[str] = (),
) -> MartRows:
    """Read the named marts of a warehouse, and tables of its history, one query each."""
    rows = {mart: named_rows(warehouse, f"from marts.{mart}") for mart in marts}
    rows |= {table: named_rows(warehouse, f"from history.{table}") for table in history}
    return MartRows(as_of, build_id, code_version, rows)
