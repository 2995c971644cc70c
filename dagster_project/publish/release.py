"""Turns a checked warehouse into a release, or keeps a blocked build for looking into; switches in one step."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dagster_project.checks import CHECKS, ERROR, failed, sql_text
from dagster_project.digest import code_digest, sha256_of
from dagster_project.errors import TellableError
from dagster_project.transform import manifest
from dagster_project.workplace import Workplace, progress

CURRENT = "current"


class BuildBlockedError(TellableError):
    """A blocking check failed: nothing is published, and the build is kept under blocked/."""


@dg.asset(
    group_name="publish",
    deps=[dg.AssetKey(["marts", "check_results"])],
    description="The checked warehouse, its Parquet files and build.json, published in one atomic step.",
)
def release(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Publish when every blocking check passed; otherwise keep the build as blocked and fail."""
    blocking = failed(workplace.outcomes, ERROR)
    output = workplace.settings.output
    with workplace.step("publish"):
        rows = write_files(workplace)
        folder = _settle(workplace, output / ("blocked" if blocking else "releases"), rows)
        if not blocking:
            switch_current(output, folder)
            workplace.published = folder
        else:
            workplace.blocked = folder
        for place in (output / "releases", output / "blocked"):
            prune(place, workplace.settings.keep_releases, aside=workplace.folder.parent, keep=current_release(output))
    if blocking:
        raise BuildBlockedError(f"{', '.join(check.name for check, _ in blocking)}; kept in {folder}")
    progress.info("publish    %s", folder)
    return dg.MaterializeResult(metadata={"build_id": workplace.build_id, "folder": str(folder), "marts": len(rows)})


def public_marts() -> list[str]:
    """Marts that may go to everyone: those whose model says so."""
    nodes = manifest()["nodes"].values()
    return sorted(node["name"] for node in nodes if node["config"].get("meta", {}).get("public"))


def write_files(workplace: Workplace) -> dict[str, int]:
    """Write one Parquet file per mart, and those of the public ones; rows by mart."""
    parquet, public = workplace.folder / "parquet", workplace.folder / "public"
    parquet.mkdir()
    public.mkdir()
    with workplace.warehouse() as warehouse:
        rows = _rows_by_mart(warehouse)
        for mart in rows:
            file = sql_text(str(parquet / f"{mart}.parquet"))
            warehouse.execute(f"copy marts.{mart} to {file} (format parquet)")
    for mart in public_marts():
        shutil.copyfile(parquet / f"{mart}.parquet", public / f"{mart}.parquet")
    shutil.rmtree(workplace.dbt_target, ignore_errors=True)
    return rows


def _rows_by_mart(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    marts = warehouse.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
    ).fetchall()
    counts = {mart: warehouse.execute(f"select count(*) from marts.{mart}").fetchone() for (mart,) in marts}
    return {mart: count[0] for mart, count in counts.items() if count is not None}


def _settle(workplace: Workplace, place: Path, rows: dict[str, int]) -> Path:
    """Write build.json and move the folder, whole, to where it stays."""
    description = describe(workplace, rows)
    (workplace.folder / "build.json").write_text(json.dumps(description, ensure_ascii=False, indent=2) + "\n")
    restrict(workplace.folder)
    place.mkdir(exist_ok=True)
    return workplace.folder.rename(place / workplace.build_id)


def restrict(folder: Path) -> None:
    """Let owner and group read a release, and everyone its public/, as far as the umask allows."""
    umask = os.umask(0)
    os.umask(umask)
    for path in [folder, *folder.rglob("*")]:
        is_public = "public" in path.relative_to(folder).parts
        of_folder = 0o755 if is_public else 0o751  # passable, so that a web server reaches public/
        of_file = 0o644 if is_public else 0o640
        path.chmod((of_folder if path.is_dir() else of_file) & ~umask)


def describe(workplace: Workplace, rows: dict[str, int]) -> dict[str, Any]:
    """What build.json holds."""
    by_name = {outcome.name: outcome for outcome in workplace.outcomes}
    landed = _landed_files(workplace)
    return {
        "build_id": workplace.build_id,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "as_of": workplace.settings.as_of.isoformat(),
        "code_version": f"{version('arsplan')}+{code_digest()[:12]}",
        "published": not failed(workplace.outcomes, ERROR),
        "files": landed,
        "rows_by_mart": rows,
        "checks": [
            {
                "check_name": check.name,
                "severity": check.severity,
                "passed": by_name[check.name].passed,
                "failing_rows": by_name[check.name].failing_rows,
                "findings": list(by_name[check.name].findings),
            }
            for check in CHECKS
        ],
        "seconds_by_step": workplace.seconds,
        "release_files": [
            {
                "path": path.relative_to(workplace.folder).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": sha256_of(path),
            }
            for path in sorted(workplace.folder.rglob("*"))
            if path.is_file()
        ],
    }


def _landed_files(workplace: Workplace) -> list[dict[str, Any]]:
    with workplace.warehouse() as warehouse:
        landed = warehouse.execute("from marts.landed_files")
        names = [column[0] for column in landed.description or []]
        return [dict(zip(names, row, strict=True)) for row in landed.fetchall()]


def switch_current(output: Path, folder: Path) -> None:
    """Let `current` point to `folder`; whoever reads sees the old release or the new one, never none."""
    aside = output / f".{CURRENT}.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.relative_to(output))
    os.replace(aside, output / CURRENT)  # noqa: PTH105 (replaces the link, not what it points to)


def current_release(output: Path) -> Path | None:
    """Folder of the current release, if there is one."""
    link = output / CURRENT
    return link.resolve() if link.exists() else None


def prune(place: Path, keep_count: int, aside: Path, keep: Path | None = None) -> None:
    """Delete the oldest folders beyond `keep_count`, never `keep`; each leaves the place whole, in one step."""
    folders: Iterable[Path] = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    for folder in list(folders)[max(keep_count, 1) :]:
        if folder != keep:
            shutil.rmtree(folder.rename(aside / folder.name), ignore_errors=True)
