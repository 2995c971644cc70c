"""Everything that can be set, in one place; the only module that reads the environment."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dagster_project.errors import WrongUsageError

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
REFERENCE = ROOT / "data" / "reference"
MUNICIPALITIES_FILE = REFERENCE / "municipalities.csv"
MUNICIPALITY_SHAPES_FILE = REFERENCE / "municipalities.geojson"
SOURCES_FILE = REFERENCE / "sources.csv"

N = TypeVar("N", int, float)

STOCKHOLM = ZoneInfo("Europe/Stockholm")

# Nothing that this process starts sends telemetry.
NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
}

# Dagster keeps no copy of what a step prints, and shows no sign-up prompt.
_DAGSTER_YAML = """\
telemetry: {enabled: false}
nux: {enabled: false}
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
_IN_FILES = """\
event_log_storage:
  module: dagster_project.pipeline.dagster_event_log
  class: KeptConnectionEventLogStorage
  config: {base_dir: PLACE}
"""
_IN_POSTGRES = """\
storage:
  postgres:
    postgres_url: {env: ARSPLAN_DAGSTER_STORAGE}
"""


def dagster_yaml(home: Path, in_postgres: bool = False) -> str:
    """Content of dagster.yaml for a DAGSTER_HOME; runs are kept in files there, or in PostgreSQL.

    The database's address, which may hold a password, stays in the environment.
    """
    if in_postgres:
        return _DAGSTER_YAML + _IN_POSTGRES
    return _DAGSTER_YAML + _IN_FILES.replace("PLACE", json.dumps(str(home.resolve() / "history" / "runs")))


class SettingError(WrongUsageError):
    """A setting cannot be understood; the message says which and how to write it."""


@dataclass(frozen=True)
class Settings:
    """What one build works with.

    `known_at` is aware; rows recorded after it do not exist. `keep_releases` counts releases, and likewise blocked
    builds; `rejected_rows_limit` is a share of a file's rows; `stale_after_days` counts days from the latest event in
    the log to the as-of date, `public_wait_days` from the end of a month to when everyone sees its outcome; `with_site`
    asks for web pages and documents; `spark_master` is the address of the cluster that works on the log, blank = here.
    """

    landing: Path
    output: Path
    as_of: date
    known_at: datetime | None = None
    keep_releases: int = 14
    rejected_rows_limit: float = 0.05
    stale_after_days: int = 7
    public_wait_days: int = 5
    with_site: bool = True
    spark_master: str = ""


@dataclass(frozen=True)
class SiteSettings:
    """What the web pages say of themselves: their public address, ending in a slash, who publishes, how to reach them.

    What is blank is not known: pages then leave it out, or say so.
    """

    address: str = ""
    publisher: str = ""
    contact: str = ""


def site_settings() -> SiteSettings:
    """Who publishes the web pages, and where. Raises SettingError where the address is none."""
    address, publisher, contact = (
        os.environ.get(f"ARSPLAN_SITE_{name}", "").strip() for name in ("ADDRESS", "PUBLISHER", "CONTACT")
    )
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise SettingError(
            f"ARSPLAN_SITE_ADDRESS is '{address}': write the site's address, such as https://example.se/"
        )
    return SiteSettings(f"{address.rstrip('/')}/" if address else "", publisher, contact)


def default_landing() -> Path:
    """Folder that deliveries land in."""
    return Path(os.environ.get("ARSPLAN_LANDING", ROOT / "data" / "landing"))


def default_output() -> Path:
    """Folder that releases go to."""
    return Path(os.environ.get("ARSPLAN_OUTPUT", ROOT / "data" / "output"))


def today_in_stockholm() -> date:
    """The default as-of date."""
    return datetime.now(STOCKHOLM).date()


def _number(name: str, kind: type[N], default: N, least: int, form: str) -> N:
    """A number from the environment. Raises SettingError where it is none, or too small."""
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        number = kind(text)
    except ValueError:
        raise SettingError(f"{name} is '{text}': write {form}") from None
    if number < least:
        raise SettingError(f"{name} is '{text}', less than {least}: write {form}")
    return number


def known_at_of(text: str) -> datetime:
    """The moment that a date or a timestamp says; zoneless = Stockholm, a date alone = the end of that day.

    Raises ValueError where the text is neither.
    """
    try:
        return datetime.combine(date.fromisoformat(text), time.max, STOCKHOLM)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)


ENGINES = ("duckdb", "spark")


def engine() -> str:
    """Where the log chain runs. Raises SettingError where it is no known engine."""
    name = os.environ.get("ARSPLAN_ENGINE", ENGINES[0])
    if name not in ENGINES:
        raise SettingError(f"ARSPLAN_ENGINE is '{name}': write {' or '.join(ENGINES)}")
    return name


