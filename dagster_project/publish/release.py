"""Turns a checked warehouse into a release, or keeps a blocked build for looking into; switches in one step."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dagster_project.checks import CHECKS, failed
from dagster_project.current import current_release, switch_current
from dagster_project.digest import code_version, sha256_of
from dagster_project.errors import TellableError
from dagster_project.operations import ERROR
from dagster_project.settings import Settings
from dagster_project.workplace import Workplace, progress

DIGESTED_AT_ONCE = 2  # the warehouse keeps one thread busy, the other files together another


class BuildBlockedError(TellableError):
    """A blocking check failed: nothing is published, and the build is kept under blocked/."""


@dg.asset(
    group_name="publish",
    deps=[dg.AssetKey(["marts", "check_results"]), "tables", "documents", "site"],
    description="The checked warehouse, its files and pages, published in one atomic step.",
    # A night on which nothing moves makes no release, and the log may rest for some days.
    freshness_policy=dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=Settings.stale_after_days + 1), warn_window=timedelta(days=2)
    ),
)
def release(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Publish when every blocking check passed; otherwise keep the build as blocked and fail."""
    blocking = failed(workplace.outcomes, ERROR)
    output = workplace.settings.output
    with workplace.step("publish"):
        shutil.rmtree(workplace.dbt_target, ignore_errors=True)
        folder = _settle(workplace, output / ("blocked" if blocking else "releases"))
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
    return dg.MaterializeResult(metadata={"build_id": workplace.build_id, "folder": str(folder)})


def _settle(workplace: Workplace, place: Path) -> Path:
    """Write build.json and the list of digests, and move the folder, whole, to where it stays."""
    description = describe(workplace)
    (workplace.folder / "build.json").write_text(json.dumps(description, ensure_ascii=False, indent=2) + "\n")
    workplace.close_warehouse()
    _write_digests(workplace.folder)
    restrict(workplace.folder)
    place.mkdir(exist_ok=True)
    return workplace.folder.rename(place / workplace.build_id)


def _write_digests(folder: Path) -> None:
    """SHA256SUMS: every file of the release with its digest, as `sha256sum --check` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(DIGESTED_AT_ONCE) as pool:
        digests = pool.map(sha256_of, files)
    lines = [f"{digest}  {file.relative_to(folder).as_posix()}\n" for file, digest in zip(files, digests, strict=True)]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def restrict(folder: Path) -> None:
    """Let owner and group read a release, and everyone its public/, as far as the umask allows."""
    umask = os.umask(0)
    os.umask(umask)
    for path in [folder, *folder.rglob("*")]:
        is_public = "public" in path.relative_to(folder).parts
        of_folder = 0o755 if is_public else 0o751  # passable, so that a web server reaches public/
        of_file = 0o644 if is_public else 0o640
        path.chmod((of_folder if path.is_dir() else of_file) & ~umask)


def describe(workplace: Workplace) -> dict[str, Any]:
    """What build.json holds."""
    by_name = {outcome.name: outcome for outcome in workplace.outcomes}
    with workplace.warehouse() as warehouse:
        landed = landed_files(warehouse)
    return {
        "build_id": workplace.build_id,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "as_of": workplace.settings.as_of.isoformat(),
        "code_version": code_version(),
        "published": not failed(workplace.outcomes, ERROR),
        "files": landed,
        "rows_by_mart": workplace.rows_by_mart,
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
    }


def landed_files(warehouse: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Delivered files with digest, status and counts: marts.landed_files."""
    landed = warehouse.execute("from marts.landed_files")
    names = [column[0] for column in landed.description or []]
    return [dict(zip(names, row, strict=True)) for row in landed.fetchall()]


def prune(place: Path, keep_count: int, aside: Path, keep: Path | None = None) -> None:
    """Delete the oldest folders beyond `keep_count`, never `keep`; each leaves the place whole, in one step."""
    folders: Iterable[Path] = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    for folder in list(folders)[max(keep_count, 1) :]:
        if folder != keep:
            shutil.rmtree(folder.rename(aside / folder.name), ignore_errors=True)
