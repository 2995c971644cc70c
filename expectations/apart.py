"""Runs all suites in a process of its own.

Great Expectations takes long to import. This process does so while the build imports and computes other things, which
threads of one Python process cannot do at the same time.
"""

from __future__ import annotations

import contextlib
import gc
import io
import pickle
import subprocess
import sys
from pathlib import Path

import duckdb

from dagster_project.errors import TellableError, tellable
from dagster_project.settings import memory_limit
from expectations.limits import Limits
from expectations.outcome import Outcome


class SuitesEndedError(TellableError):
    """The process of the suites ended without an answer."""


class SuitesApart:
    """A process that waits to be asked once; it ends when it has answered, when it is closed, or with its asker."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a library's words may hold values
            start_new_session=True,  # the keyboard interrupts the build, which then closes this
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._question, self._answer = self.process.stdin, self.process.stdout

    def ask(self, warehouse_file: Path, limits: Limits) -> None:
        """Let it run the suites on a warehouse; until it has answered, nobody may open that to write."""
        with contextlib.suppress(BrokenPipeError):  # of a process that has ended, outcomes() tells
            self._question.write(pickle.dumps((warehouse_file, limits)))
            self._question.close()

    def outcomes(self) -> list[Outcome]:
        """Outcomes of the contract checks that the suites decide, when it has been asked.

        Raises what run_suites raises, and SuitesEndedError.
        """
        answer = self._answer.read()
        if self.process.wait():
            raise SuitesEndedError(f"the process of the checks ended with exit code {self.process.returncode}")
        told: list[Outcome] | TellableError = pickle.loads(answer)
        if isinstance(told, TellableError):
            raise told
        return told

    def close(self) -> None:
        """End the process, whether it was asked or not."""
        with self.process:
            self.process.kill()


def _answer(warehouse_file: Path, limits: Limits) -> list[Outcome] | TellableError:
    from expectations.suite import run_suites  # noqa: PLC0415 (heavy)
    from expectations.suites import SUITES  # noqa: PLC0415 (heavy)

    try:
        with duckdb.connect(str(warehouse_file), True, {"memory_limit": memory_limit()}) as warehouse:
            return run_suites(SUITES, warehouse, limits)
    except Exception as error:
        return tellable(error)


def main() -> None:
    """Import what is heavy, wait for the question, answer."""
    gc.disable()  # what is imported stays, and there is little else
    import expectations.suites  # noqa: F401, PLC0415 (before it is asked)

    with contextlib.suppress(EOFError):  # the asker has gone
        warehouse_file, limits = pickle.load(sys.stdin.buffer)
        with contextlib.redirect_stdout(io.StringIO()):
            answer = _answer(warehouse_file, limits)
        sys.stdout.buffer.write(pickle.dumps(answer))
    gc.freeze()  # nor is garbage looked for at the end: the build waits


if __name__ == "__main__":
    main()
