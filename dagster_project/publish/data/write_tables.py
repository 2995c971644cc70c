"""The tables of a release as files: marts as Parquet, each readership's in every form; what has changed, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.digest import code_version
from dagster_project.publish.data.changes import Changes, Made, find_changes
from dagster_project.publish.data.downloads import simulated_figures, write_data_package, write_downloads
from dagster_project.publish.data.parquet_files import write_parquet
from dagster_project.publish.data.public_tables import internal_downloads, outcome_downloads, plan_downloads
from dagster_project.publish.data.publication_history import write_history
from dagster_project.publish.public_day import public_day
from dagster_project.releases.build_json import Finding, digests_by_feed
from dagster_project.releases.folder import ReleaseFolder
from dagster_project.releases.warehouse_queries import landed_files
from dagster_project.settings import Settings
from dagster_project.transform.dbt_manifest import names_of_marts
from dagster_project.transform.documented_tables import CHECK_RESULTS


@dataclass(frozen=True)
class TablesWritten:
    """How many marts were written, what has changed since the release before, and whether its history was lost."""

    marts: int
    changes: Changes
    history_rebuilt: Finding | None


def write_tables(
    warehouse: duckdb.DuckDBPyConnection,
    release: ReleaseFolder,
    log_parts: Path,
    previous: Path | None,
    build_id: str,
    began_at: datetime,
    settings: Settings,
) -> TablesWritten:
    """Write all tables as files into the release, and the history into its warehouse.

    Marts that lie as parts below `log_parts` stay such; `previous` is the folder of the release before, `began_at` when
    this build began (UTC).
    """
    marts = [*names_of_marts(), CHECK_RESULTS]
    _write_parquet(warehouse, marts, release.parquet, log_parts / "marts")
    made = Made(settings.as_of, settings.known_at, code_version(), digests_by_feed(landed_files(warehouse)))
    changes = find_changes(warehouse, previous, release.path, made) if previous else Changes()
    rebuilt = write_history(warehouse, previous, settings.output, build_id, began_at, changes)
    write_downloads(warehouse, release.internal / "data", internal_downloads(), {})
    write_downloads(warehouse, release.data, plan_downloads(), public_day(settings).facts)
    _write_data_packages(warehouse, release, build_id, settings)
    return TablesWritten(len(marts), changes, rebuilt)


def _write_data_packages(
    warehouse: duckdb.DuckDBPyConnection, release: ReleaseFolder, build_id: str, settings: Settings
) -> None:
    """What describes the tables of each readership; outcomes have pages, and so tables, of their own."""
    simulated = "Simulated, wholly or in part: {}."
    known = simulated.format(simulated_figures(warehouse, settings.as_of))
    internal = f"Figures to {settings.as_of}, not for circulation. {known}"
    write_data_package(release.internal / "data", [one.table for one in internal_downloads()], internal, build_id)
    day, tables = public_day(settings), [one.table for one in plan_downloads()]
    # A year in which the log has begun only after the public day is not named yet.
    says = f"Plans and decisions to {settings.as_of}. {simulated.format(simulated_figures(warehouse, day.day))}"
    if settings.with_site:
        tables += [one.table for one in outcome_downloads(day)]
        says += f" Outcomes to {day.day}, as known on {day.published_from}; next to {day.next.day}."
    write_data_package(release.data, tables, says, build_id)


def _write_parquet(warehouse: duckdb.DuckDBPyConnection, marts: list[str], folder: Path, parts: Path) -> None:
    """A file for each mart, with its rows in the mart's order; a folder of parts of one that Spark wrote."""
    folder.mkdir()
    for mart in marts:
        if (parts / mart).is_dir():
            (folder / mart).mkdir()
            for part in (parts / mart).glob("*.parquet"):
                (folder / mart / part.name).hardlink_to(part)
            continue
        write_parquet(warehouse, f"marts.{mart}", folder / f"{mart}.parquet")
