"""A node that dies is started again, but not for ever, and whoever stops it stops it for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from living import is_running, wait_for
from tacrefine.bringup.respawn import LONGEST_WAIT_S, MOST, WINDOW_S, RestartLimit, prefix
from tacrefine.supervision.restarts import COUNT, LAST_EXIT, Restarts

pytestmark = pytest.mark.processes

NODE = """
import os, signal, sys, time
sys.stdout.write(f"{os.environ['TACREFINE_RESTARTS']} [{os.environ['TACREFINE_LAST_EXIT']}] {os.getpid()}\\n")
sys.stdout.flush()
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ends = sys.argv[1].split(",")
end = ends[min(int(os.environ["TACREFINE_RESTARTS"]), len(ends) - 1)]
if end == "runs":
    time.sleep(120)
sys.exit(int(end))
"""
"""says its place in the row of restarts, then ends as the word for this place says"""


class Run:
    """One respawner with a made-up node below it."""

    def __init__(self, folder: Path, ends: str) -> None:
        self.output = folder / "output"
        with open(self.output, "wb") as out, open(folder / "said", "wb") as said:
            command = [*prefix(), sys.executable, "-c", NODE, ends]
            self.process = subprocess.Popen(command, stdout=out, stderr=said)
        self._said = folder / "said"

    @property
    def starts(self) -> list[str]:
        return self.output.read_text().splitlines()

    @property
    def said(self) -> str:
        return self._said.read_text()

    def child(self) -> int:
        return int(self.starts[-1].split()[-1])


@pytest.fixture
def run(tmp_path: Path) -> Iterator:
    runs = []

    def start(ends: str) -> Run:
        runs.append(Run(tmp_path, ends))
        return runs[-1]

    yield start
    for one in runs:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def test_a_killed_node_is_started_again_and_told_how_it_ended(run) -> None:
    one = run("runs,0")
    wait_for(lambda: len(one.starts) == 1)
    os.kill(one.child(), signal.SIGKILL)
    assert one.process.wait(60) == 0
    assert [line.rpartition(" ")[0] for line in one.starts] == ["0 []", "1 [signal 9]"]
    assert "died (signal 9); starts again in 1 s" in one.said


def test_a_node_that_ends_by_itself_or_cannot_start_is_not_started_again(tmp_path: Path, run) -> None:
    for code in (0, 2):
        one = run(str(code))
        assert one.process.wait(60) == code
        assert len(one.starts) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_node_and_ends_both(run, number: signal.Signals) -> None:
    one = run("runs")
    wait_for(lambda: len(one.starts) == 1)
    child = one.child()
    one.process.send_signal(number)
    assert one.process.wait(60) == 0
    assert not is_running(child)
    assert len(one.starts) == 1


def test_a_node_whose_respawner_is_killed_ends_too(run) -> None:
    one = run("runs")
    wait_for(lambda: len(one.starts) == 1)
    child = one.child()
    one.process.kill()
    one.process.wait(60)
    wait_for(lambda: not is_running(child))


def test_restarts_come_later_and_later_and_then_end() -> None:
    limit = RestartLimit()
    waits = [limit.next_wait(float(second)) for second in range(MOST + 1)]
    assert waits[:3] == [1.0, 2.0, 4.0]
    assert max(wait for wait in waits if wait is not None) == LONGEST_WAIT_S
    assert waits[MOST] is None
    assert limit.count == MOST


def test_deaths_long_ago_do_not_count() -> None:
    limit = RestartLimit()
    for second in range(MOST):
        limit.next_wait(float(second))
    assert limit.next_wait(WINDOW_S + MOST) == 1.0
    assert limit.count == MOST + 1


def test_a_node_reports_its_restarts_and_warns_while_they_are_recent() -> None:
    restarted = Restarts({COUNT: "2", LAST_EXIT: "signal 9"})
    assert restarted.report() == {"restarts": "2", "last exit": "signal 9"}
    assert restarted.is_recent
    fresh = Restarts({})
    assert fresh.report() == {}
    assert not fresh.is_recent
