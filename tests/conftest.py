"""What tests of several folders share: the project's folders, a way to build, one built release."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from browser.serving import CHROMIUM, address, browser, context, internal, page, public, public_address  # noqa: F401 (fixtures)
from compiled_models import in_place_of_dbt
from pipeline.mail_server import mail  # noqa: F401 (a fixture)

from dagster_project.cli import main
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.service.journal import record_end
from dagster_project.settings import dagster_yaml, has_java

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLES = Path(__file__).resolve().parent / "fixtures" / "examples"
SHIPPED_LANDING = PROJECT / "data" / "landing"
SHIPPED_AS_OF = "2026-10-31"


@dataclass(frozen=True)
class Built:
    """What one run of `arsplan build` did."""

    exit_code: int
    output: Path
    text: str

    @property
    def blocked(self) -> list[Path]:
        return sorted((self.output / "blocked").glob("*"))

    def query(self, sql: str, folder: Path | None = None) -> list[tuple[Any, ...]]:
        """Rows from the current release, or from the release in `folder`."""
        warehouse = (folder or (self.output / "current").resolve()) / "warehouse.duckdb"
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def place_of(self, mart: str) -> str:
        """Where a query finds a mart of the newest finished build: in the file, or in parts beside it."""
        parts = self.finished() / "parquet" / mart
        return f"'{parts}/*.parquet'" if parts.is_dir() else f"marts.{mart}"

    def digests(self) -> dict[str, str]:
        """Of the rows of every mart in their order, but for the one that names the build, as the files' metadata do."""
        files = ((self.output / "current").resolve() / "parquet").iterdir()
        rows = {file.stem: pl.read_parquet(file).write_ndjson() for file in files if file.stem != "release"}
        return {mart: hashlib.sha256(text.encode()).hexdigest() for mart, text in rows.items()}

    def finished(self) -> Path:
        """Folder of the newest finished build, published or blocked."""
        folders = [*(self.output / "releases").glob("*"), *(self.output / "blocked").glob("*")]
        return max(folders, key=lambda folder: folder.name)


Build = Callable[..., Built]


def note_build(output: Path, ended_at: datetime) -> None:
    """Remember a published build of an empty world that ended then."""
    build_id = f"B{ended_at:%Y%m%d%H%M%S}"
    record_end(output, BuildRecord(build_id, ended_at, ended_at, ended_at.date(), PUBLISHED, None, {}, {}, {}, {}))


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """`arsplan build`, in this process: the heavy libraries are imported once for all tests.

    What dbt does and what Dagster writes down, most of a small build's time, is left out unless the whole is asked for.
    """
    import dagster as dg  # noqa: PLC0415 (heavy)
    from dagster._core.execution.context.system import StepExecutionContext  # noqa: PLC0415 (heavy)
    from dagster._core.storage.event_log import InMemoryEventLogStorage  # noqa: PLC0415 (heavy)

    with pytest.MonkeyPatch.context() as environment:
        home = tmp_path_factory.mktemp("dagster")
        (home / "dagster.yaml").write_text(dagster_yaml(home))
        environment.setenv("DAGSTER_HOME", str(home))

        def run(
            landing: Path,
            as_of: str,
            output: Path,
            with_site: bool = False,
            known_at: str | None = None,
            whole: bool = False,
            spark: bool = False,
        ) -> Built:
            text = io.StringIO()
            command = ["build", "--landing", str(landing), "--output", str(output), "--as-of", as_of]
            command += ["--known-at", known_at] if known_at else []
            command += [] if with_site else ["--without-site"]
            command += ["--engine", "spark", "--master", "local[2]"] if spark else []
            with contextlib.ExitStack() as during:
                if not whole:
                    during.enter_context(in_place_of_dbt())  # on DuckDB
                    memory = during.enter_context(pytest.MonkeyPatch.context())
                    memory.setattr(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
                    memory.setattr(InMemoryEventLogStorage, "store_event", lambda *_: None)
                    # Which nobody needs to be asked for, then.
                    memory.setattr(
                        StepExecutionContext, "maybe_fetch_and_get_input_asset_version_info", lambda *_: None
                    )
                during.enter_context(contextlib.redirect_stdout(text))
                during.enter_context(contextlib.redirect_stderr(text))
                exit_code = main(command)
            return Built(exit_code, output, text.getvalue())

        yield run


@pytest.fixture(scope="session")
def shipped(build: Build, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """The release of the shipped data, site and all, that all tests of it read; none may change it.

    The first worker that asks for it builds it for all.
    """
    folder = shared(tmp_path_factory, worker_id, "shipped")
    return built_once(folder, lambda output: build(SHIPPED_LANDING, SHIPPED_AS_OF, output, with_site=True, whole=True))


@pytest.fixture(scope="session")
def first_example(build: Build, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """The release of the first example, without pages, likewise: who hurts it takes a copy."""
    folder = shared(tmp_path_factory, worker_id, "first_example")
    return built_once(folder, lambda output: build(EXAMPLES / "world-1" / "landing", "2026-01-31", output, whole=True))


def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str, name: str) -> Path:
    """A folder that all workers have in common."""
    alone = worker_id == "master"
    folder = tmp_path_factory.mktemp(name) if alone else tmp_path_factory.getbasetemp().parent / name
    folder.mkdir(exist_ok=True)
    return folder


def built_once(folder: Path, make: Callable[[Path], Built]) -> Built:
    """What the first worker that asks for it has built below a folder."""
    said = folder / "said.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.is_file():
            built = make(folder / "output")
            said.write_text(json.dumps([built.exit_code, built.text]))
    exit_code, text = json.loads(said.read_text())
    return Built(exit_code, folder / "output", text)


def copied(built: Built, output: Path) -> Path:
    """A copy of an output folder, for a test that goes on from it or hurts it."""
    return shutil.copytree(built.output, output, symlinks=True)


BROWSER_TESTS = Path(__file__).parent / "browser"
SPARK = find_spec("pyspark") and has_java()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser or Spark their tests are left out, and the last lines say so."""
    left_out = [
        item
        for item in items
        if (BROWSER_TESTS in item.path.parents and not CHROMIUM) or ("spark" in item.keywords and not SPARK)
    ]
    items[:] = sorted((item for item in items if item not in left_out), key=_turn)
    config.hook.pytest_deselected(items=left_out)


def _turn(item: pytest.Item) -> int:
    """One process builds the shipped release at once; the others meanwhile do what does not wait for it."""
    return 0 if item.path.name == "test_accessibility.py" else 1 if item.path.parent.name == "property" else 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = {
        "The tests of tests/browser/, because there is no browser: `make browser` brings it.": not CHROMIUM,
        "The tests of --engine spark, because Java or pyspark is missing: `make spark` brings both.": not SPARK,
    }
    for text in [text for text, is_missing in missing.items() if is_missing]:
        terminalreporter.section("left out")
        terminalreporter.line(text)
