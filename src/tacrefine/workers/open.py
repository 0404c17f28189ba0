"""Chooses the executor of a job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tacrefine.workers.executor import Executor, InlineExecutor
from tacrefine.workers.local import LocalExecutor, worker_pool


@contextmanager
def open_executor(
    processes: int | None = None, ray_address: str | None = None, tasks: int | None = None
) -> Iterator[Executor]:
    """An executor for the block; what still runs when the block is left is ended.

    Args:
        processes: How many tasks run at the same time; None: one for each core that this process may use, or all
            processors of the cluster. One, without a cluster: this very process.
        ray_address: Ray cluster to run on: `host:port`, `ray://host:port`, `auto`, or `local` for one that is
            started on loopback for this job. None: this machine.
        tasks: How many there are, where that is known: no more processes are started.

    Raises:
        DataError: No cluster answers at the address.
        ModuleNotFoundError: Ray is not installed.
    """
    if ray_address is not None:
        from tacrefine.workers.cluster import ray_cluster

        with ray_cluster(ray_address, processes) as cluster:
            yield cluster
        return
    count = processes or len(os.sched_getaffinity(0))
    count = count if tasks is None else min(count, tasks)
    if count <= 1:
        yield InlineExecutor()
        return
    with worker_pool(count) as pool:
        yield LocalExecutor(pool, ahead=2 * count)
