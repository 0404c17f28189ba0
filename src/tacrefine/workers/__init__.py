"""Runs the tasks of a long job: in this process, in processes of this machine, or on a Ray cluster.

A job is a function of one task, and its tasks::

    with open_executor(processes, ray_address) as executor:
        for result in executor.ordered(function, tasks):          # in the order of the tasks, which may be endless
            ...
        for task, result in executor.as_done(function, tasks):    # in the order in which they end
            ...

The result of a task depends on its arguments only, so all three give the same. `function` is one that a fresh
interpreter can import by its name, or a `functools.partial` of one; tasks and results are pickled. Workers hand
results back and this process writes the files, so that no folder has to be shared. A numbered shard for each task:
:func:`tacrefine.data.sharded.numbered_shards`.

An error of the function reaches the caller as it was raised. DataError where a worker or the cluster itself fails.
"""

from tacrefine.workers.executor import Executor
from tacrefine.workers.local import one_thread, worker_pool
from tacrefine.workers.open import open_executor

__all__ = ["Executor", "one_thread", "open_executor", "worker_pool"]
