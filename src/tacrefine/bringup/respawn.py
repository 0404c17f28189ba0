"""Runs a command and starts it again when it dies: `python -m tacrefine.bringup.respawn COMMAND ...`.

The launch files and `tacrefine up` put it in front of a node where `respawn` is chosen. A node that dies more than
`MOST` times within `WINDOW_S` is given up, with its exit code. The node learns how often it was started again, and
reports it on /diagnostics (`tacrefine.supervision.restarts`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType

from tacrefine.supervision import restarts

MOST, WINDOW_S = 5, 300.0
"""restarts within so many seconds"""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 10.0
"""before a restart; doubles with every restart within the window"""
WRONG_USE = 2
"""exit code of a node that cannot start with its arguments: another try would end the same way"""
_PR_SET_PDEATHSIG = 1


class RestartLimit:
    """Says how long to wait before the next restart, and when to give up. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self.count = 0

    def next_wait(self, now: float) -> float | None:
        """Seconds until the next restart after a death at `now`; None where there were too many."""
        while self._times and now - self._times[0] > WINDOW_S:
            self._times.popleft()
        if len(self._times) >= MOST:
            return None
        wait = min(FIRST_WAIT_S * 2.0 ** len(self._times), LONGEST_WAIT_S)
        self._times.append(now)
        self.count += 1
        return wait


class Respawner:
    """Keeps one command running until it ends by itself, is given up, or this process gets SIGINT or SIGTERM."""

    def __init__(self, command: Sequence[str], say: Callable[[str], None]) -> None:
        self._command, self._say = list(command), say
        self._limit = RestartLimit()
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = 0

    def run(self) -> int:
        """Returns the exit code of the command's last run, 128 + N after signal N."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._forward)
        last_exit = ""
        while True:
            code = self._run_once(last_exit)
            if self._is_stopping() or code in (0, WRONG_USE):
                return code
            last_exit = f"signal {code - 128}" if code > 128 else f"exit code {code}"
            wait = self._limit.next_wait(time.monotonic())
            if wait is None:
                self._say(f"died again ({last_exit}), {MOST} restarts in {WINDOW_S:g} s are enough: given up")
                return code
            self._say(f"died ({last_exit}); starts again in {wait:g} s")
            self._pause(wait)
            if self._is_stopping():
                return code

    def _run_once(self, last_exit: str) -> int:
        variables = {**os.environ, restarts.COUNT: str(self._limit.count), restarts.LAST_EXIT: last_exit}
        self._child = subprocess.Popen(self._command, env=variables, preexec_fn=die_with_parent)
        if self._is_stopping():  # a signal that came before the child was there
            self._child.send_signal(self._stopping)
        code = self._child.wait()
        return code if code >= 0 else 128 - code

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._is_stopping() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    def _is_stopping(self) -> bool:
        return self._stopping != 0

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = number
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)


def die_with_parent() -> None:
    """For a child between fork and exec: the kernel ends it with SIGTERM when this process is killed outright."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def prefix() -> list[str]:
    """The words to put in front of a node's command line."""
    return [sys.executable, "-m", "tacrefine.bringup.respawn"]


def main(arguments: Sequence[str]) -> int:
    """The command line of this module."""
    name = next((word.partition(":=")[2] for word in arguments if word.startswith("__node:=")), arguments[0])
    return Respawner(
        arguments, lambda sentence: print(f"{name}: {sentence}", file=sys.stderr, flush=True)
    ).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
