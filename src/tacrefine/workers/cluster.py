"""A Ray cluster as an executor: the same functions as in a process of this machine, and the same results.

Workers need tacrefine in the same version, and descriptions that are given as paths must be readable there.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from tacrefine.errors import DataError, TacrefineError
from tacrefine.workers.executor import Executor, P, R, reworded
from tacrefine.workers.local import one_thread

LOCAL = "local"
"""address of a cluster that is started on this machine, for this job only"""
AUTO = "auto"
LOOPBACK = "127.0.0.1"
OBJECT_STORE = 256 * 2**20
"""bytes; a shard has a few MB"""
REACH_TIMEOUT = 5.0
"""s"""


class RayExecutor(Executor):
    """A connection to a cluster."""

    def __init__(self, ray: Any, ahead: int) -> None:
        super().__init__(ahead)
        self._errors = ray.exceptions
        self._call = ray.remote(num_cpus=1)(_call)

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have the call made by one of the cluster's workers."""
        return reworded(self._call.remote(function, *args, **kwargs).future(), self._reworded)

    def _reworded(self, error: BaseException) -> BaseException:
        if isinstance(error, self._errors.RayTaskError):
            # Ray's own error carries the traceback of the worker as its text; a bad input has its sentence.
            return error.cause if isinstance(error.cause, TacrefineError) else error
        if isinstance(error, self._errors.RayError):
            return DataError(f"The Ray cluster failed ({_first_line(error)}); call again to go on.")
        return error


@contextmanager
def ray_cluster(address: str, processes: int | None = None) -> Iterator[RayExecutor]:
    """Connect to the cluster at `address`: host:port, ray://host:port, 'auto', or 'local' for one on loopback.

    `processes` tasks run at the same time at most; None: one for each processor of the cluster. Raises DataError where
    no cluster answers, ModuleNotFoundError where Ray is not installed.
    """
    _check(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == LOCAL or _host_and_port(address)[0] in (LOOPBACK, "localhost"):
        # Ray replaces loopback by the address of a network interface, and listens on all of them, unless told so.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    own = {
        "num_cpus": processes,
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE,
        "_node_ip_address": LOOPBACK,
    }
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", **(own if address == LOCAL else {}))
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _unreachable(address, error) from error
    try:
        # A cluster of one's own has as many processors as were asked for; of another one, no more are kept busy.
        bound = None if address == LOCAL else processes
        workers = int(ray.cluster_resources().get("CPU", 1))
        yield RayExecutor(ray, 2 * workers if bound is None else bound - 1)
    finally:
        ray.shutdown()


def _check(address: str) -> None:
    """Ray itself tries for many minutes; DataError at once where the address is none or nobody listens."""
    if address in (LOCAL, AUTO):
        return
    host, port = _host_and_port(address)
    if not host or not port.isdecimal():
        raise _unreachable(address, ValueError("not an address"))
    try:
        socket.create_connection((host, int(port)), REACH_TIMEOUT).close()
    except (OSError, OverflowError) as error:
        raise _unreachable(address, error) from error


def _host_and_port(address: str) -> tuple[str, str]:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    return host, port


def _unreachable(address: str, error: Exception) -> DataError:
    return DataError(
        f"No Ray cluster at '{address}' ({_first_line(error)}); allowed: host:port, ray://host:port, auto, local."
    )


def _call(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    one_thread()
    return function(*args, **kwargs)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
