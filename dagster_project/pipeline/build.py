"""One build: its id, its folder, the lock that lets only one build run at a time, and how it ended."""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster_project.errors import ReportableError, reportable
from dagster_project.ingest.landing import fingerprint
from dagster_project.language import ENGLISH
from dagster_project.pipeline.output_rights import LOCK, set_rights
from dagster_project.releases.build_json import Description, Finding, read_description
from dagster_project.releases.build_record import BLOCKED as WAS_BLOCKED
from dagster_project.releases.build_record import BROKE, PUBLISHED, BuildRecord
from dagster_project.releases.current_link import current_release
from dagster_project.releases.folder import BLOCKED, BUILDING, RELEASES, ReleaseFolder, began_at, new_build_id
from dagster_project.releases.predecessor import Predecessor, find_predecessor
from dagster_project.service.alerts import told
from dagster_project.service.answers.outbox import prepared_for
from dagster_project.service.findings import at_start
from dagster_project.service.heartbeat import FAILURE, START, SUCCESS, heartbeat
from dagster_project.service.journal import record_end, written_down
from dagster_project.service.ledger import remember
from dagster_project.service.problems import report_build
from dagster_project.settings import Settings

progress = logging.getLogger("arsplan")


def _lines(file: Path) -> list[dict[str, Any]]:
    """Objects of a file of JSON lines, but for those that a full disk cut."""
    lines: list[dict[str, Any]] = []
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                lines.append(json.loads(line))
    return lines


class BuildRunningError(ReportableError):
    """Another build works in the same output folder."""


@dataclass(frozen=True)
class Build:
    """One build under way. What its steps hand on lies in its folder, which is thrown away; the release leaves it."""

    settings: Settings
    build_id: str

    @property
    def folder(self) -> Path:
        """Where this build works; nobody else reads what is not yet checked."""
        return self.settings.output / BUILDING / self.build_id

    @property
    def release(self) -> ReleaseFolder:
        """The release under construction."""
        return ReleaseFolder(self.folder / "release")

    @property
    def sources(self) -> Path:
        """Folder that dbt's sources read (ingest/dbt_sources.py)."""
        return self.folder / "sources"

    @property
    def log_parts(self) -> Path:
        """Folder of what Spark makes of the log, SCHEMA/MODEL of Parquet parts."""
        return self.folder / "log"

    @property
    def dbt_target(self) -> Path:
        """Folder of dbt's run artefacts."""
        return self.folder / "dbt"

    @property
    def dbt_outcomes(self) -> Path:
        """File with what dbt's tests found."""
        return self.folder / "dbt_outcomes.json"

    @property
    def edition(self) -> Path:
        """Folder in which an outcome edition is made."""
        return self.folder / "edition"

    @property
    def began_at(self) -> datetime:
        """When it began, UTC."""
        return began_at(self.build_id)

    @cached_property
    def predecessor(self) -> Predecessor:
        """The release to go on from, looked for once; what is damaged is written down as found."""
        predecessor = find_predecessor(self.settings.output)
        for finding in predecessor.findings:
            self.found(finding)
        return predecessor

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step and write down how it went; an error leaves it as one that may be logged."""
        start = time.perf_counter()
        cause = None
        try:
            yield
        except Exception as error:
            shown = reportable(error)
            cause = f"{name}: {shown}"
            raise shown from None
        finally:
            seconds = round(time.perf_counter() - start, 2)
            self._note(self._steps_file, {"step": name, "seconds": seconds, "cause": cause})

    @property
    def _steps_file(self) -> Path:
        return self.folder / "steps.jsonl"

    @property
    def _findings_file(self) -> Path:
        return self.folder / "findings.jsonl"

    def seconds_by_step(self) -> dict[str, float]:
        """Seconds of the steps that have ended, in their order; a step in two parts took as long as both."""
        seconds: dict[str, float] = {}
        for line in self._steps():
            seconds[line["step"]] = round(seconds.get(line["step"], 0) + line["seconds"], 2)
        return seconds

    def cause(self) -> str | None:
        """Why a step broke, if one did."""
        return next((line["cause"] for line in self._steps() if line["cause"]), None)

    def broke(self, cause: str) -> None:
        """Write down why the build broke, where no step could."""
        if not self.cause() and not self.finished():
            self._note(self._steps_file, {"step": "start", "seconds": 0, "cause": cause})

    def found(self, finding: Finding) -> None:
        """Write down what is wrong, and go on."""
        progress.warning("found      %s", told(finding, ENGLISH))
        self._note(self._findings_file, asdict(finding))

    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong so far."""
        return tuple(Finding(**line) for line in _lines(self._findings_file))

    def _steps(self) -> list[dict[str, Any]]:
        return _lines(self._steps_file)

    def _note(self, file: Path, line: dict[str, Any]) -> None:
        # On a full disk the error of the step counts, which may be shown, and not the one of this note.
        with suppress(OSError), file.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")

    def finished(self) -> Description | None:
        """What a build that ran to its end says of itself, published or blocked; None of one that broke."""
        published, blocked = (self.settings.output / place / self.build_id for place in (RELEASES, BLOCKED))
        return read_description(published if current_release(self.settings.output) == published else blocked)


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the output folder's lock; it goes with the process. Raises BuildRunningError at once when it is taken."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildRunningError(f"Another build is running in {output}: wait until it has ended.") from error
        yield


@contextmanager
def new_build(settings: Settings) -> Iterator[Build]:
    """Lock the output folder, write down that a build begins, and make its folder; then how it ended, and tell it."""
    with locked(settings.output):
        set_rights(settings.output)
        building = settings.output / BUILDING
        shutil.rmtree(building, ignore_errors=True)  # what a killed build left behind
        build = Build(settings, new_build_id(settings.output))
        building.mkdir(mode=0o700)  # nobody else reads what is not yet checked
        build.release.path.mkdir(parents=True)
        landing = fingerprint(settings.landing)
        with written_down(settings.output, build.build_id, build.began_at, settings.as_of, landing):
            heartbeat(settings.output, START)
            try:
                for finding in at_start(settings, datetime.now(UTC)):
                    build.found(finding)
                yield build
            finally:
                ended = _run_of(build, landing)
                _record(build, ended)
                heartbeat(settings.output, SUCCESS if ended.outcome == PUBLISHED else FAILURE)
                set_rights(settings.output)  # of what this build was the first to make
                shutil.rmtree(building, ignore_errors=True)


def _run_of(build: Build, landing: str) -> BuildRecord:
    """What the history of builds remembers of a build that has ended."""
    finished = build.finished()
    outcome = BROKE if finished is None else PUBLISHED if finished.published else WAS_BLOCKED
    return BuildRecord(
        build_id=build.build_id,
        began_at=build.began_at,
        ended_at=datetime.now(UTC),
        as_of=build.settings.as_of,
        outcome=outcome,
        cause=build.cause() or ("it was interrupted" if outcome == BROKE else None),
        seconds_by_step=build.seconds_by_step(),
        rows_by_mart=finished.rows_by_mart if finished else {},
        new_files_by_feed=finished.new_files_by_feed if finished else {},
        checks={check.check_name: check for check in finished.checks} if finished else {},
        landing=landing,
    )


def _record(build: Build, ended: BuildRecord) -> None:
    output = build.settings.output
    try:
        record_end(output, ended)
        finished = build.finished()
        if finished and finished.published:
            remember(output, finished)
        report_build(output, ended, finished, build.findings(), prepared_for(output, build.build_id))
    except Exception as error:  # what was published stays published
        progress.warning("journal    not all of this build was written down and told: %s", reportable(error))
