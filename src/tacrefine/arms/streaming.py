"""Streams interpolated poses from start to goal, one at every tick, eased in and out."""

from __future__ import annotations

from collections.abc import Callable

from scipy.spatial.transform import RigidTransform

from tacrefine.supervision.limits import Limits
from tacrefine.supervision.speed_limiter import MAX_STEP_S

SendPose = Callable[[RigidTransform], None]
Gate = Callable[[SendPose, bool], SendPose]
"""`tacrefine.supervision.guard.Guard.gate`, which checks every pose before it is sent; True for poses of a stream"""
AS_GOOD_AS_ONE = 0.99


class PoseStream:
    """The interpolated target of one motion: a straight line within the limits on speed, acceleration and jerk.

    After a tick that came late the target goes on from where it is and speeds up again with the same acceleration.
    """

    def __init__(self, send: SendPose, limits: Limits, start: RigidTransform, goal: RigidTransform) -> None:
        self._send, self._limits = send, limits
        self._start, self._goal = start, goal
        self._profile = limits.profile(start, goal)
        self._elapsed, self._rate = 0.0, 1.0  # time of the profile, and how fast it passes
        self._last: float | None = None

    @property
    def duration(self) -> float:
        """Seconds that the motion takes if every tick comes in time."""
        return self._profile.duration

    def tick(self, now: float) -> bool:
        """Send the target that is due, the goal from the end on; returns whether it is the goal."""
        if self._last is not None:
            self._elapsed += self._step(max(now - self._last, 0.0))
        self._last = now
        self._send(self._limits.interpolate(self._start, self._goal, self._profile.fraction(self._elapsed)))
        return self._elapsed >= self._profile.duration

    def _step(self, seconds: float) -> float:
        """Time of the profile that passes in `seconds`: all of it, except in a late tick and shortly after one."""
        profile = self._profile
        if self._rate < 1.0 and profile.ramp > 0.0:
            share = seconds * profile.acceleration / profile.speed
            self._rate += share * (1.0 - self._rate**2)
            if self._rate > AS_GOOD_AS_ONE:
                self._rate = 1.0
        if self._rate * seconds > MAX_STEP_S:
            self._rate = MAX_STEP_S / seconds
        return self._rate * seconds
