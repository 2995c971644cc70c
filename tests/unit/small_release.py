"""Small releases made by hand, with real files, digests and history, for tests of what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.publish.data.changes import Changes
from dagster_project.publish.data.publication_history import write_history
from dagster_project.releases.build_json import Description, Finding
from dagster_project.releases.folder import BUILD_ID_FORMAT, ReleaseFolder
from dagster_project.releases.predecessor import find_predecessor
from dagster_project.releases.put_in_place import put_in_place

PLAN = "public/documents/2026/2026-03-01-0a1b2c3d/arsplanering-2026.pdf"


def build_id(day: int) -> str:
    """Id of the build of a night in March."""
    return datetime(2026, 3, day, 3, 15, tzinfo=UTC).strftime(BUILD_ID_FORMAT)


def publish(
    output: Path, day: int, persons: int | None = 12, published: bool = True, keep: int = 14
) -> tuple[Path, Finding | None]:
    """Put a release of that night in its place, or a blocked build; its folder, and what was wrong with the history.

    `persons` are both the plan of the only month and the kommuntal of the only municipality; None = there is none.
    """
    release = ReleaseFolder(output / "building" / build_id(day) / "release")
    for folder in (release.parquet, (release.path / PLAN).parent):
        folder.mkdir(parents=True)
    with release.warehouse() as warehouse:
        _write_marts(warehouse, day, persons)
        previous, began = find_predecessor(output).folder, datetime(2026, 3, day, 3, 15, tzinfo=UTC)
        finding = write_history(warehouse, previous, output, build_id(day), began, Changes())
        warehouse.execute(f"copy marts.monthly_plan to '{release.parquet / 'monthly_plan.parquet'}'")
    (release.path / PLAN).write_text("a plan")
    description = Description(build_id(day), datetime(2026, 3, day, tzinfo=UTC), began.date(), "1", published)
    return put_in_place(release.path, description, output, keep), finding


def _write_marts(warehouse: duckdb.DuckDBPyConnection, day: int, persons: int | None) -> None:
    warehouse.execute(f"""
        create schema marts;
        create table marts.release as
            select '{build_id(day)}' as build_id, date '2026-03-{day}' as as_of_date, null::timestamp as known_at;
        create table marts.monthly_plan (municipality_code varchar, plan_month date, planned_persons bigint);
        create table marts.quota_year_counts (
            quota_year bigint, municipality_code varchar, kommuntal_persons bigint, received_persons bigint,
            open_persons bigint, cancelled_persons bigint
        );
    """)
    if persons is not None:
        warehouse.execute(f"""
            insert into marts.monthly_plan values ('0765', '2026-05-01', {persons});
            insert into marts.quota_year_counts values (2026, '0765', {persons}, 1, 2, 3);
        """)


def cut_short(file: Path) -> None:
    """Leave of a file what a full disk or a broken copy would."""
    file.chmod(0o640)  # releases are read-only
    file.write_bytes(file.read_bytes()[:-100])
