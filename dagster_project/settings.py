"""Everything that can be set, in one place; the only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
REFERENCE = ROOT / "data" / "reference"
MUNICIPALITIES_FILE = REFERENCE / "municipalities.csv"

STOCKHOLM = ZoneInfo("Europe/Stockholm")

# Nothing that this process starts reports home.
NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
}

# Dagster keeps no copy of what a step prints, and asks nobody to join anything.
DAGSTER_YAML = """\
telemetry: {enabled: false}
nux: {enabled: false}
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


@dataclass(frozen=True)
class Settings:
    """What one build works with.

    `keep_releases` counts releases, and likewise blocked builds; `rejected_rows_limit` is a share of a file's rows;
    `stale_after_days` counts days from the latest event in the log to the as-of date.
    """

    landing: Path
    output: Path
    as_of: date
    keep_releases: int = 14
    rejected_rows_limit: float = 0.05
    stale_after_days: int = 7


def default_landing() -> Path:
    """Folder that deliveries land in."""
    return Path(os.environ.get("ARSPLAN_LANDING", ROOT / "data" / "landing"))


def default_output() -> Path:
    """Folder that releases go to."""
    return Path(os.environ.get("ARSPLAN_OUTPUT", ROOT / "data" / "output"))


def today_in_stockholm() -> date:
    """The default as-of date."""
    return datetime.now(STOCKHOLM).date()


def settings_for(landing: Path, output: Path, as_of: date) -> Settings:
    """Settings of a build, with limits from the environment where it sets them."""
    return Settings(
        landing=landing.resolve(),
        output=output.resolve(),
        as_of=as_of,
        keep_releases=int(os.environ.get("ARSPLAN_KEEP_RELEASES", Settings.keep_releases)),
        rejected_rows_limit=float(os.environ.get("ARSPLAN_REJECTED_ROWS_LIMIT", Settings.rejected_rows_limit)),
        stale_after_days=int(os.environ.get("ARSPLAN_STALE_AFTER_DAYS", Settings.stale_after_days)),
    )


def switch_telemetry_off() -> None:
    """Tell every library of this process, and of those it starts, to report nothing."""
    os.environ.update(NO_TELEMETRY)


def name_dagster_home(output: Path) -> None:
    """Let Dagster keep its runs beside the releases, unless the environment already names a place."""
    if "DAGSTER_HOME" not in os.environ:
        home = output / "dagster"
        home.mkdir(parents=True, exist_ok=True)
        (home / "dagster.yaml").write_text(DAGSTER_YAML)
        os.environ["DAGSTER_HOME"] = str(home.resolve())


def name_warehouse(path: Path) -> None:
    """Tell dbt's profile which file it builds in."""
    os.environ["ARSPLAN_WAREHOUSE"] = str(path)
