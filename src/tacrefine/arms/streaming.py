"""Streams interpolated poses from start to goal, one at every tick."""

from __future__ import annotations

from collections.abc import Callable

from scipy.spatial.transform import RigidTransform

from tacrefine.supervision.limits import Limits
from tacrefine.supervision.speed_limiter import MAX_STEP_S

SendPose = Callable[[RigidTransform], None]
Gate = Callable[[SendPose, bool], SendPose]
"""`tacrefine.supervision.guard.Guard.gate`, which checks every pose before it is sent; True for poses of a stream"""


class PoseStream:
    """The interpolated target of one motion: the grasp centre moves on a straight line within the speed limits."""

    def __init__(self, send: SendPose, limits: Limits, start: RigidTransform, goal: RigidTransform) -> None:
        self._send, self._limits = send, limits
        self._start, self._goal = start, goal
        self.duration = limits.duration(start, goal)
        self._elapsed = 0.0
        self._last: float | None = None

    def tick(self, now: float) -> bool:
        """Send the target that is due, the goal from the end on; returns whether it is the goal."""
        if self._last is not None:
            self._elapsed += min(max(now - self._last, 0.0), MAX_STEP_S)
        self._last = now
        fraction = self._elapsed / self.duration if self.duration > 0.0 else 1.0
        self._send(self._limits.interpolate(self._start, self._goal, fraction))
        return fraction >= 1.0
