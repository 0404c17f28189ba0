"""Looks at the graph for a while, as a node that only listens, and hands a plain snapshot back."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import JointState

from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.tools.graph_visitor import GraphVisitor
from tacrefine.supervision.domains import domains_in_use
from tacrefine.supervision.graph_snapshot import Endpoint, GraphSnapshot, NodeStatus, Topic

STAMPED = {"tactile": TactileArray, "joint_states": JointState, "wrist_pose": PoseStamped}
NAME = "tacrefine_doctor"


class GraphProbe(GraphVisitor):
    """A context manager; `look` may be called again."""

    def __init__(self, namespace: str = "") -> None:
        super().__init__(NAME, namespace)
        self._ages: dict[str, float] = {}
        self._statuses: dict[str, NodeStatus] = {}
        for topic, kind in STAMPED.items():
            name = self._node.resolve_topic_name(topic)
            self._node.create_subscription(kind, topic, partial(self._on_stamped, name), SENSOR)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, RELIABLE)
        self._node.create_subscription(_clock_type(), "/clock", self._on_clock, SENSOR)
        self._simulated: float | None = None

    def look(self, seconds: float) -> GraphSnapshot:
        """What is there after listening for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=min(left, 0.1))
        place = self._node.get_namespace()
        nodes = [f"{space.rstrip('/')}/{name}" for name, space in self._node.get_node_names_and_namespaces()]
        own = self._node.get_fully_qualified_name()
        domain = int(os.environ.get("ROS_DOMAIN_ID") or 0)
        return GraphSnapshot(
            nodes=tuple(name for name in sorted(nodes) if name != own and "/_ros2cli" not in name),
            topics=tuple(self._topics(own)),
            ages=dict(self._ages),
            statuses=tuple(self._statuses.values()),
            namespace=place,
            domain=domain,
            other_domains=tuple(sorted(domains_in_use() - {domain})),
            simulated_time=self._simulated is not None,
        )

    def _topics(self, own: str) -> list[Topic]:
        found = []
        for name, _ in self._node.get_topic_names_and_types():
            sides = [
                tuple(end for end in map(_end, infos) if end.node != own)
                for infos in (
                    self._node.get_publishers_info_by_topic(name),
                    self._node.get_subscriptions_info_by_topic(name),
                )
            ]
            found.append(Topic(name, *sides))
        return found

    def _on_stamped(self, name: str, message: Any) -> None:
        now = self._simulated if self._simulated is not None else time.time()
        self._ages[name] = now - to_seconds(message.header.stamp)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {pair.key: pair.value for pair in status.values}
            error, restarts = values.get("last error", ""), values.get("restarts", "")
            if restarts:
                restarts += f" ({values.get('last exit', '')})"
            level = int.from_bytes(status.level, "little")
            self._statuses[status.name] = NodeStatus(status.name, level, status.message, error, restarts)

    def _on_clock(self, message: Any) -> None:
        self._simulated = to_seconds(message.clock)


def _clock_type() -> type:
    from rosgraph_msgs.msg import Clock

    return Clock


def _end(info: Any) -> Endpoint:
    profile = info.qos_profile
    return Endpoint(
        f"{info.node_namespace.rstrip('/')}/{info.node_name}",
        info.topic_type,
        profile.reliability == ReliabilityPolicy.RELIABLE,
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )
