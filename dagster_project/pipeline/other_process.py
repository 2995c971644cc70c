"""A second process for work that keeps Python busy, beside this one; it ends when this one does, however that ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from threading import Thread


def other_process() -> Executor:
    """A process that imports anew what it needs: this one has threads, which a fork would not copy."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which says what it means
    Thread(target=_wait_for_parents_end, daemon=True).start()


def _wait_for_parents_end() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
