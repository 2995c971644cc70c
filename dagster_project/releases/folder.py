"""The folder of a release, published, blocked or under construction: what lies where in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.settings import memory_limit

RELEASES, BLOCKED, BUILDING, EDITIONS = "releases", "blocked", "building", "editions"
PUBLIC, INTERNAL = "public", "internal"
WAREHOUSE, PARQUET = "warehouse.duckdb", "parquet"

BUILD_ID_FORMAT = "%Y%m%dT%H%M%S%fZ"

# The oldest format that DuckDB still writes: analysts' clients from 1.0 on open it. As in dbt's profile.
_WAREHOUSE_FORMAT = {"storage_compatibility_version": "v0.10.2"}


def began_at(build_id: str) -> datetime:
    """When a build began, UTC. Raises ValueError where the text is no build's id."""
    return datetime.strptime(build_id, BUILD_ID_FORMAT).replace(tzinfo=UTC)


def new_build_id(output: Path) -> str:
    """The time now, or right after the newest build's where the clock has gone back: ids sort by time."""
    taken = [began_at(path.name) for place in (RELEASES, BLOCKED) for path in folders_of_builds(output / place)[:1]]
    return max([datetime.now(UTC), *(newest + timedelta(microseconds=1) for newest in taken)]).strftime(BUILD_ID_FORMAT)


def folders_of_builds(place: Path) -> list[Path]:
    """Folders named by a build's id, the newest first; what else somebody put beside them is none."""
    return sorted((path for path in place.glob("*") if path.is_dir() and _is_build_id(path.name)), reverse=True)


def _is_build_id(name: str) -> bool:
    with suppress(ValueError):
        return bool(began_at(name))
    return False


@dataclass(frozen=True)
class ReleaseFolder:
    """A release on disk."""

    path: Path

    @property
    def warehouse_file(self) -> Path:
        """The DuckDB file; while a release is under construction only its build opens it."""
        return self.path / WAREHOUSE

    @property
    def parquet(self) -> Path:
        """Folder with every mart as a Parquet file."""
        return self.path / PARQUET

    @property
    def public(self) -> Path:
        """Folder of what everyone may see."""
        return self.path / PUBLIC

    @property
    def internal(self) -> Path:
        """Folder of what those who log in may see."""
        return self.path / INTERNAL

    @property
    def data(self) -> Path:
        """Folder of the public tables in every form."""
        return self.public / "data"

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the warehouse for one step of its build."""
        with duckdb.connect(
            str(self.warehouse_file), config={**_WAREHOUSE_FORMAT, "memory_limit": memory_limit()}
        ) as connection:
            connection.execute("set enable_progress_bar = false")
            yield connection
