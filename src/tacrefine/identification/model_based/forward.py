"""Simulated touch and its derivatives by pose and by what is unknown of the robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.identification.model_based.robot import MECHANICS, Layout
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.quasistatic import QuasistaticSimulator

POSE_STEPS = np.array([5e-5, 5e-5, 5e-5, 9e-4, 9e-4, 9e-4])
"""m and rad, of the central differences"""
MECHANICS_STEP = 0.02
OFFSET_STEP = 3e-5
"""m"""
JUMP = 60.0
"""A derivative that would change a reading by this many times full scale per sampling range is a snapped taxel's."""


@dataclass(frozen=True)
class SimulatedTouch:
    """Model touch of N grasps: signals ``(N, T)`` (1 = full scale), joints ``(N, J)`` rad, and derivatives."""

    readings: NDArray[np.float64]
    joints: NDArray[np.float64]
    by_pose: NDArray[np.float64] | None = None
    """(N, T + J, A)"""
    by_robot: NDArray[np.float64] | None = None
    """(N, T + J, K)"""


class ForwardModel:
    """Touch on one object, as a function of pose coordinates ``(N, 6)`` and nuisance vectors ``(N, K)``."""

    def __init__(self, simulator: QuasistaticSimulator, item: GraspObject, nominal: PlantSample) -> None:
        self.hand: Hand = simulator.hand
        self.item, self._simulator, self._nominal = item, simulator, nominal
        self.layout = Layout(len(self.hand.fingers), len(self.hand.joint_names))
        self.axes = np.flatnonzero(item.observable)

    def _simulate(
        self, poses: NDArray[np.float64], nuisance: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        batch = self._simulator.close(self.item, poses, self.layout.mechanics(self._nominal, nuisance))
        readings = batch.force / self.hand.full_scale * self._nominal.taxel_gain
        for f, part in enumerate(self.hand.finger_slices):
            readings[:, part] *= np.exp(nuisance[:, self.layout.gains][:, f : f + 1])
        joints = batch.joints + self._nominal.joint_bias + nuisance[:, self.layout.biases]
        return readings.astype(float), joints.astype(float)

    def touch(self, poses: NDArray[np.float64], nuisance: NDArray[np.float64]) -> SimulatedTouch:
        """Signals (readings before noise and clipping) and joints."""
        readings, joints = self._simulate(poses, nuisance)
        return SimulatedTouch(readings, joints)

    def linearised(
        self,
        poses: NDArray[np.float64],
        nuisance: NDArray[np.float64],
        span: float = 1.0,
        robot_span: float = 1.0,
    ) -> SimulatedTouch:
        """The same with derivatives; all simulations go into one batch.

        Touch has kinks where a taxel passes an edge. With a large `span` the pose differences are `span` times as wide
        as usual and see over them; `robot_span` does the same for the robot's parameters.

        A fingertip's offset moves that finger's readings only, so all fingers are displaced at once.
        """
        n, a = len(poses), len(self.axes)
        pose_sets, robot_sets = [poses], [nuisance]
        for axis in self.axes:
            for sign in (1.0, -1.0):
                moved = poses.copy()
                moved[:, axis] += sign * span * POSE_STEPS[axis]
                pose_sets.append(moved)
                robot_sets.append(nuisance)
        for index in range(MECHANICS):
            changed = nuisance.copy()
            changed[:, index] += robot_span * MECHANICS_STEP
            pose_sets.append(poses)
            robot_sets.append(changed)
        for direction in range(3):
            changed = nuisance.copy()
            changed[:, self.layout.offsets][:, direction::3] += robot_span * OFFSET_STEP
            pose_sets.append(poses)
            robot_sets.append(changed)
        readings, joints = self._simulate(np.concatenate(pose_sets), np.concatenate(robot_sets))
        every = np.concatenate([readings, joints], axis=1).reshape(len(pose_sets), n, -1)
        here = every[0]
        taxels = self.hand.taxel_count
        by_pose = np.empty((n, here.shape[1], a))
        for i, axis in enumerate(self.axes):
            slope = (every[1 + 2 * i] - every[2 + 2 * i]) / (2 * span * POSE_STEPS[axis])
            limit = JUMP / max(self.item.half_range[axis], 1e-9)
            by_pose[:, :, i] = np.where(np.abs(slope) < limit, slope, 0.0)
        by_robot = np.zeros((n, here.shape[1], self.layout.size))
        first = 1 + 2 * a
        for index in range(MECHANICS):
            by_robot[:, :, index] = (every[first + index] - here) / (robot_span * MECHANICS_STEP)
        column = {name: taxels + i for i, name in enumerate(self.hand.joint_names)}
        for f, finger in enumerate(self.hand.fingers):
            part = self.hand.finger_slices[f]
            rows = [*range(part.start, part.stop), *(column[joint.name] for joint in finger.joints)]
            for direction in range(3):
                slope = (every[first + MECHANICS + direction] - here) / (robot_span * OFFSET_STEP)
                by_robot[:, rows, self.layout.offsets.start + 3 * f + direction] = slope[:, rows]
            by_robot[:, part, self.layout.gains.start + f] = here[:, part]
        bias = np.arange(len(self.hand.joint_names))
        by_robot[:, taxels + bias, self.layout.biases.start + bias] = 1.0
        return SimulatedTouch(here[:, :taxels], here[:, taxels:], by_pose, by_robot)
