"""`arsplan up`: builds by itself, sends what waits, watches, and shows Dagster's pages. One loop, no daemon.

Each build is a process of its own, which ends when this one does; who stops the service waits for the build under way.
"""

from __future__ import annotations

import fcntl
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from dagster_project.errors import ReportableError, reportable
from dagster_project.ingest.landing import fingerprint
from dagster_project.service.child_process import STOP_SIGNALS, started
from dagster_project.service.journal import ended_builds
from dagster_project.service.ledger import astray
from dagster_project.service.reason_to_build import reason_to_build
from dagster_project.service.state import made_usable
from dagster_project.service.watch import look_for_problems
from dagster_project.settings import (
    Settings,
    arrivals_every_seconds,
    default_landing,
    default_output,
    nightly_at,
    settings_for,
    today_in_stockholm,
)

log = logging.getLogger("arsplan")
_BUILDS_LOOKED_AT = 20


class ServiceRunningError(ReportableError):
    """Another service works with the same output folder."""


@dataclass
class Service:
    """What the loop remembers from one look to the next; `seen` is the landing folder's fingerprint at the last one."""

    seen: str | None = None
    waits_for: dict[str, str] = field(default_factory=dict)
    build: SpawnProcess | None = None
    pages: SpawnProcess | None = None

    def look(self, host: str, port: int) -> None:
        """One look: builds, pages, messages. What fails is said, and tried again at the next."""
        for step in (self._end_build, self._start_build, self._watch):
            try:
                step()
            except Exception as error:  # whatever it is, the service goes on
                log.error("%s: %s", step.__name__.strip("_").replace("_", " "), reportable(error))
        if self.pages is None or not self.pages.is_alive():
            if self.pages is not None:
                log.warning("Dagster's pages ended with %s: started again", self.pages.exitcode)
            self.pages = started("dagster_project.pipeline.dagster_pages", "serve", host, port)

    def _end_build(self) -> None:
        if self.build is not None and not self.build.is_alive():
            log.info("the build has ended with exit code %s", self.build.exitcode)
            self.build = None

    def _start_build(self) -> None:
        settings = _settings_of_today()
        made_usable(settings.output)
        found = fingerprint(settings.landing)
        seen, self.seen = self.seen, found
        if self.build is not None:
            return
        missing = astray(settings.output, settings.landing)
        if missing != self.waits_for and missing:
            log.error("builds wait, because deliveries are not as they were: see arsplan deliveries (%d)", len(missing))
        self.waits_for = missing
        ended = ended_builds(settings.output, _BUILDS_LOOKED_AT)
        reason = None if missing else reason_to_build(ended, found, seen, datetime.now(UTC), nightly_at())
        if reason:
            places = ["--landing", f"{settings.landing}", "--output", f"{settings.output}"]
            self.build = started("dagster_project.cli", "main", ["build", *places])
            log.info("a build begins, process %s: %s", self.build.pid, reason)

    def _watch(self) -> None:
        look_for_problems(_settings_of_today(), datetime.now(UTC), nightly_at())

    def stop(self, stopping: _Stop) -> None:
        """Wait for the build under way, unless one asks a second time, and end the pages."""
        if self.build is not None and self.build.is_alive():
            log.info("stopping when the build under way has ended; ask again to stop it at once")
            while stopping.asked == 1 and self.build.is_alive():
                stopping.wait(self.build, None)
            if self.build.is_alive():
                log.warning("the build under way is stopped")
                self.build.kill()
            self.build.join()
        if self.pages is not None:
            self.pages.kill()
            self.pages.join()
        log.info("stopped")


class _Stop:
    """Notices the signals that ask to stop, also while the loop waits; `asked` counts them."""

    def __init__(self) -> None:
        self.asked = 0
        self._reader, writer = socket.socketpair()
        writer.setblocking(False)
        self._writer = writer  # kept open
        signal.set_wakeup_fd(writer.fileno())
        for number in STOP_SIGNALS:  # a shell's background jobs ignore some, and hand that on
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked += 1

    def wait(self, build: SpawnProcess | None, seconds: float | None) -> None:
        """Wait so long, or until the build ends, or somebody asks to stop."""
        sentinels = [build.sentinel] if build else []
        if self._reader in wait([self._reader, *sentinels], seconds):
            self._reader.recv(4096)


def serve(host: str, port: int) -> int:
    """Run until somebody stops it; the exit code. Raises ServiceRunningError."""
    output = default_output().resolve()
    with _only_one(output):
        stopping, service = _Stop(), Service()
        log.info(
            "builds every night at %s, and when deliveries arrive in %s, into %s",
            *(nightly_at().strftime("%H:%M"), default_landing(), output),
        )
        while not stopping.asked:
            service.look(host, port)
            stopping.wait(service.build, arrivals_every_seconds())
        service.stop(stopping)
    return 0


@contextmanager
def _only_one(output: Path) -> Iterator[None]:
    """Hold the right to be the service of an output folder; it goes with the process."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / ".service.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceRunningError(f"`arsplan up` is running already for {output}") from error
        yield


def _settings_of_today() -> Settings:
    return settings_for(default_landing(), default_output(), today_in_stockholm())
