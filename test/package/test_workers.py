"""Tasks give the same results however they are spread, and workers end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import count, islice
from pathlib import Path

import pytest

from living import children, is_running, wait_for
from tacrefine.errors import DataError
from tacrefine.workers import open_executor, worker_pool

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
KEEP_BUSY = """
import signal, time
from tacrefine.workers import worker_pool
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background ignores it from birth
    with worker_pool(2) as pool:
        list(pool.map(abs, range(2)))
        waiting = [pool.submit(time.sleep, 3600) for _ in range(4)]
        print("busy", flush=True)
        waiting[0].result()
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, end: signal.Signals) -> None:
    script = tmp_path / "busy.py"
    script.write_text(KEEP_BUSY)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"busy\n"
        started = children(parent.pid)
        assert len(started) >= 2
        parent.send_signal(end)
    wait_for(lambda: not any(map(is_running, started)))


def test_an_evaluation_that_is_terminated_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    called = [sys.executable, "-m", "tacrefine", "evaluate", "--trials", "200", "--processes", "2"]
    with subprocess.Popen(called, env=environment, stderr=subprocess.DEVNULL) as parent:
        wait_for(lambda: len(children(parent.pid)) >= 3)  # two workers and what keeps track of semaphores
        started = children(parent.pid)
        parent.send_signal(signal.SIGTERM)
    wait_for(lambda: not any(map(is_running, started)))


def test_leaving_the_block_ends_what_still_runs() -> None:
    with worker_pool(1) as pool:
        pool.submit(signal.pause)
        process = pool.submit(os.getpid)
        assert not process.done()
        started = list(pool._processes)
    assert not any(map(is_running, started))


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks_and_endless_tasks_are_not_run_to_their_end(
    processes: int,
) -> None:
    with open_executor(processes) as executor:
        assert list(executor.ordered(abs, [-3, -1, -2])) == [3, 1, 2]
        assert list(islice(executor.ordered(abs, (-i for i in count())), 40)) == list(range(40))


@pytest.mark.parametrize("processes", [1, 2])
def test_every_task_is_told_with_its_result_as_it_ends(processes: int) -> None:
    tasks = list(range(-30, 0))
    with open_executor(processes) as executor:
        assert sorted(executor.as_done(abs, tasks)) == [(task, -task) for task in tasks]


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_a_task_is_raised_as_it_was(processes: int) -> None:
    with open_executor(processes) as executor, pytest.raises(ZeroDivisionError):
        list(executor.ordered(divmod_of, [(1, 1), (1, 0)]))


def divmod_of(pair: tuple[int, int]) -> tuple[int, int]:
    return divmod(*pair)


def test_a_worker_that_is_killed_is_told_in_a_sentence() -> None:
    with open_executor(2) as executor, pytest.raises(DataError, match="worker process was killed"):
        list(executor.ordered(kill_oneself, [signal.SIGKILL]))


def kill_oneself(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def test_a_job_of_one_task_starts_no_process() -> None:
    with open_executor(tasks=1) as executor:
        assert list(executor.as_done(process_of, [0])) == [(0, os.getpid())]


def process_of(_: int) -> int:
    return os.getpid()
