"""Inverse kinematics by mink: joint positions within their limits for a pose of the tip, near the present ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import ConfigError, KinematicsError
from tacrefine.geometry import error_between
from tacrefine.sim.arm_model import ArmModel

SOLVED_M, SOLVED_RAD = 2e-5, 1e-4
ITERATIONS = 60
STALLED = 1e-7
"""rad; the solver has converged once it moves no joint by more"""
DAMPING = 1e-8
SOLVER = "daqp"


class Kinematics:
    """Inverse kinematics of one arm; joints keep `margin` rad from their limits. Raises ConfigError without mink."""

    def __init__(self, arm: ArmModel, margin: float = 0.0) -> None:
        self.arm, self._mink = arm, _mink()
        mink, model = self._mink, arm.model
        self._low, self._high = arm.limits[:, 0] + margin, arm.limits[:, 1] - margin
        self._configuration = mink.Configuration(model)
        self._task = mink.FrameTask(arm.tip, arm.tip_kind, position_cost=1.0, orientation_cost=0.3)
        self._limits = [mink.ConfigurationLimit(model, gain=1.0, min_distance_from_limits=margin)]
        others = [degree for degree in range(model.nv) if degree not in set(arm.degrees.tolist())]
        self._frozen = [mink.DofFreezingTask(model, dof_indices=others)] if others else None

    def solve(self, start: NDArray[np.float64], target: RigidTransform) -> NDArray[np.float64]:
        """Joints (J,) near `start` (J,) at which the tip has the pose `target` in the root's frame.

        Raises KinematicsError, in one sentence, if there are none within the limits.
        """
        arm, mink = self.arm, self._mink
        self._check_start(start)
        configuration, joints = self._configuration, np.array(start, float)
        arm.pose(joints)  # moves the root, if it moves at all
        self._task.set_target(mink.SE3.from_matrix((arm.root_pose() * target).as_matrix()))
        configuration.update(arm.full(joints))
        for _ in range(ITERATIONS):
            if self._left(joints, target) == (0.0, 0.0):
                return joints
            try:
                step = mink.solve_ik(
                    configuration,
                    [self._task],
                    1.0,
                    SOLVER,
                    damping=DAMPING,
                    limits=self._limits,
                    constraints=self._frozen,
                )
            except mink.MinkError:
                break
            configuration.integrate_inplace(step, 1.0)
            joints = configuration.q[arm.addresses].copy()
            if np.abs(step[arm.degrees]).max() < STALLED:
                break
        if self._left(joints, target) == (0.0, 0.0):
            return joints
        raise KinematicsError(self._sentence(joints, target))

    def _left(self, joints: NDArray[np.float64], target: RigidTransform) -> tuple[float, float]:
        """Distance in m and angle in rad to the target, zeros within the tolerance."""
        metres, radians = error_between(self.arm.pose(joints), target)
        return (0.0, 0.0) if metres <= SOLVED_M and radians <= SOLVED_RAD else (float(metres), float(radians))

    def _check_start(self, joints: NDArray[np.float64]) -> None:
        for name, value, low, high in zip(self.arm.joint_names, joints, self._low, self._high, strict=True):
            if not low <= value <= high:
                raise KinematicsError(
                    f"joint '{name}' stands at {value:.3f}; allowed are {low:.3f} to {high:.3f} "
                    "(its limits in arm_model less arm_joint_margin)"
                )

    def _sentence(self, joints: NDArray[np.float64], target: RigidTransform) -> str:
        metres, radians = self._left(joints, target)
        at_limit = [
            name
            for name, value, low, high in zip(
                self.arm.joint_names, joints, self._low, self._high, strict=True
            )
            if value - low < 1e-3 or high - value < 1e-3
        ]
        why = f"; at their limits: {', '.join(at_limit)}" if at_limit else ""
        return (
            f"the arm cannot reach the next wrist pose: {metres * 1e3:.1f} mm and "
            f"{np.degrees(radians):.1f} deg are left{why}"
        )


def _mink() -> Any:
    try:
        import mink
    except ModuleNotFoundError as error:
        if error.name not in ("mink", "qpsolvers", "daqp"):
            raise
        raise ConfigError(
            f"arm trajectory needs the package {error.name}, which is not here; install it with: "
            "pip install 'tacrefine[arm]'"
        ) from None
    return mink
