"""The tables of a release as files: every mart as Parquet, public ones in every form; what has changed, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.digest import code_version
from dagster_project.publish.data.changes import Changes, Made, find_changes
from dagster_project.publish.data.downloads import public_tables, write_data_package, write_downloads
from dagster_project.publish.data.parquet_files import write_parquet
from dagster_project.publish.data.publication_history import write_history
from dagster_project.releases.build_json import digests_by_feed
from dagster_project.releases.folder import ReleaseFolder
from dagster_project.releases.warehouse_queries import landed_files
from dagster_project.settings import Settings
from dagster_project.transform.dbt_manifest import names_of_marts
from dagster_project.transform.documented_tables import CHECK_RESULTS


@dataclass(frozen=True)
class TablesWritten:
    """How many marts were written, and what has changed since the release before."""

    marts: int
    changes: Changes


def write_tables(
    warehouse: duckdb.DuckDBPyConnection,
    release: ReleaseFolder,
    previous: Path | None,
    build_id: str,
    began_at: datetime,
    settings: Settings,
) -> TablesWritten:
    """Write all tables as files into the release, and the history into its warehouse.

    `previous` is the folder of the release before, `began_at` when this build began (UTC).
    """
    marts = [*names_of_marts(), CHECK_RESULTS]
    _write_parquet(warehouse, marts, release.parquet)
    made = Made(settings.as_of, settings.known_at, code_version(), digests_by_feed(landed_files(warehouse)))
    changes = find_changes(warehouse, previous, release.path, made) if previous else Changes()
    write_history(warehouse, previous, build_id, began_at, changes)
    write_downloads(warehouse, release.data, public_tables())
    write_data_package(warehouse, release.data, settings.as_of, build_id)
    return TablesWritten(len(marts), changes)


def _write_parquet(warehouse: duckdb.DuckDBPyConnection, marts: list[str], folder: Path) -> None:
    """A file for each mart, with its rows in the mart's order."""
    folder.mkdir()
    for mart in marts:
        write_parquet(warehouse, f"marts.{mart}", folder / f"{mart}.parquet")
