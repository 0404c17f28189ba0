"""Runs the stack in the foreground with honcho, for machines without `ros2 launch`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence

from honcho.manager import Manager

from tacrefine.bringup import respawn
from tacrefine.bringup.description import NodeSpec, environment


def command_line(node: NodeSpec, respawns: bool = False) -> str:
    """What honcho hands to a shell: whatever an argument holds, it stays one word."""
    words = [sys.executable, "-m", node.module, *node.ros_arguments()]
    return "exec " + shlex.join([*respawn.prefix(), *words] if respawns else words)


def run(
    nodes: Sequence[NodeSpec], respawns: bool = False, viewers: Mapping[str, Sequence[str]] | None = None
) -> int:
    """Start every node, show their output, end all when one ends or on Ctrl-C; returns the exit code.

    `viewers` are commands by name that are started beside them.

    With `respawns` a node that dies is started again, see `tacrefine.bringup.respawn`. The exit code is 0 after Ctrl-C
    or SIGTERM with every node ending cleanly, else that of the node that ended first.
    """
    manager = Manager()
    variables = {**os.environ, **environment(), "PYTHONUNBUFFERED": "1"}
    for node in nodes:
        manager.add_process(node.executable, command_line(node, respawns), env=variables)
    for name, words in (viewers or {}).items():
        manager.add_process(name, "exec " + shlex.join(words), env=variables)
    manager.loop()
    return int(manager.returncode or 0)
