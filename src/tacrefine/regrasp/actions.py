"""The limits of an action, and random actions within them."""

from __future__ import annotations

import math
import os
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.gripper import ACTION_SIZE, Action, GripperPose


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"an interval needs low <= high, found [{pair[0]}, {pair[1]}]")
    return pair


STAYS = 1e-6
"""m and rad below which an action does not move"""
NEAR_HIGHEST = 0.99
"""of the highest force"""
Interval = Annotated[tuple[float, float], AfterValidator(_ordered)]


class Workspace(Description):
    """Where the grasp centre may go: m in the world frame; yaw is free."""

    x: Interval = (-0.12, 0.12)
    y: Interval = (-0.12, 0.12)
    z: Interval = (0.016, 0.16)


class ActionBox(Description):
    """Limits of one action (m, rad, in the gripper frame), of the pose that it leads to, and of the force (N)."""

    dx: Interval = (-0.02, 0.02)
    dy: Interval = (-0.02, 0.02)
    dz: Interval = (-0.02, 0.02)
    dyaw: Interval = (-math.radians(17.0), math.radians(17.0))
    force: Interval = (3.0, 25.0)
    workspace: Workspace = Workspace()

    def sample(
        self, rng: np.random.Generator, count: int, pose: GripperPose | None = None
    ) -> NDArray[np.float32]:
        """Sample ``(count, 5)`` actions uniformly; with `pose`, their heights stay within the workspace from there."""
        low, high = self.bounds
        actions = rng.uniform(low, high, (count, ACTION_SIZE))
        if pose is not None:
            z_low, z_high = self.workspace.z
            actions[:, 2] = np.clip(actions[:, 2], z_low - pose.z, z_high - pose.z)
        return actions.astype(np.float32)

    def sample_force(self, rng: np.random.Generator, count: int) -> NDArray[np.float32]:
        """Return ``(count, 5)`` actions that stay in place and sweep the force evenly, weakest first."""
        del rng  # even spacing covers the interval better than chance
        actions = np.zeros((count, ACTION_SIZE), np.float32)
        actions[:, 4] = np.linspace(*self.force, count)
        return actions

    def from_force(self, least: float) -> ActionBox:
        """Return a box without forces below `least` N; near the highest force, a narrow range is left."""
        low, high = self.force
        return self.model_copy(update={"force": (max(low, min(least, NEAR_HIGHEST * high)), high)})

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lowest and the highest action, ``(5,)`` each."""
        pairs = np.array([self.dx, self.dy, self.dz, self.dyaw, self.force])
        return pairs[:, 0], pairs[:, 1]

    def allows(self, pose: GripperPose, action: Action) -> bool:
        """Return whether an action is within its limits and leads from `pose` into the workspace."""
        low, high = self.bounds
        values, target, slack = np.array(action), pose.moved(action), 1e-6
        limits = (self.workspace.x, self.workspace.y, self.workspace.z)
        inside = all(a - slack <= v <= b + slack for v, (a, b) in zip(target[:3], limits, strict=True))
        return inside and bool(((values >= low - slack) & (values <= high + slack)).all())


def stays(action: Action) -> bool:
    """Return whether an action only changes the force."""
    return max(abs(value) for value in action[:4]) <= STAYS


def load_action_box(name_or_path: str | os.PathLike[str] = "actions") -> ActionBox:
    """Read `config/regrasp/<name>.yaml` or a path; ConfigError with one sentence."""
    return load_yaml(resolve("regrasp", name_or_path), ActionBox)
