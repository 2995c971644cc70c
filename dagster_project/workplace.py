"""Where one build works: a folder of its own, a lock so that builds never meet, and a line for every step."""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.alerts import Problem
from dagster_project.answers.prepare import Prepared
from dagster_project.errors import TellableError, tellable
from dagster_project.ingest.load import FeedLoad
from dagster_project.ingest.taken_over import Beginning, begin
from dagster_project.operations import BLOCKED, BROKE, PUBLISHED, BuildRun, CheckRun, record_build
from dagster_project.publish.changes import Changes
from dagster_project.publish.documents import Editions
from dagster_project.publish.figures import Figures
from dagster_project.publish.mart_files import MartFiles
from dagster_project.settings import Settings, memory_limit
from dagster_project.watch import tell_of_build
from expectations.outcome import Outcome

progress = logging.getLogger("arsplan")

PUBLIC = "public"
DATA = f"{PUBLIC}/data"

BUILD_ID_FORMAT = "%Y%m%dT%H%M%S%fZ"

# The oldest format that DuckDB still writes: analysts' clients from 1.0 on open it.
WAREHOUSE_FORMAT = {"storage_compatibility_version": "v0.10.2"}


class BuildRunningError(TellableError):
    """Another build works in the same output folder."""


@dataclass
class Workplace:
    """One build under way: its settings, its folder, and what its steps hand on to the later ones."""

    settings: Settings
    build_id: str
    folder: Path
    # Raw tables that count as they did in the release taken over; None where nothing is taken over.
    unchanged: frozenset[str] | None = None
    loads: list[FeedLoad] = field(default_factory=list)
    dbt_tests: dict[str, Outcome] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    check_runs: dict[str, CheckRun] = field(default_factory=dict)
    counties_below_lanstal: list[Problem] = field(default_factory=list)
    rows_by_mart: dict[str, int] = field(default_factory=dict)
    rows_by_history_table: dict[str, int] = field(default_factory=dict)
    figures: Figures | None = None
    changes: Changes = field(default_factory=Changes)
    editions: Editions = field(default_factory=lambda: Editions({}))
    seconds: dict[str, float] = field(default_factory=dict)
    new_files_by_feed: dict[str, int] = field(default_factory=dict)
    prepared: Prepared | None = None
    published: Path | None = None
    blocked: Path | None = None
    broken: str | None = None
    beginning: Future[Beginning] = field(init=False)
    mart_files: MartFiles = field(init=False)
    _kept_open: duckdb.DuckDBPyConnection | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Nothing is written yet."""
        self.mart_files = MartFiles(self.folder / "parquet", self.folder / DATA, self.warehouse)

    @property
    def warehouse_file(self) -> Path:
        """The DuckDB file under construction; only this process has it open."""
        return self.folder / "warehouse.duckdb"

    @property
    def dbt_target(self) -> Path:
        """Folder of dbt's run artefacts."""
        return self.folder / "dbt"

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the warehouse for one step."""
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    def keep_warehouse_open(self) -> None:
        """Keep the warehouse open between steps, so that none of them need read again what is in it."""
        self._kept_open = self._connect()

    def close_warehouse(self) -> None:
        """Close the warehouse, which is then whole in its file."""
        if self._kept_open:
            self._kept_open.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """Connect as dbt's profile configures it, since dbt connects meanwhile."""
        connection = duckdb.connect(
            str(self.warehouse_file), config={**WAREHOUSE_FORMAT, "memory_limit": memory_limit()}
        )
        connection.execute("set enable_progress_bar = false")
        return connection

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step, in seconds, whole or a part of it; an error leaves it as one that may be logged."""
        start = time.perf_counter()
        try:
            yield
        except Exception as error:
            told = tellable(error)
            self.broken = f"{name}: {told}"
            raise told from None
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0) + time.perf_counter() - start, 2)


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the output folder's lock; it goes with the process. Raises BuildRunningError at once when it is taken."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildRunningError(f"Another build is running in {output}: wait until it has ended.") from error
        yield


@contextmanager
def workplace(settings: Settings) -> Iterator[Workplace]:
    """Lock the output folder and make a folder for one build; what is left in it afterwards is thrown away."""
    building = settings.output / "building"
    with locked(settings.output):
        shutil.rmtree(building, ignore_errors=True)  # what a killed build left behind
        build_id = _new_build_id(settings.output)
        folder = building / build_id
        building.mkdir(mode=0o700)  # nobody else reads what is not yet checked
        folder.mkdir()
        place = Workplace(settings, build_id, folder)
        beside = ThreadPoolExecutor(1)
        # Libraries are imported meanwhile.
        place.beginning = beside.submit(begin, settings, place.warehouse_file)
        try:
            yield place
        finally:
            beside.shutdown()
            place.mart_files.close()
            place.close_warehouse()
            shutil.rmtree(building, ignore_errors=True)
            _remember(place)


def _remember(place: Workplace) -> None:
    """Write the finished build into the history of builds, and tell what it found wrong."""
    finished = PUBLISHED if place.published else BLOCKED if place.blocked else BROKE
    build = BuildRun(
        place.build_id,
        began_at(place.build_id),
        datetime.now(UTC),
        place.settings.as_of,
        finished,
        place.broken or ("it was interrupted" if finished == BROKE else None),
        place.seconds,
        place.rows_by_mart,
        place.new_files_by_feed,
        place.check_runs,
    )
    try:
        record_build(place.settings.output, build)
        tell_of_build(place.settings.output, build, place.counties_below_lanstal, place.prepared)
    except Exception as error:  # what was published stays published
        progress.warning("history    not all of this build is remembered and told: %s", tellable(error))


def began_at(build_id: str) -> datetime:
    """When a build began, UTC, from its id."""
    return datetime.strptime(build_id, BUILD_ID_FORMAT).replace(tzinfo=UTC)


def _new_build_id(output: Path) -> str:
    """The time of the build; ids sort by it."""
    taken = {path.name for kind in ("releases", "blocked") for path in (output / kind).glob("*")}
    while True:
        build_id = datetime.now(UTC).strftime(BUILD_ID_FORMAT)
        if build_id not in taken:
            return build_id
