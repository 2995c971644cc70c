"""Processes that this one starts: they begin afresh, and end when this one does, however that ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from importlib import import_module
from multiprocessing.context import SpawnProcess
from threading import Thread

_AFRESH = multiprocessing.get_context("spawn")  # this process has threads, which a fork would not copy
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def other_process() -> Executor:
    """A process for work that keeps Python busy, beside this one."""
    return ProcessPoolExecutor(1, _AFRESH, initializer=_end_with_parent)


def started(module: str, function: str, *arguments: object) -> SpawnProcess:
    """A process that runs a function of a module, whose answer is its exit code.

    It does not hear what asks this one to stop, also where a whole group is asked: this one waits for it, or kills it.
    """
    process = _AFRESH.Process(target=_run, args=(module, function, *arguments))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def _run(module: str, function: str, *arguments: object) -> None:
    _end_with_parent()
    sys.exit(getattr(import_module(module), function)(*arguments))


def _end_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which says what it means
    Thread(target=_wait_for_parents_end, daemon=True).start()


def _wait_for_parents_end() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
