"""A node's time, for parts that know nothing of ROS."""

from __future__ import annotations

import time

from rclpy.node import Node


class RosClock:
    """Seconds: `now` is ROS time, which may be simulated; `steady` is the monotonic clock."""

    def __init__(self, node: Node) -> None:
        self._clock = node.get_clock()

    @property
    def is_simulated(self) -> bool:
        """Whether ROS time comes from /clock."""
        return bool(self._clock.ros_time_is_active)

    def now(self) -> float:
        """ROS time."""
        return float(self._clock.now().nanoseconds) * 1e-9

    def steady(self) -> float:
        """Monotonic time."""
        return time.monotonic()
