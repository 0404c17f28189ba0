"""Poses as matrices ``(4, 4)``: twenty pictures a second leave no time for objects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.touch.adapters.wrist import is_pose

Array = NDArray[np.float64]


def pose_matrix(numbers: Array) -> Array:
    """The pose of position (m) and quaternion x y z w ``(7,)``; ValueError where they are none."""
    if not is_pose(numbers):
        raise ValueError("holds no finite position with a unit quaternion")
    px, py, pz, x, y, z, w = numbers.tolist()
    s = 2.0 / (x * x + y * y + z * z + w * w)
    return np.array(
        [
            [1.0 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y), px],
            [s * (x * y + w * z), 1.0 - s * (x * x + z * z), s * (y * z - w * x), py],
            [s * (x * z - w * y), s * (y * z + w * x), 1.0 - s * (x * x + y * y), pz],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def quaternion(pose: Array) -> Any:
    """Its rotation as a quaternion ``(4,)`` w x y z."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_matrix(pose[:3, :3], assume_valid=True).as_quat(scalar_first=True)
