"""Makes shards on a Ray cluster: the same function as in a process of this machine, and the same bytes.

Workers send the content of a shard back and only this process writes, so that no folder has to be shared. They need
tacrefine in the same version, and descriptions that are given as paths must be readable there.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacrefine.data.generation import existing_shard, packed_shard
from tacrefine.data.settings import DatasetSettings
from tacrefine.data.shards import shard_name, write_shard
from tacrefine.errors import DataError, TacrefineError
from tacrefine.workers import one_thread

LOCAL = "local"
"""address of a cluster that is started on this machine, for this job only"""
AUTO = "auto"
LOOPBACK = "127.0.0.1"
OBJECT_STORE = 256 * 2**20
"""bytes; a shard has a few MB"""
REACH_TIMEOUT = 5.0
"""s"""


@dataclass(frozen=True)
class Cluster:
    """A connection; `workers` is how many shards are worked at at the same time."""

    workers: int
    _ray: Any
    _pack: Any

    def order(self, settings: DatasetSettings, folder: Path, number: int) -> Callable[[], dict[str, Any]]:
        """Have shard `number` made unless it is there; what comes back waits for it and gives its index entry."""
        found = existing_shard(settings, folder, number)
        if found is not None:
            return lambda: found
        reference = self._pack.remote(settings.model_dump(mode="json"), number)
        return lambda: write_shard(folder / shard_name(number), self._wait(reference))

    def _wait(self, reference: Any) -> bytes:
        try:
            packed: bytes = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            # Ray's own error carries the traceback of the worker as its text; a bad input has its sentence.
            if isinstance(error.cause, TacrefineError):
                raise error.cause from None
            raise
        except self._ray.exceptions.RayError as error:
            raise DataError(f"The Ray cluster failed ({_first_line(error)}); call again to go on.") from error
        return packed


@contextmanager
def ray_cluster(address: str, processes: int | None = None) -> Iterator[Cluster]:
    """Connect to the cluster at `address`: host:port, ray://host:port, 'auto', or 'local' for one on loopback.

    `processes` bounds what is made at the same time; None: all processors of the cluster. Raises DataError where
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
        workers = int(ray.cluster_resources().get("CPU", 1))
        yield Cluster(min(workers, processes or workers), ray, ray.remote(num_cpus=1)(_pack))
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


def _pack(settings: dict[str, Any], number: int) -> bytes:
    one_thread()
    return packed_shard(DatasetSettings.model_validate(settings), number)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
