"""Types of the regrasping system: pose, action, state and example.

World frame: table top at z = 0, z up, the camera in front at +x, looking toward -x and down. The gripper points
down; its pose is that of the grasp centre, the point between its pads. At yaw 0 the pads open along the world's y.
Turning the gripper by half a turn about z gives the same grasp, so yaw is wrapped to [-pi/2, pi/2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CAMERA_SIZE = (64, 64)
"""rows and columns of a camera image as the model takes it, a crop around the gripper"""
TACTILE_SIZE = (48, 36)
"""rows (down the finger) and columns of a pad's image as the model takes it, 0.5 mm a pixel"""
PAD_SIZE = (0.024, 0.018)
"""m, down the finger and across"""
PADS = ("left", "right")
"""the pads' order: the one at the gripper's +y first"""
ACTION_SIZE = 5
"""dx, dy, dz (m), dyaw (rad), force (N)"""


def wrap_yaw(yaw: float) -> float:
    """Return the yaw of the same grasp in [-pi/2, pi/2), rad."""
    return (yaw + math.pi / 2) % math.pi - math.pi / 2


class GripperPose(NamedTuple):
    """Grasp centre in the world frame (m) and yaw about z (rad)."""

    x: float
    y: float
    z: float
    yaw: float

    def array(self) -> NDArray[np.float32]:
        """``(4,)`` m, m, m, rad."""
        return np.array(self, np.float32)

    def moved(self, action: Action) -> GripperPose:
        """Return the pose that an action leads to; its motion is in this pose's own frame."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return GripperPose(
            self.x + cos * action.dx - sin * action.dy,
            self.y + sin * action.dx + cos * action.dy,
            self.z + action.dz,
            wrap_yaw(self.yaw + action.dyaw),
        )

    def action_to(self, target: GripperPose, force: float) -> Action:
        """Return the action that leads from here to `target` with a force (N); it turns the shorter way."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        dx, dy = target.x - self.x, target.y - self.y
        turn = wrap_yaw(target.yaw - self.yaw)
        return Action(cos * dx + sin * dy, -sin * dx + cos * dy, target.z - self.z, turn, force)


class Action(NamedTuple):
    """A motion in the present gripper frame (m, rad) and the force (N) that each pad then presses with."""

    dx: float
    dy: float
    dz: float
    dyaw: float
    force: float

    def array(self) -> NDArray[np.float32]:
        """Return the action as an array ``(5,)`` float32, in the order of its fields."""
        return np.array(self, np.float32)

    @classmethod
    def from_array(cls, values: NDArray[np.floating]) -> Action:
        """Return the action that an array ``(5,)`` holds; the inverse of `array`."""
        return cls(*(float(value) for value in values))


@dataclass(frozen=True, eq=False)
class State:
    """What the model is given: images, pose and force. Images are RGB, cut to the model's sizes."""

    camera: NDArray[np.uint8]
    """``(H, W, 3)`` now"""
    camera_rest: NDArray[np.uint8]
    """``(H, W, 3)`` at the same gripper pose before the gripper closed"""
    tactile: NDArray[np.uint8]
    """``(2, h, w, 3)`` now, pads in the order of `PADS`"""
    tactile_rest: NDArray[np.uint8]
    """``(2, h, w, 3)`` before any contact: the background that is subtracted"""
    pose: NDArray[np.float32]
    """``(4,)`` of the gripper: m, m, m, rad"""
    force: float
    """N, commanded; 0 when the gripper is open"""


@dataclass(frozen=True, eq=False)
class Example:
    """A state, what was done then, and how it ended."""

    state: State
    action: Action
    success: bool
    object: int
    """number of the object in its set"""
    trial: int
