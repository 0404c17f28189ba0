"""The geometry of the RGB-D camera: where it stands, which ray a pixel is, and the crop around the gripper.

Axes of the camera: x to the right of the image, y down, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from tacrefine.gripper import CAMERA_SIZE, GripperPose

Image = NDArray[np.uint8]
CROP_HEIGHT = 0.05
"""m above the table: the point under the gripper that is the middle of a crop"""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera at `position` (m, world) that looks at `target`."""

    position: tuple[float, float, float] = (0.56, 0.0, 0.42)
    target: tuple[float, float, float] = (0.0, 0.0, 0.04)
    height: int = 180
    width: int = 240
    focal: float = 265.0
    """pixels"""

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """``(3, 3)`` rows: the camera's x, y, z in the world."""
        forward = np.subtract(self.target, self.position)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    @cached_property
    def quaternion(self) -> NDArray[np.float64]:
        """MuJoCo's w x y z; its cameras look along -z with y up."""
        return Rotation.from_matrix((self.axes * np.array([[1.0], [-1.0], [-1.0]])).T).as_quat(
            scalar_first=True
        )

    def rays(self, rows: NDArray[np.int_], columns: NDArray[np.int_]) -> NDArray[np.float64]:
        """``(len(rows), len(columns), 3)`` directions in the world through pixel centres, z forward = 1."""
        y = (rows + 0.5 - self.height / 2) / self.focal
        x = (columns + 0.5 - self.width / 2) / self.focal
        seen = np.stack([*np.broadcast_arrays(x[None, :], y[:, None]), np.ones((len(y), len(x)))], -1)
        return seen @ self.axes

    def project(self, point: NDArray[np.float64]) -> tuple[float, float]:
        """Row and column (pixels, not rounded) of a world point (m)."""
        x, y, z = self.axes @ (point - np.array(self.position))
        return self.height / 2 + self.focal * y / z - 0.5, self.width / 2 + self.focal * x / z - 0.5

    def points(self, depth: NDArray[np.floating], step: int = 1) -> NDArray[np.float64]:
        """World points ``(H, W, 3)`` m of a depth image taken at every `step`-th pixel."""
        rows, columns = np.arange(0, self.height, step), np.arange(0, self.width, step)
        return np.array(self.position) + self.rays(rows, columns) * depth[..., None]

    def crop(self, pose: GripperPose, size: tuple[int, int] = CAMERA_SIZE) -> tuple[int, int]:
        """First row and column of the crop around a gripper: moved inward where it would leave the image."""
        row, column = self.project(np.array([pose.x, pose.y, CROP_HEIGHT]))
        first = (round(row) - size[0] // 2, round(column) - size[1] // 2)
        return (
            min(max(first[0], 0), self.height - size[0]),
            min(max(first[1], 0), self.width - size[1]),
        )

    def cut(self, image: Image, pose: GripperPose, size: tuple[int, int] = CAMERA_SIZE) -> Image:
        """The crop ``(*size, 3)`` around a gripper out of a whole image."""
        row, column = self.crop(pose, size)
        return np.ascontiguousarray(image[row : row + size[0], column : column + size[1]])
