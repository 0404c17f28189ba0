"""Workers end with the process that started them, whichever way it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from living import children, is_running, wait_for
from tacrefine.workers import worker_pool

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