def spark_master() -> str:
    """Address of the Spark cluster, where the engine is Spark; Spark's own address for this machine alone."""
    return os.environ.get("ARSPLAN_SPARK_MASTER", "local[*]")


def settings_for(
    landing: Path,
    output: Path,
    as_of: date,
    known_at: datetime | None = None,
    with_site: bool = True,
    spark_master: str = "",
) -> Settings:
    """Settings of a build, with limits from the environment where it sets them."""
    return Settings(
        landing=landing.resolve(),
        output=output.resolve(),
        as_of=as_of,
        known_at=known_at,
        with_site=with_site,
        spark_master=spark_master,
        keep_releases=_number("ARSPLAN_KEEP_RELEASES", int, Settings.keep_releases, 1, "how many releases to keep"),
        rejected_rows_limit=_number(
            "ARSPLAN_REJECTED_ROWS_LIMIT", float, Settings.rejected_rows_limit, 0, "a share such as 0.05"
        ),
        stale_after_days=_number("ARSPLAN_STALE_AFTER_DAYS", int, Settings.stale_after_days, 0, "a number of days"),
        public_wait_days=_number("ARSPLAN_PUBLIC_WAIT_DAYS", int, Settings.public_wait_days, 0, "a number of days"),
    )


def nightly_at() -> time:
    """When the schedule builds, Stockholm's time. Raises SettingError where it cannot be that."""
    text = os.environ.get("ARSPLAN_NIGHTLY_AT", "04:15")
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise SettingError(f"ARSPLAN_NIGHTLY_AT is '{text}': write a time of day such as 04:15") from None
    if at.hour == 2:
        raise SettingError(
            f"ARSPLAN_NIGHTLY_AT is '{text}': between 02:00 and 03:00 comes twice or not at all when the clocks change"
        )
    return at


def heartbeat_url() -> str:
    """Where to tell that builds begin and end. Raises SettingError where it is no web address."""
    url = os.environ.get("ARSPLAN_HEARTBEAT_URL", "").strip().rstrip("/")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise SettingError("ARSPLAN_HEARTBEAT_URL is no web address: write one such as https://hc-ping.com/UUID")
    return url


def oldest_release() -> timedelta:
    """How old the newest release may be before that is critical."""
    hours = _number("ARSPLAN_OLDEST_RELEASE_HOURS", int, 36, 1, "a number of hours")
    return timedelta(hours=hours)


def feeds_with_digests() -> frozenset[str]:
    """Feeds whose senders deliver NAME.sha256 beside each file. Their names are checked where the feeds are known."""
    return frozenset(os.environ.get("ARSPLAN_FEEDS_WITH_DIGESTS", "").replace(",", " ").split())


def alerts_file() -> Path | None:
    """The file that says who is alerted when something is wrong."""
    return _file("ARSPLAN_ALERTS")


def answers_file() -> Path | None:
    """The file that says how answers to municipalities are made and sent."""
    return _file("ARSPLAN_ANSWERS")


def _file(variable: str) -> Path | None:
    name = os.environ.get(variable)
    return Path(name) if name else None


def secret(name: str) -> str:
    """What an environment variable holds that another setting names, such as a password; blank where it is not set."""
    return os.environ.get(name, "")


def arrivals_every_seconds() -> int:
    """How often to look for deliveries, and how long they must have stopped growing; seconds."""
    return _number("ARSPLAN_ARRIVALS_EVERY_SECONDS", int, 60, 5, "a number of seconds")


def switch_telemetry_off() -> None:
    """Tell every library of this process, and of those it starts, to report nothing."""
    os.environ.update(NO_TELEMETRY)


def name_dagster_home(output: Path) -> None:
    """Let Dagster keep its runs beside the releases, unless the environment already names a place."""
    if "DAGSTER_HOME" not in os.environ:
        home = output / "dagster"
        home.mkdir(parents=True, exist_ok=True)
        (home / "dagster.yaml").write_text(dagster_yaml(home, "ARSPLAN_DAGSTER_STORAGE" in os.environ))
        os.environ["DAGSTER_HOME"] = str(home.resolve())
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")  # what a run intends to do is written at once


def name_warehouse(path: Path, sources: Path) -> None:
    """Tell dbt's profile which file it builds in, from which folder of parsed files, and with how much memory."""
    os.environ["ARSPLAN_WAREHOUSE"] = str(path)
    os.environ["ARSPLAN_SOURCES"] = str(sources)
    os.environ["ARSPLAN_MEMORY_LIMIT"] = memory_limit()


def name_spark_python() -> None:
    """Let Spark's workers run this Python, unless another is set."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def has_java() -> bool:
    """Whether there is a Java that Spark would find."""
    return bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def memory_limit() -> str:
    """Memory that DuckDB may take, half of the machine's: beyond that it spills to disk, beside the warehouse."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2 // 2**20}MiB"
