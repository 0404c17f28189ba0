"""Notices duplicates on the graph: nodes that run twice, several publishers of one topic, nodes that were restarted."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.supervision.duplicate_nodes import DuplicateNodeMonitor

INSTANCE, STATE = "instance", "state"
"""keys on /diagnostics: the id that each process chooses for itself, and its lifecycle state"""

UNKNOWN = "_NODE_NAME_UNKNOWN_"
"""what rmw says of a publisher until it knows its node"""


class DuplicateWatch:
    """Reads /diagnostics of all nodes in the namespace of `node`.

    `on_duplicate` is called with a sentence while a node runs twice, `report` while it is this very node.
    """

    def __init__(self, node: Node, report: Callable[[str], None]) -> None:
        self._node, self._name, self._report = node, node.get_fully_qualified_name(), report
        self.instance = uuid.uuid4().hex[:12]
        self._monitor = DuplicateNodeMonitor()
        self.on_duplicate: Callable[[str], None] = lambda sentence: None
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_message, RELIABLE)

    def duplicate(self) -> str:
        """Which node of this namespace runs twice, as a sentence; empty: none."""
        return _sentence(self._duplicates())

    def second_publisher(self, *topics: str) -> str:
        """Which of the topics several nodes publish, as a sentence; empty: none."""
        for topic in topics:
            infos = self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(topic))
            known = [info for info in infos if info.node_name != UNKNOWN]
            names = sorted({f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in known})
            if len(names) > 1:
                return f"{topic}: {' and '.join(names)} publish it; only one node may"
        return ""

    def _on_message(self, message: DiagnosticArray) -> None:
        for status in message.status:
            instance = next((pair.value for pair in status.values if pair.key == INSTANCE), "")
            state = next((pair.value for pair in status.values if pair.key == STATE), "")
            if instance and state != "unconfigured":
                self._monitor.observe(status.name, instance, time.monotonic())
        names = self._duplicates()
        if self._name in names:
            self._report(_sentence([self._name]))
        if names:
            self.on_duplicate(_sentence(names))

    def _duplicates(self) -> list[str]:
        place = self._node.get_namespace().rstrip("/") + "/"
        return [name for name in self._monitor.duplicates(time.monotonic()) if name.startswith(place)]


def _sentence(names: list[str]) -> str:
    return f"node {names[0]} runs twice; stop one of the two" if names else ""
