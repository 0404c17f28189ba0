"""The one door to code that needs ROS, for commands and demos: what lies behind it is imported on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tacrefine.bringup.registry import NODES

CLIENTS = {
    "refine": ("tacrefine.nodes.tools.client", "StackClient"),
    "regrasp": ("tacrefine.nodes.tools.regrasp_client", "RegraspClient"),
    "graph_probe": ("tacrefine.nodes.tools.graph_probe", "GraphProbe"),
    "graph_listener": ("tacrefine.nodes.tools.graph_listener", "GraphListener"),
    "live_topics": ("tacrefine.nodes.tools.live_topics", "LiveTopics"),
    "console": ("tacrefine.nodes.tools.operator_client", "ConsoleClient"),
    "planner": ("tacrefine.nodes.planner.robot", "PlannerRobot"),
    "collection": ("tacrefine.nodes.hand.collection", "CollectingRobot"),
}
"""module and class of everything that is used inside a command, by name"""


def require_ros() -> None:
    """Raise ModuleNotFoundError for rclpy once, before any node is started, instead of in each of them."""
    if sys.modules.get("rclpy") is None and find_spec("rclpy") is None:
        raise ModuleNotFoundError("No module named 'rclpy'", name="rclpy")


def client(name: str) -> Any:
    """The class of a client in `CLIENTS`; ModuleNotFoundError for rclpy where ROS is absent."""
    require_ros()
    module, kind = CLIENTS[name]
    return getattr(import_module(module), kind)


def run_node(executable: str, arguments: Sequence[str], goes_on: Callable[[Any], bool]) -> int:
    """Run a node of the registry in this process until SIGINT, SIGTERM or `goes_on(node)` is False; its exit code.

    ModuleNotFoundError for rclpy where ROS is absent.
    """
    require_ros()
    run = import_module(NODES[executable].module).main
    return int(run([executable, *arguments], goes_on))
