"""Controllers of the simulated robot: a pose and joint targets that follow commands with limited speed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.supervision.limits import between

ARRIVED_M, ARRIVED_RAD = 1e-7, 1e-6


class PoseFollower:
    """Moves `pose` towards `target`; speeds hold at the grasp centre, which moves on a straight line."""

    def __init__(
        self,
        pose: RigidTransform,
        linear_speed: float,
        angular_speed: float,
        wrist_from_centre: RigidTransform,
    ) -> None:
        self.pose = self.target = pose
        self._linear, self._angular = linear_speed, angular_speed
        self._centre = wrist_from_centre

    def advance(self, seconds: float) -> bool:
        """One step; returns whether the pose moved."""
        if self.pose is self.target:
            return False
        start, end = self.pose * self._centre, self.target * self._centre
        metres, radians = error_between(start, end)
        if metres < ARRIVED_M and radians < ARRIVED_RAD:
            self.pose = self.target
            return False
        share = float(max(metres / (self._linear * seconds), radians / (self._angular * seconds)))
        self.pose = self.target if share <= 1.0 else between(start, end, 1.0 / share) * self._centre.inv()
        return True


class JointFollower:
    """Leads joint targets (A,) rad along straight lines between the points of a trajectory."""

    def __init__(self, positions: NDArray[np.float64], speed: float) -> None:
        self.positions = np.array(positions, float)
        self._speed = speed
        self._times = np.zeros(1)
        self._points = self.positions[None]

    def follow(self, path: Sequence[tuple[NDArray[np.float64], float]], now: float) -> None:
        """Points (positions, seconds from now) with increasing times, starting from the present positions."""
        self._times = np.array([now] + [now + seconds for _, seconds in path])
        self._points = np.stack([self.positions] + [np.asarray(positions, float) for positions, _ in path])

    def advance(self, now: float, seconds: float) -> bool:
        """One step of `seconds` towards where the trajectory is at `now`; returns whether a target moved."""
        if now > self._times[-1]:
            wanted = self._points[-1]
        else:
            wanted = np.array([np.interp(now, self._times, column) for column in self._points.T])
        reach = self._speed * seconds
        step = np.clip(wanted - self.positions, -reach, reach)
        self.positions = self.positions + step
        return bool(step.any())
