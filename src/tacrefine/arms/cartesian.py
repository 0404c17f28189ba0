"""Adapter to a Cartesian controller that follows the newest pose, like FZI cartesian_controllers on `target_frame`.

Such a controller reports nothing and ignores poses in any frame but its own base link, so the frame is checked before
anything moves.
"""

from __future__ import annotations

from typing import Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.arms.streaming import Gate, PoseStream
from tacrefine.supervision.limits import Limits

REPEAT_S = 0.5  # period of the waypoint backend, for a controller that starts late


class PoseLink(Protocol):
    """The wire to the controller."""

    def missing(self) -> str:
        """Why the controller would not get a pose, as a sentence; empty if it would."""

    def send(self, pose: RigidTransform) -> None:
        """Send one pose, stamped now."""


class CartesianArm:
    """Streams interpolated poses; with `backend` waypoint it sends the goal alone, to an arm that plans by itself."""

    def __init__(
        self,
        link: PoseLink,
        gate: Gate,
        limits: Limits,
        backend: str = "streaming",
    ) -> None:
        self._link, self._limits, self._backend = link, limits, backend
        self._send = gate(self._remember, backend == "streaming")
        self._commanded: RigidTransform | None = None
        self._stream: PoseStream | None = None
        self._goal: RigidTransform | None = None
        self._sent = -float("inf")

    def missing(self, now: float) -> str:
        """What is missing to move the arm, as a sentence; empty if nothing is."""
        return self._link.missing()

    @property
    def commanded(self) -> RigidTransform | None:
        """The pose that the controller was sent last and holds."""
        return self._commanded

    def _remember(self, pose: RigidTransform) -> None:
        self._link.send(pose)
        self._commanded = pose

    def begin(self, start: RigidTransform, goal: RigidTransform, now: float) -> float:
        """Prepare the motion from `start` to `goal`; returns its duration in s."""
        self._stream = PoseStream(self._send, self._limits, start, goal)
        self._goal, self._sent = goal, -float("inf")
        return self._stream.duration

    def tick(self, now: float) -> bool:
        """Send the pose that is due; returns whether it is the goal."""
        if self._stream is None or self._goal is None:
            return True
        if self._backend == "streaming":
            return self._stream.tick(now)
        if now - self._sent >= REPEAT_S:
            self._sent = now
            self._send(self._goal)
        return True

    def rest(self) -> None:
        """After a motion; nothing to do, the controller holds the last pose."""

    def hold(self, pose: RigidTransform) -> None:
        """Abort the motion and hold this pose."""
        self._stream = self._goal = None
        self._send(pose)
