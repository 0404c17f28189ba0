"""Refuses commanded poses that would follow each other faster, or speed up faster, than the limits allow."""

from __future__ import annotations

from scipy.spatial.transform import RigidTransform

from tacrefine.supervision.errors import Internal
from tacrefine.supervision.limits import LOOK_S, Limits

MAX_STEP_S = 0.05
"""After a command that came late, the next one goes on by no more than this: it never jumps to catch up."""
PATH_SLACK = 1.05
"""a chord between two points of a planned path may be so much faster than the arc that it stands for"""


class SpeedLimiter:
    """An account of motion time: it fills with the clock, up to `MAX_STEP_S`, and each command spends from it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.restart(None, None)

    def restart(self, pose: RigidTransform | None, now: float | None) -> None:
        """A motion begins at a measured pose; None: nothing has been commanded."""
        self.last = pose
        """the pose that was commanded last"""
        self._then, self._saved = now, LOOK_S
        self._speed = (0.0, 0.0, 0.0)

    def take(self, pose: RigidTransform, now: float | None) -> None:
        """Spend the time that the path to `pose` takes; raises Internal if less has been saved up.

        Without `now`, s, only the length of each path counts.
        """
        if self.last is None:
            raise Internal("the arm was about to move from a pose that was never measured")
        if now is None or self._then is None:
            self._saved = MAX_STEP_S + LOOK_S
        else:
            elapsed = now - self._then
            self._saved = min(self._saved + min(max(elapsed, 0.0), MAX_STEP_S), MAX_STEP_S + LOOK_S)
            self._check_acceleration(pose, elapsed)
        self._then = now
        cost = self._limits.duration(self.last, pose)
        if cost > self._saved + 1e-9:
            raise Internal(
                f"a wrist pose {cost:.3f} s from the last one was about to be commanded {self._saved:.3f} s after it; "
                "allowed are linear_speed and angular_speed"
            )
        self._saved -= cost
        self.last = pose

    def _check_acceleration(self, pose: RigidTransform, elapsed: float) -> None:
        if elapsed <= 0.0 or self.last is None:
            return  # the clock was set back: no speed can be told, and the account above still counts
        self._speed, is_too_fast = self._limits.speeds_up(self.last, pose, elapsed, self._speed)
        if is_too_fast:
            raise Internal(
                "a wrist pose that speeds up faster than linear_acceleration and angular_acceleration allow was about "
                "to be commanded"
            )

    def check_pair(self, start: RigidTransform, end: RigidTransform, seconds: float) -> None:
        """Raises Internal if the path takes longer than `seconds` within the speed limits."""
        if self._limits.duration(start, end) > PATH_SLACK * max(seconds, 0.0) + 1e-9:
            raise Internal("a path faster than linear_speed or angular_speed was about to be commanded")
