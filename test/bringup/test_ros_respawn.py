"""`tacrefine up --respawn` over DDS: a node that is killed comes back, active, and says so on /diagnostics."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from living import children, is_running, wait_for

pytestmark = pytest.mark.ros
POLICY = "/tacrefine_policy"


def descendants(pid: int) -> list[int]:
    """Every process below `pid`."""
    below = [child for child in children(pid) if is_running(child)]
    return below + [further for child in below for further in descendants(child)]


def node_process(pid: int, module: str) -> int:
    """The process below `pid` that runs a node, and not its respawner."""

    def runs_it(child: int) -> bool:
        words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        return words[1:3] == ["-m", module]

    return next(child for child in descendants(pid) if runs_it(child))


def test_a_killed_node_comes_back_and_tells_it(tmp_path: Path) -> None:
    from tacrefine.nodes.tools.client import StackClient

    command = [sys.executable, "-m", "tacrefine", "up", "--respawn", "--mode", "real"]
    command += ["--targets-folder", str(tmp_path / "targets")]
    with open(tmp_path / "log", "wb") as log, StackClient() as client:
        up = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            client.wait_for(lambda: POLICY in client.diagnostics, 60.0, "the policy")
            assert "restarts" not in client.diagnostics[POLICY]
            os.kill(node_process(up.pid, "tacrefine.nodes.hand.policy"), signal.SIGKILL)
            client.wait_for(lambda: client.diagnostics[POLICY].get("restarts") == "1", 60.0, "its restart")
            assert client.diagnostics[POLICY]["last exit"] == "signal 9"
            client.wait_for(lambda: client.diagnostics[POLICY].get("state") == "active", 60.0, "its work")
            assert up.poll() is None
            below = descendants(up.pid)
        finally:
            up.send_signal(signal.SIGINT)
            code = up.wait(60)
    assert code in (0, 130)
    wait_for(lambda: not any(is_running(child) for child in below))
