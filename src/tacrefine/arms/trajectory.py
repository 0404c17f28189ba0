"""Adapter to a joint trajectory controller (ros2_control): a move is planned in joint space, checked, then sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.arms.planning import JointPath, plan, stop_at
from tacrefine.arms.settings import ArmSettings
from tacrefine.geometry import error_between
from tacrefine.supervision.errors import ArmUnavailable
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.motion_settings import MotionSettings

if TYPE_CHECKING:
    from tacrefine.sim.arm_kinematics import Kinematics

STOP_S = 0.15
"""s in which moving joints come to rest"""


class JointLink(Protocol):
    """The wire to a joint trajectory controller."""

    failure: str
    """a sentence once the controller refused or aborted the present path"""

    def missing(self) -> str:
        """Why the controller would not get a path, as a sentence; empty if it would."""

    def send(self, path: JointPath) -> None:
        """Let the controller follow the path from now on."""

    def stop(self, path: JointPath) -> None:
        """Cancel what it follows and come to rest by this path."""


class TrajectoryArm:
    """Plans each move from the measured joints. Joint states older than `sensor_timeout` s do not count."""

    def __init__(
        self,
        link: JointLink,
        kinematics: Kinematics,
        admit_path: Callable[[Sequence[RigidTransform], Sequence[float]], None],
        limits: Limits,
        settings: ArmSettings,
        motion: MotionSettings,
    ) -> None:
        self._link, self._kinematics, self._admit_path = link, kinematics, admit_path
        self._limits, self._settings, self._motion = limits, settings, motion
        self._joints: NDArray[np.float64] | None = None
        self._stamp = -float("inf")
        self._path: JointPath | None = None
        self._began: float | None = None
        self._now = 0.0

    def observe(self, positions: Mapping[str, float], stamp: float) -> bool:
        """Take joint positions, rad; returns False for a message that does not name every joint of the arm."""
        names = self._kinematics.arm.joint_names
        values = np.array([positions.get(name, np.nan) for name in names])
        if not np.isfinite(values).all():
            return False
        self._joints, self._stamp = values, stamp
        return True

    def missing(self, now: float) -> str:
        """What is missing to move the arm, as a sentence; empty if nothing is."""
        self._now = now
        if self._joints is None or abs(now - self._stamp) > self._motion.sensor_timeout:
            names, limit = ", ".join(self._kinematics.arm.joint_names), self._motion.sensor_timeout
            return (
                f"{self._settings.arm_joint_states}: no usable message for {limit:g} s; it must give {names}"
            )
        return self._link.missing()

    @property
    def commanded(self) -> None:
        """None: each move is planned from the measured joints."""

    def begin(self, start: RigidTransform, goal: RigidTransform, now: float) -> float:
        """Plan the whole move and check every waypoint; returns its duration in s."""
        missing = self.missing(now)
        if missing:
            raise ArmUnavailable(missing)
        assert self._joints is not None
        tip = self._kinematics.arm.pose(self._joints)
        self._check_model(start, tip)
        # Relative to the tip's pose by the model, so that a small disagreement with the measured pose cancels out.
        path = plan(
            self._kinematics,
            self._joints,
            lambda fraction: tip * start.inv() * self._limits.interpolate(start, goal, fraction),
            self._limits.profile(start, goal),
            self._settings.arm_joint_speed,
        )
        poses = [start * tip.inv() * self._kinematics.arm.pose(joints) for joints in path.positions]
        self._admit_path(poses, path.times.tolist())
        self._path, self._began = path, None
        return path.duration

    def tick(self, now: float) -> bool:
        """Send the path once, then watch; raises ArmUnavailable if the controller refuses or gives up."""
        self._now = now
        if self._path is None:
            return True
        if self._began is None:
            self._began = now
            self._link.send(self._path)
        if self._link.failure:
            raise ArmUnavailable(self._link.failure)
        return now - self._began >= self._path.duration

    def rest(self) -> None:
        """After a motion; the controller holds the last point."""
        self._path = None

    def hold(self, pose: RigidTransform) -> None:
        """Abort the motion: stop the joints where they are, without fresh joint states where the path is by now."""
        path, self._path = self._path, None
        joints = self._joints
        if (
            path is not None
            and self._began is not None
            and self._now - self._stamp > self._motion.sensor_timeout
        ):
            joints = path.at(self._now - self._began)
        if joints is not None:
            self._link.stop(stop_at(self._kinematics.arm.joint_names, joints, STOP_S))

    def _check_model(self, measured: RigidTransform, modelled: RigidTransform) -> None:
        metres, radians = error_between(measured, modelled)
        settings = self._settings
        if metres > settings.arm_model_position or radians > settings.arm_model_rotation:
            raise ArmUnavailable(
                f"wrist_pose and arm_model differ by {metres * 1e3:.1f} mm and {np.degrees(radians):.1f} deg; allowed "
                f"are {settings.arm_model_position * 1e3:g} mm (arm_model_position) and "
                f"{np.degrees(settings.arm_model_rotation):.1f} deg (arm_model_rotation); check arm_tip and arm_root"
            )
