"""Poses: matrices and plain quaternions give what SciPy's own objects give."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.geometry import (
    RigidTransform,
    Rotation,
    between,
    coordinate_matrices,
    cross_matrix,
    error_between,
    from_coordinates,
    from_matrix,
    from_quaternion,
    inverse_matrices,
    matrix_coordinates,
    mean_pose,
    quaternion_conjugate,
    quaternion_from_vector,
    quaternion_product,
    rotated,
    to_coordinates,
    transform,
    wxyz,
)

RNG = np.random.default_rng(0)
COORDINATES = RNG.uniform(-1.5, 1.5, (20, 6))
POSES = from_coordinates(COORDINATES)


def test_coordinates_become_matrices_and_back() -> None:
    matrices = coordinate_matrices(COORDINATES.reshape(4, 5, 6))
    np.testing.assert_allclose(matrices.reshape(20, 4, 4), POSES.as_matrix(), atol=1e-14)
    np.testing.assert_allclose(matrix_coordinates(matrices.reshape(20, 4, 4)), COORDINATES, atol=1e-12)
    np.testing.assert_allclose(to_coordinates(POSES), COORDINATES, atol=1e-12)
    np.testing.assert_allclose(inverse_matrices(matrices[0]), POSES[:5].inv().as_matrix(), atol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-5, 0.0])
def test_plain_quaternions_are_scipys(scale: float) -> None:
    for a, b in zip(scale * COORDINATES[:10], scale * COORDINATES[10:], strict=True):
        first, second = (Rotation.from_rotvec(x[3:]) for x in (a, b))
        p, q = (quaternion_from_vector(*x[3:]) for x in (a, b))
        np.testing.assert_allclose(p, first.as_quat(), atol=1e-14)
        np.testing.assert_allclose(quaternion_conjugate(p), first.inv().as_quat(), atol=1e-14)
        turned = Rotation.from_quat(quaternion_product(p, q))
        assert (turned * (first * second).inv()).magnitude() < 1e-12
        np.testing.assert_allclose(rotated(p, tuple(b[:3])), first.apply(b[:3]), atol=1e-14)


def test_quaternions_are_read_in_either_order() -> None:
    for pose in POSES[:3]:
        x, y, z, w = pose.rotation.as_quat()
        for again in (
            from_quaternion(pose.translation, (x, y, z, w)),
            from_quaternion(pose.translation, wxyz(pose), scalar_first=True),
        ):
            np.testing.assert_allclose(again.as_matrix(), pose.as_matrix(), atol=1e-14)


def test_a_pose_between_two_lies_on_the_line_and_turns_about_one_axis() -> None:
    start, end = transform((0, 0, 0), (0, 0, 0.2)), transform((0.1, 0, 0), (0, 0, 1.0))
    middle = between(start, end, 0.25)
    np.testing.assert_allclose(to_coordinates(middle), [0.025, 0, 0, 0, 0, 0.4], atol=1e-12)
    metres, radians = error_between(middle, end)
    assert (metres, radians) == pytest.approx((0.075, 0.6))


def test_the_mean_of_poses_lies_between_them() -> None:
    poses = [transform((x, 0.0, 0.1), (0.0, x, 0.0)) for x in (-0.2, 0.0, 0.2, 0.4)]
    np.testing.assert_allclose(to_coordinates(mean_pose(poses)), [0.1, 0, 0.1, 0, 0.1, 0], atol=1e-9)


def test_the_cross_matrix_takes_cross_products_and_matrices_are_taken_as_they_are() -> None:
    a, b = COORDINATES[0, :3], COORDINATES[1, :3]
    np.testing.assert_allclose(cross_matrix(a) @ b, np.cross(a, b), atol=1e-15)
    assert isinstance(from_matrix(np.eye(4)), RigidTransform)
