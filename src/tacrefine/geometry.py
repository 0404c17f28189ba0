"""Pose coordinates and poses, on SciPy's ``Rotation`` and ``RigidTransform``.

*Pose coordinates* ``(x, y, z, rx, ry, rz)`` (m, rad) are the pose of the hand's grasp-centre frame in the
object's grasp frame, the rotation as a rotation vector. Poses are taken at the grasp centre, not at the palm:
turning about the palm would swing the fingertips by 12 mm at 10 degrees.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import RigidTransform, Rotation

AXES = ("x", "y", "z", "roll", "pitch", "yaw")

__all__ = [
    "AXES",
    "HasGraspCentre",
    "RigidTransform",
    "Rotation",
    "between",
    "error_between",
    "from_coordinates",
    "from_matrix",
    "matrix_between",
    "matrix_error",
    "rotation_vector",
    "to_coordinates",
    "transform",
]


class HasGraspCentre(Protocol):
    """What is needed of a hand to turn poses of its wrist into poses of its grasp centre, and back."""

    wrist_from_centre: RigidTransform
    centre_from_wrist: RigidTransform


def transform(
    position: ArrayLike = (0.0, 0.0, 0.0), rotation_vector: ArrayLike = (0.0, 0.0, 0.0)
) -> RigidTransform:
    """A pose from a position (m) and a rotation vector (rad)."""
    return RigidTransform.from_components(np.asarray(position, float), Rotation.from_rotvec(rotation_vector))


def from_coordinates(coordinates: ArrayLike) -> RigidTransform:
    """Pose coordinates ``(..., 6)`` in m and rad to a pose (or a batch of poses)."""
    x = np.asarray(coordinates, float)
    return RigidTransform.from_components(x[..., :3], Rotation.from_rotvec(x[..., 3:]))


def to_coordinates(pose: RigidTransform) -> NDArray[np.float64]:
    """Inverse of :func:`from_coordinates`: ``(..., 6)`` in m and rad, rotation angle in [0, pi]."""
    return np.concatenate([pose.translation, pose.rotation.as_rotvec()], axis=-1)


def error_between(a: RigidTransform, b: RigidTransform) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of the origins (m) and angle between the rotations (rad) of two poses or batches."""
    return matrix_error(a.as_matrix(), b.as_matrix())


def matrix_error(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same for pose matrices ``(..., 4, 4)``: a hundred times as fast, for what runs with every message."""
    turn = np.swapaxes(a[..., :3, :3], -1, -2) @ b[..., :3, :3]
    sine = np.stack(
        [
            turn[..., 2, 1] - turn[..., 1, 2],
            turn[..., 0, 2] - turn[..., 2, 0],
            turn[..., 1, 0] - turn[..., 0, 1],
        ],
        axis=-1,
    )
    cosine = turn[..., 0, 0] + turn[..., 1, 1] + turn[..., 2, 2] - 1.0
    angle = np.arctan2(np.linalg.norm(sine, axis=-1), cosine)
    return np.linalg.norm(a[..., :3, 3] - b[..., :3, 3], axis=-1), angle


def between(start: RigidTransform, end: RigidTransform, fraction: float) -> RigidTransform:
    """The pose at `fraction` (0..1) of the way: origin on a straight line, turning about one axis."""
    return from_matrix(matrix_between(start.as_matrix(), end.as_matrix(), fraction))


def matrix_between(
    start: NDArray[np.float64], end: NDArray[np.float64], fraction: float
) -> NDArray[np.float64]:
    """The same for pose matrices (4, 4)."""
    turn = fraction * rotation_vector(start[:3, :3].T @ end[:3, :3])
    pose = np.eye(4)
    pose[:3, 3] = start[:3, 3] + fraction * (end[:3, 3] - start[:3, 3])
    pose[:3, :3] = start[:3, :3] @ Rotation.from_rotvec(turn).as_matrix()
    return pose


def from_matrix(matrix: NDArray[np.float64]) -> RigidTransform:
    """A pose from a matrix (4, 4) that is known to be one: products of poses, not numbers from elsewhere."""
    return RigidTransform(matrix, normalize=False, copy=False)


def rotation_vector(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation vector (3,) rad of a rotation matrix (3, 3) that is known to be one."""
    return Rotation.from_matrix(turn, assume_valid=True).as_rotvec()
