"""What every measurement shares: a program run to its end, its seconds and its memory."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ARSPLAN = Path(sys.executable).with_name("arsplan")


@dataclass(frozen=True)
class Measured:
    """Seconds from start to end, those of all cores, and the largest memory of any of its processes, in GiB."""

    seconds: float
    gibibytes: float
    core_seconds: float


@dataclass(frozen=True)
class Compared:
    """Medians over several rounds. `ratio` is that of its seconds to those of the first thing in the same round."""

    seconds: float
    gibibytes: float
    core_seconds: float
    ratio: float


class FailedError(Exception):
    """A measured program failed."""


# Runs a program and writes what it used. A process of its own, because a child's memory begins with its parent's; what
# the program leaves behind becomes its child (Linux' PR_SET_CHILD_SUBREAPER), and is counted too.
_RUNNER = """
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1)
start = time.perf_counter()
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
seconds = time.perf_counter() - start
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
said = done.stdout.decode(errors="replace")[-2000:]
with open(sys.argv[1], "w") as file:
    json.dump([done.returncode, seconds, used.ru_maxrss, used.ru_utime + used.ru_stime, said], file)
"""


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None, may_fail: bool = False) -> Measured:
    """Run a program to its end. Raises FailedError, with its last words, where it fails."""
    os.sync()  # what was made before is not written to the disk at this program's expense
    with tempfile.NamedTemporaryFile() as told:
        runner = [sys.executable, "-c", _RUNNER, told.name, *map(str, command)]
        subprocess.run(runner, env=os.environ | (environment or {}), check=True)
        code, seconds, memory, core_seconds, said = json.load(told)
    if code and not may_fail:
        raise FailedError(f"{' '.join(map(str, command))}: {said}")
    return Measured(seconds, memory / 2**20, core_seconds)


def build(
    landing: Path,
    as_of: str,
    output: Path,
    *options: str,
    program: Path = PROJECT,
    environment: dict[str, str] | None = None,
) -> Measured:
    """`arsplan build` in a process of its own; Dagster's storage lies in the output folder.

    `program` is the checkout whose code runs, with the installed libraries.
    """
    command = [ARSPLAN, "build", "--landing", landing, "--output", output, "--as-of", as_of, *options]
    return run(command, {"PYTHONPATH": str(program), **(environment or {})})


def side_by_side(measures: dict[str, Callable[[], Measured]], rounds: int) -> dict[str, Compared]:
    """Measure several things in turn, round after round, by their names.

    What slows the machine down for minutes disturbs all things of a round alike, and their ratio least.
    """
    found = [{name: measure() for name, measure in measures.items()} for _ in range(rounds)]
    first = next(iter(measures))
    return {
        name: Compared(
            statistics.median(one[name].seconds for one in found),
            statistics.median(one[name].gibibytes for one in found),
            statistics.median(one[name].core_seconds for one in found),
            statistics.median(one[name].seconds / one[first].seconds for one in found),
        )
        for name in measures
    }


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def machine() -> str:
    """The machine and the versions that measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dagster", "polars"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB memory, Python {platform.python_version()}, {packages}"
