"""Colours and ellipsoids."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.geometry import transform
from tacrefine.hands import load_hand
from tacrefine.scene.looks import DEAD, LEVELS, PALETTE, SIGMAS, covariance, ellipsoid, levels, taxel_size


def test_colours_go_from_nothing_to_most_and_tell_dead_taxels():
    assert levels(np.array([-0.1, 0.0, 0.25, 0.5, 3.0, np.nan]), top=0.5).tolist() == [
        0,
        0,
        round((LEVELS - 1) / 2),
        LEVELS - 1,
        LEVELS - 1,
        LEVELS,
    ]
    assert PALETTE.shape == (LEVELS, 3)
    assert not any(np.allclose(DEAD, colour, atol=0.05) for colour in PALETTE)


def test_taxels_are_drawn_as_large_as_they_lie_apart():
    assert taxel_size(load_hand().pads[0]) == pytest.approx(0.9 * 0.0011, rel=0.01)


def test_an_ellipsoid_points_along_the_axes_of_the_grasp():
    centre = transform((0.4, 0.1, 0.2), (0.3, -0.5, 1.0))
    matrix = covariance(centre, [0.001, 0.002, 0.004, 0.01, 0.02, 0.0])
    turn, diameters = ellipsoid(matrix[:3, :3])
    assert np.allclose(diameters, 2 * SIGMAS * np.array([0.001, 0.002, 0.004]))
    alignment = np.abs(turn.as_matrix().T @ centre.rotation.as_matrix())
    assert np.allclose(alignment, np.eye(3), atol=1e-6)
    assert np.isclose(np.linalg.det(turn.as_matrix()), 1.0)
    assert np.trace(matrix[3:, 3:]) == pytest.approx(0.01**2 + 0.02**2)


def test_what_is_known_exactly_is_still_seen():
    _, diameters = ellipsoid(np.zeros((3, 3)))
    assert (diameters > 0.0).all()
