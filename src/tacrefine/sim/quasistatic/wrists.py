"""Wrist poses of a batch, as the arrays that the solver reads.

The same arithmetic as in :mod:`tacrefine.geometry`, compiled: a batch of SciPy's poses would cost more than a grasp.
"""

from __future__ import annotations

from math import cos, sin, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform
from tacrefine.sim.quasistatic.distance import OPTIONS


class Wrists(NamedTuple):
    """Wrists in the objects' own frames."""

    rotation: NDArray[np.float64]
    """(N, 3, 3)"""
    position: NDArray[np.float64]
    """(N, 3) m"""


@njit(**OPTIONS)
def _place(poses, turn, shift, centres, rotation, position):
    for n in range(len(poses)):
        a, b, c = poses[n, 3], poses[n, 4], poses[n, 5]
        square = a * a + b * b + c * c
        angle = sqrt(square)
        # sin(t)/t and (1 - cos(t))/t^2, by their series where the quotients would lose digits.
        if angle > 1e-4:
            f = sin(angle) / angle
            g = (1.0 - cos(angle)) / square
        else:
            f = 1.0 - square / 6.0
            g = 0.5 - square / 24.0
        m = (
            (1.0 - g * (b * b + c * c), g * a * b - f * c, g * a * c + f * b),
            (g * a * b + f * c, 1.0 - g * (a * a + c * c), g * b * c - f * a),
            (g * a * c - f * b, g * b * c + f * a, 1.0 - g * (a * a + b * b)),
        )
        for i in range(3):
            r = m[i]
            for j in range(3):
                rotation[n, i, j] = r[0] * turn[0, j] + r[1] * turn[1, j] + r[2] * turn[2, j]
            position[n, i] = poses[n, i] + r[0] * shift[0] + r[1] * shift[1] + r[2] * shift[2] - centres[n, i]


class WristPlacer:
    """Wrists of pose coordinates, for a hand whose wrist lies at ``centre_from_wrist`` (m)."""

    def __init__(self, centre_from_wrist: RigidTransform) -> None:
        self._turn = np.ascontiguousarray(centre_from_wrist.rotation.as_matrix())
        self._shift = np.array(centre_from_wrist.translation)

    def __call__(self, poses: NDArray[np.float64], centres: NDArray[np.float64]) -> Wrists:
        """Wrists of ``(N, 6)`` pose coordinates (m, rad) about solids whose own frames lie at ``(N, 3)`` m."""
        wrists = Wrists(np.empty((len(poses), 3, 3)), np.empty((len(poses), 3)))
        _place(
            np.ascontiguousarray(poses), self._turn, self._shift, centres, wrists.rotation, wrists.position
        )
        return wrists
