"""Who else is there: nodes that run twice, several sources of one stream, clients that have left."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray

from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.supervision.duplicate_nodes import DuplicateNodeMonitor

if TYPE_CHECKING:
    from tacrefine.nodes.core.base import TacrefineNode

INSTANCE = "instance"
"""key on /diagnostics of the id that each process draws for itself"""


class Presence:
    """Reads /diagnostics; says in log and diagnostics when this very node runs twice."""

    def __init__(self, node: TacrefineNode) -> None:
        self._node, self._name = node, node.get_fully_qualified_name()
        self.instance = uuid.uuid4().hex[:12]
        self._calls = DuplicateNodeMonitor()
        self.on_doubled: Callable[[str], None] = lambda sentence: None
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_message, RELIABLE)

    def doubled(self) -> str:
        """Which nodes of this namespace run twice, as a sentence; empty: none."""
        place = self._node.get_namespace().rstrip("/") + "/"
        names = [name for name in self._calls.duplicates(time.monotonic()) if name.startswith(place)]
        return f"node {names[0]} runs twice; stop one of the two" if names else ""

    def sources(self, *topics: str) -> str:
        """Which of the topics several nodes publish, as a sentence; empty: none."""
        for topic in topics:
            infos = self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(topic))
            names = sorted({f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in infos})
            if len(names) > 1:
                return f"{topic}: {' and '.join(names)} publish it; only one node may"
        return ""

    def _on_message(self, message: DiagnosticArray) -> None:
        for status in message.status:
            instance = next((pair.value for pair in status.values if pair.key == INSTANCE), "")
            if instance and status.message != "unconfigured":
                self._calls.observe(status.name, instance, time.monotonic())
        sentence = self.doubled()
        if sentence and self._name in sentence:
            self._node.complain(sentence)
        if sentence:
            self.on_doubled(sentence)
