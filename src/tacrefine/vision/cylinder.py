"""Fits an upright cylinder to the object in a depth image: where to grasp first, and the baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import GripperPose, wrap_yaw
from tacrefine.vision.optics import Camera

DEPTH_STEP = 2
"""every other row and column of a depth image is enough"""
LOWEST = 0.006
"""m above the table that is taken for the object: depth is noisy"""
REACH = 0.17
"""m from the middle of the table to the farthest point that may be of the object"""
FEWEST = 12
"""points"""
NEAR = 0.12
"""m around the gripper in which something that stayed on the table would be what it tried to lift"""
BLUR = 0.008
"""m below the lifted height in which a point may belong to what hangs"""
FEWEST_LEFT = 6
"""points"""
BASELINE_FORCE = 10.0
"""N"""
LOWEST_GRASP = 0.016
"""m, the grasp centre's height with the pads just above the table"""


@dataclass(frozen=True)
class Cylinder:
    """m in the world frame; `yaw` is the direction in which the object is longest."""

    x: float
    y: float
    radius: float
    height: float
    yaw: float

    def grasp(self, yaw: float | None = None) -> GripperPose:
        """The middle of the cylinder, turned by `yaw`; without it the pads close across the long direction.

        A cylinder has no direction of its own: the paper's baseline keeps the turn that the gripper came with.
        """
        turn = self.yaw if yaw is None else wrap_yaw(yaw)
        return GripperPose(self.x, self.y, max(self.height / 2, LOWEST_GRASP), turn)


def fit_cylinder(depth: NDArray[np.floating], camera: Camera, step: int = 1) -> Cylinder | None:
    """Fit to a depth image taken at every `step`-th pixel (m along the optical axis); None where the table is empty."""
    points = _points(depth, camera, step)
    points = points[(points[:, 2] > LOWEST) & (points[:, 2] < REACH)]
    points = points[np.hypot(points[:, 0], points[:, 1]) < REACH]
    if len(points) < FEWEST:
        return None
    flat = points[:, :2]
    middle = np.median(flat, axis=0)
    _, axes = np.linalg.eigh(np.cov((flat - middle).T))
    along = (flat - middle) @ axes  # last column: the longest direction
    low, high = np.quantile(along, [0.01, 0.99], axis=0)
    centre = middle + axes @ ((low + high) / 2)
    return Cylinder(
        x=float(centre[0]),
        y=float(centre[1]),
        radius=float((high - low).max() / 2),
        height=float(np.quantile(points[:, 2], 0.99)),
        yaw=wrap_yaw(math.atan2(axes[1, 1], axes[0, 1])),
    )


def left_behind(
    depth: NDArray[np.floating], camera: Camera, pose: GripperPose, height: float, step: int = 1
) -> bool:
    """Return whether something near the gripper stands on the table although the gripper has risen by `height` m.

    The depth image is as for :func:`fit_cylinder`. What hangs in the gripper leaves a gap above the table; an object
    along which the pads slid does not.
    """
    points = _points(depth, camera, step)
    near = np.hypot(points[:, 0] - pose.x, points[:, 1] - pose.y) < NEAR
    return int((near & (points[:, 2] > LOWEST) & (points[:, 2] < height - BLUR)).sum()) >= FEWEST_LEFT


def _points(depth: NDArray[np.floating], camera: Camera, step: int) -> NDArray[np.float64]:
    """``(n, 3)`` m in the world frame, of the pixels that see anything."""
    seen = np.isfinite(depth)
    points: NDArray[np.float64] = camera.points(np.where(seen, depth, 0.0), step)[seen]
    return points
