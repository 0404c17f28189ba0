"""A straight move of the grasp centre as a joint trajectory: waypoints solved one after the other, then timed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import KinematicsError
from tacrefine.geometry import error_between
from tacrefine.supervision.errors import Unreachable
from tacrefine.supervision.motion_profile import MotionProfile

if TYPE_CHECKING:
    from tacrefine.sim.arm_kinematics import Kinematics

STEP_M, STEP_RAD, STEP_S = 0.004, 0.04, 0.05
LEAST_STEPS, MOST_STEPS = 6, 60
JOINT_SHARE = 0.9
"""share of the allowed joint speed that is planned for; controllers interpolate between the waypoints"""
LARGEST_JUMP = 0.2
"""rad or m between neighbouring waypoints; more means that the path passes a singularity"""
LEAST_S = 0.2


@dataclass(frozen=True)
class JointPath:
    """Waypoints of the joints `names`: times (N,) s from the start, positions (N, J) rad, velocities (N, J) rad/s."""

    names: tuple[str, ...]
    times: NDArray[np.float64]
    positions: NDArray[np.float64]
    velocities: NDArray[np.float64]

    @property
    def duration(self) -> float:
        """Seconds to the last waypoint."""
        return float(self.times[-1])

    def at(self, seconds: float) -> NDArray[np.float64]:
        """Positions (J,) after `seconds`."""
        return np.array([np.interp(seconds, self.times, column) for column in self.positions.T])


def stop_at(names: tuple[str, ...], joints: NDArray[np.float64], seconds: float) -> JointPath:
    """A path that brings the joints to rest at `joints` (J,) within `seconds`."""
    return JointPath(names, np.array([seconds]), joints[None], np.zeros((1, len(joints))))


def plan(
    kinematics: Kinematics,
    joints: NDArray[np.float64],
    pose_at: Callable[[float], RigidTransform],
    profile: MotionProfile,
    joint_speed: float,
) -> JointPath:
    """A path along `pose_at(fraction)`, the tip's pose in the root's frame, from the present `joints` (J,).

    It is timed by `profile`, and stretched where `joint_speed` (rad/s) requires it.
    Raises Unreachable if a waypoint cannot be reached or lies far from its neighbour in joint space.
    """
    arm = kinematics.arm
    metres, radians = error_between(pose_at(0.0), pose_at(1.0))
    steps = max(float(metres) / STEP_M, float(radians) / STEP_RAD, profile.duration / STEP_S)
    count = int(np.clip(math.ceil(steps), LEAST_STEPS, MOST_STEPS))
    rows = [np.asarray(joints, float)]
    for k in range(1, count + 1):
        try:
            rows.append(kinematics.solve(rows[-1], pose_at(profile.fraction(profile.duration * k / count))))
        except KinematicsError as error:
            raise Unreachable(str(error)) from error
        if np.abs(rows[-1] - rows[-2]).max() > LARGEST_JUMP:
            name = arm.joint_names[int(np.abs(rows[-1] - rows[-2]).argmax())]
            raise Unreachable(
                f"the path to the next wrist pose turns joint '{name}' by more than {LARGEST_JUMP} rad at once: "
                "the arm is close to a singularity"
            )
    positions = np.array(rows)
    allowed = JOINT_SHARE * np.minimum(arm.speeds, joint_speed)
    slowest = float((np.abs(np.diff(positions, axis=0)) / allowed).max()) * count
    total = max(profile.duration, slowest, LEAST_S)
    times = np.linspace(0.0, total, count + 1)
    velocities = np.gradient(positions, times, axis=0)
    velocities[0] = velocities[-1] = 0.0
    return JointPath(arm.joint_names, times[1:], positions[1:], velocities[1:])
