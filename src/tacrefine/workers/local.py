"""Processes of this machine that share a long job: one thread each, quiet on Ctrl-C, and never left behind.

A worker ends with the process that started it, however that one ends: SIGTERM and SIGKILL give it no moment to tell
its children, so they listen for its end themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from tacrefine.errors import DataError
from tacrefine.workers.executor import Executor, P, R, reworded


class LocalExecutor(Executor):
    """A pool of processes as an executor."""

    def __init__(self, pool: ProcessPoolExecutor, ahead: int) -> None:
        super().__init__(ahead)
        self._pool = pool

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have the call made by one of the processes."""
        return reworded(self._pool.submit(function, *args, **kwargs), _reworded)


def _reworded(error: BaseException) -> BaseException:
    if isinstance(error, BrokenProcessPool):
        return DataError("A worker process was killed (is memory short?); call again to go on.")
    return error


@contextmanager
def worker_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of freshly started (not forked) workers; all of them are gone when the block is left.

    What is still running then is broken off: take the results inside the block.
    """
    context = multiprocessing.get_context("spawn")
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin)
    try:
        yield pool
    finally:
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def one_thread() -> None:
    """Limit compiled kernels in this process to one thread: the processes share the cores already."""
    import numba

    numba.set_num_threads(1)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    one_thread()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
