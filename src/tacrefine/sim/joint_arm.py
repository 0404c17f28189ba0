"""A simulated arm with joints under a joint trajectory controller; forward kinematics give its wrist pose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import SimulationError
from tacrefine.joint_trajectory import JointTrajectoryFollower
from tacrefine.sim.arm_kinematics import Kinematics
from tacrefine.sim.arm_model import load_arm

LIMIT_TOLERANCE = 1e-6


class JointArm:
    """Follows joint trajectories with at most `speed` rad/s a joint. Wrist poses are in the model's world frame."""

    def __init__(self, name_or_path: str, speed: float, tip: str = "wrist") -> None:
        self._model = load_arm(name_or_path, tip)
        self._kinematics = Kinematics(self._model)
        self._speed = speed
        self._time = 0.0
        self._follower = JointTrajectoryFollower(self._model.home, speed)
        self.pose = self._model.pose(self._model.home)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """From the base outwards."""
        return self._model.joint_names

    @property
    def joints(self) -> NDArray[np.float64]:
        """Positions (J,) rad."""
        return self._follower.positions

    def place(self, wrist: RigidTransform) -> None:
        """Put the wrist there at once, without a motion; raises KinematicsError, and changes nothing, if it cannot."""
        joints = self._kinematics.solve(self._model.home, wrist)
        self._follower = JointTrajectoryFollower(joints, self._speed)
        self.pose = self._model.pose(joints)

    def follow(self, names: Sequence[str], points: Sequence[tuple[ArrayLike, float]]) -> None:
        """Start a trajectory: points (positions in rad, seconds from now) for every joint, in the order of `names`.

        Raises SimulationError, and keeps the present trajectory, for unknown or missing joints, times that do not
        increase and positions beyond the limits.
        """
        if sorted(names) != sorted(self.joint_names):
            raise SimulationError(
                f"arm/joint_trajectory names {', '.join(names) or 'no joint'}; it must name each of "
                f"{', '.join(self.joint_names)} once"
            )
        order = [list(names).index(name) for name in self.joint_names]
        path, last = [], 0.0
        for positions, seconds in points:
            if not last < seconds < np.inf:
                raise SimulationError(
                    "arm/joint_trajectory: time_from_start must increase from point to point"
                )
            full, last = np.asarray(positions, float)[order], seconds
            self._check(full)
            path.append((full, seconds))
        if not path:
            raise SimulationError("arm/joint_trajectory has no points; it needs at least one")
        self._follower.follow(path, self._time)

    def advance(self, seconds: float) -> bool:
        """Take one step of `seconds`; returns whether the wrist moved."""
        self._time += seconds
        moved = self._follower.advance(self._time, seconds)
        if moved:
            self.pose = self._model.pose(self.joints)
        return moved

    def _check(self, joints: NDArray[np.float64]) -> None:
        for name, value, (low, high) in zip(self.joint_names, joints, self._model.limits, strict=True):
            if not low - LIMIT_TOLERANCE <= value <= high + LIMIT_TOLERANCE:
                raise SimulationError(
                    f"arm/joint_trajectory asks joint '{name}' for {value:.3f} rad; allowed are {low:g} to {high:g}"
                )
