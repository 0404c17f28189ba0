"""Stands between the simulated robot and everybody else: what passes can be spoilt, and is written down.

The robot lives in the namespace `raw`, the policy publishes on `raw/correction`, and simulated time is `raw/clock`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from tacrefine.msg import PoseCorrection, TactileArray
from trajectory_msgs.msg import JointTrajectory

from fault_suite.messages import Fault, passed
from tacrefine.nodes.core.qos import RELIABLE, SENSOR

STREAMS = {
    "/clock": (Clock, SENSOR),
    "tactile": (TactileArray, SENSOR),
    "joint_states": (JointState, SENSOR),
    "wrist_pose": (PoseStamped, SENSOR),
    "correction": (PoseCorrection, RELIABLE),
}
COMMANDS = {
    "arm/target_frame": (PoseStamped, RELIABLE),
    "hand/joint_trajectory": (JointTrajectory, RELIABLE),
}


@dataclass
class Log:
    """Commands that went to the robot: monotonic time and message."""

    arm: list[tuple[float, Any]] = field(default_factory=list)
    hand: list[tuple[float, Any]] = field(default_factory=list)


class Relay:
    """A context manager; `faults` maps a topic to what happens to its messages."""

    def __init__(self) -> None:
        self.faults: dict[str, Fault] = {}
        self.log = Log()
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = Node("fault_relay", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._publishers: dict[str, Any] = {}
        for topic, (kind, qos) in STREAMS.items():
            self._pass(kind, qos, f"raw/{topic.lstrip('/')}", topic, topic)
        for topic, (kind, qos) in COMMANDS.items():
            self._pass(kind, qos, topic, f"raw/{topic}", topic)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(timeout=2.0)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def send(self, topic: str, message: Any) -> None:
        """Publish something that nobody asked for."""
        self._publishers[topic].publish(message)

    def restart_log(self) -> None:
        """Forget the commands so far."""
        self.log = Log()

    def _pass(self, kind: type, qos: Any, source: str, sink: str, name: str) -> None:
        publisher = self._publishers[name] = self.node.create_publisher(kind, sink, qos)

        def take(message: Any) -> None:
            now = time.monotonic()
            if name == "arm/target_frame":
                self.log.arm.append((now, message))
            elif name == "hand/joint_trajectory":
                self.log.hand.append((now, message))
            for result in self.faults.get(name, passed)(message):
                publisher.publish(result)

        self.node.create_subscription(kind, source, take, qos)

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return
