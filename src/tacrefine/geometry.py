"""Poses, and all arithmetic with them, on SciPy's ``Rotation`` and ``RigidTransform``.

*Pose coordinates* ``(x, y, z, rx, ry, rz)`` (m, rad) are the pose of the hand's grasp-centre frame in the
object's grasp frame, the rotation as a rotation vector. Poses are taken at the grasp centre, not at the palm:
turning about the palm would swing the fingertips by 12 mm at 10 degrees.

SciPy takes 10 to 200 us for each small object. What runs with every message or in the control loop therefore works on
pose matrices, or on quaternions (x y z w) in plain floats; both kinds stand here too, with the same numbers. Compiled
kernels (:mod:`tacrefine.sim.quasistatic`) have their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import RigidTransform, Rotation

AXES = ("x", "y", "z", "roll", "pitch", "yaw")

Triple = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w of a rotation"""

__all__ = [
    "AXES",
    "HasGraspCentre",
    "Quaternion",
    "RigidTransform",
    "Rotation",
    "Triple",
    "between",
    "coordinate_matrices",
    "cross_matrix",
    "error_between",
    "from_coordinates",
    "from_matrix",
    "from_quaternion",
    "inverse_matrices",
    "matrix_between",
    "matrix_coordinates",
    "matrix_error",
    "mean_pose",
    "quaternion_conjugate",
    "quaternion_from_vector",
    "quaternion_product",
    "rotated",
    "rotation_vector",
    "to_coordinates",
    "transform",
    "wxyz",
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


def from_quaternion(position: ArrayLike, quaternion: ArrayLike, scalar_first: bool = False) -> RigidTransform:
    """A pose from a position (m) and a quaternion: x y z w, or w x y z with `scalar_first`, as MuJoCo has it."""
    rotation = Rotation.from_quat(quaternion, scalar_first=scalar_first)
    return RigidTransform.from_components(np.asarray(position, float), rotation)


def wxyz(pose: RigidTransform) -> NDArray[np.float64]:
    """Rotation of a pose as a quaternion in MuJoCo's order w x y z."""
    return pose.rotation.as_quat(scalar_first=True)


def mean_pose(poses: Sequence[RigidTransform]) -> RigidTransform:
    """The pose at the mean of the origins, with the mean of the rotations."""
    position = np.mean([pose.translation for pose in poses], axis=0)
    turns = Rotation.from_quat(np.stack([pose.rotation.as_quat() for pose in poses]))
    return RigidTransform.from_components(position, turns.mean())


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
    if a.ndim == b.ndim == 2:
        return _single_error(a, b)
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


def _single_error(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[Any, Any]:
    """The same for two matrices (4, 4) in plain floats: NumPy takes longer to begin than this does in all."""
    (t00, t01, t02), (t10, t11, t12), (t20, t21, t22) = (a[:3, :3].T @ b[:3, :3]).tolist()
    x, y, z = t21 - t12, t02 - t20, t10 - t01
    dx, dy, dz = (a[:3, 3] - b[:3, 3]).tolist()
    angle = math.atan2(math.sqrt(x * x + y * y + z * z), t00 + t11 + t22 - 1.0)
    return np.float64(math.sqrt(dx * dx + dy * dy + dz * dz)), np.float64(angle)


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


def coordinate_matrices(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """As :func:`from_coordinates`, as pose matrices: ``(..., 6)`` in m and rad to ``(..., 4, 4)``."""
    poses = np.zeros((*coordinates.shape[:-1], 4, 4))
    turns = Rotation.from_rotvec(coordinates[..., 3:].reshape(-1, 3)).as_matrix()
    poses[..., :3, :3] = turns.reshape(*coordinates.shape[:-1], 3, 3)
    poses[..., :3, 3] = coordinates[..., :3]
    poses[..., 3, 3] = 1.0
    return poses


def matrix_coordinates(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """As :func:`to_coordinates`, of pose matrices: ``(n, 4, 4)`` to ``(n, 6)`` in m and rad."""
    turns = Rotation.from_matrix(poses[:, :3, :3]).as_rotvec()
    return np.concatenate([poses[:, :3, 3], turns], axis=1)


def inverse_matrices(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverses of pose matrices ``(..., 4, 4)``."""
    inverse = np.zeros_like(poses)
    turn = np.swapaxes(poses[..., :3, :3], -1, -2)
    inverse[..., :3, :3] = turn
    inverse[..., :3, 3] = -(turn @ poses[..., :3, 3:])[..., 0]
    inverse[..., 3, 3] = 1.0
    return inverse


def cross_matrix(vector: ArrayLike) -> NDArray[np.float64]:
    """The matrix (3, 3) that takes a vector to its cross product from the left with `vector` (3,)."""
    x, y, z = np.asarray(vector, float)
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def quaternion_from_vector(x: float, y: float, z: float) -> Quaternion:
    """Of a rotation vector, rad."""
    angle = math.sqrt(x * x + y * y + z * z)
    share = 0.5 - angle * angle / 48.0 if angle < 1e-4 else math.sin(0.5 * angle) / angle
    return x * share, y * share, z * share, math.cos(0.5 * angle)


def quaternion_conjugate(q: Quaternion) -> Quaternion:
    """The inverse of a unit quaternion."""
    return -q[0], -q[1], -q[2], q[3]


def quaternion_product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation `b`, then `a`."""
    return (
        a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
        a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
        a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
        a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
    )


def rotated(q: Quaternion, vector: Triple) -> Triple:
    """A vector turned by a unit quaternion."""
    x, y, z, _ = quaternion_product(quaternion_product(q, (*vector, 0.0)), quaternion_conjugate(q))
    return x, y, z
