"""The suites in a process of their own: it answers, tells what broke without values, and never outlives its asker."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import TellableError
from expectations.apart import SuitesApart, SuitesEndedError
from expectations.limits import Limits

LIMITS = Limits(as_of=date(2026, 10, 31), rejected_rows_limit=0.05, stale_after_days=7)
LONGEST_WAIT_SECONDS = 60


@pytest.fixture
def suites() -> Iterator[SuitesApart]:
    apart = SuitesApart()
    yield apart
    apart.close()


def test_what_breaks_there_is_told_here_without_values(suites: SuitesApart, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create schema raw; create table raw.quota_decisions as select 'secret' as persons")
    suites.ask(tmp_path / "warehouse.duckdb", LIMITS)
    with pytest.raises(TellableError, match=r"Exception in suite\.py line") as told:
        suites.outcomes()
    assert "secret" not in str(told.value)


def test_a_process_that_is_gone_is_told(suites: SuitesApart, tmp_path: Path) -> None:
    suites.process.kill()
    suites.process.wait()
    suites.ask(tmp_path / "warehouse.duckdb", LIMITS)
    with pytest.raises(SuitesEndedError, match="exit code -9"):
        suites.outcomes()


def test_it_ends_when_its_asker_is_killed() -> None:
    script = "import expectations.apart as a; print(a.SuitesApart().process.pid, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asker:
        assert asker.stdout is not None
        ended = os.pidfd_open(int(asker.stdout.readline()))
        asker.send_signal(signal.SIGKILL)
    assert select.select([ended], [], [], LONGEST_WAIT_SECONDS)[0], "it waits on"
    os.close(ended)
