"""A Cartesian controller that follows the newest pose: FZI cartesian_controllers on `target_frame`, and their like.

It reports nothing, and it drops poses in any frame but its own base link: the frame is checked before anything moves.
"""

from __future__ import annotations

from typing import Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.arms.streaming import Gate, PoseStream
from tacrefine.supervision.limits import Limits

REPEAT_S = 0.5  # the waypoint backend repeats its target this often, in case a controller starts late


class PoseLink(Protocol):
    """Where poses go."""

    def missing(self) -> str:
        """Why a pose would not be heard, as a sentence; empty if it would."""

    def send(self, pose: RigidTransform) -> None:
        """Send one pose, stamped now."""


class CartesianArm:
    """Streams interpolated poses, or sends the goal alone (`backend` waypoint) to an arm that plans its own way."""

    def __init__(
        self,
        link: PoseLink,
        gate: Gate,
        limits: Limits,
        backend: str = "streaming",
    ) -> None:
        self._link, self._limits, self._backend = link, limits, backend
        self._send = gate(link.send, backend == "streaming")
        self._stream: PoseStream | None = None
        self._goal: RigidTransform | None = None
        self._sent = -float("inf")

    def missing(self, now: float) -> str:
        """What it lacks to move the arm."""
        return self._link.missing()

    def begin(self, start: RigidTransform, goal: RigidTransform, now: float) -> float:
        """Prepare the stream; returns its duration in s."""
        self._stream = PoseStream(self._send, self._limits, start, goal)
        self._goal, self._sent = goal, -float("inf")
        return self._stream.duration

    def tick(self, now: float) -> bool:
        """Send what is due."""
        if self._stream is None or self._goal is None:
            return True
        if self._backend == "streaming":
            return self._stream.tick(now)
        if now - self._sent >= REPEAT_S:
            self._sent = now
            self._send(self._goal)
        return True

    def rest(self) -> None:
        """Nothing to do: the controller keeps the last pose."""

    def hold(self, pose: RigidTransform) -> None:
        """Stay there."""
        self._stream = self._goal = None
        self._send(pose)
