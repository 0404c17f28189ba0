"""Colours of pressure, sizes of taxels, and what a covariance looks like."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from tacrefine.geometry import RigidTransform, Rotation
from tacrefine.hands import Pad

LEVELS = 32
_STOPS = np.array([(225, 228, 232), (255, 209, 92), (240, 110, 40), (178, 24, 43), (90, 0, 40)]) / 255.0
PALETTE: NDArray[np.float64] = np.stack(
    [np.interp(np.linspace(0, 1, LEVELS), np.linspace(0, 1, len(_STOPS)), column) for column in _STOPS.T], 1
)
"""(LEVELS, 3) red, green, blue from nothing to most; one more step stands for dead taxels"""
DEAD = (0.62, 0.79, 0.88)
SIGMAS = 2.0
"""standard deviations from the middle of an ellipsoid to its skin"""
LEAST_SEMIAXIS = 1e-4
ALONE = 0.004
"""m, diameter of the one taxel of a pad"""


def levels(values: NDArray[np.floating], top: float) -> NDArray[np.int64]:
    """Step of the palette for readings (T,); `top` and more are the last colour, NaN is step LEVELS: dead."""
    steps = np.clip(np.nan_to_num(values) * ((LEVELS - 1) / top), 0, LEVELS - 1).round().astype(np.int64)
    steps[np.isnan(values)] = LEVELS
    return steps


def taxel_size(pad: Pad) -> float:
    """Diameter, m, at which the taxels of a pad just do not touch each other."""
    if len(pad.points) < 2:
        return ALONE
    distances, _ = cKDTree(pad.points).query(pad.points, k=2)
    return float(0.9 * np.median(distances[:, 1]))


def beside(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where to draw a second hand beside the first: an offset (3,) m in the wrist's frame, from its taxels' places."""
    width = np.ptp(places, axis=0)
    return np.array([0.0, float(width[1]) + 0.06, 0.0])


def covariance(centre: RigidTransform, deviation: ArrayLike) -> NDArray[np.float64]:
    """Covariance (6, 6) about the fixed axes of the frame that `centre` stands in.

    `deviation` (6,) are standard deviations along and about the axes of `centre`, m and rad.
    """
    turn, squares = centre.rotation.as_matrix(), np.asarray(deviation, float) ** 2
    matrix = np.zeros((6, 6))
    for part in (slice(0, 3), slice(3, 6)):
        matrix[part, part] = turn @ np.diag(squares[part]) @ turn.T
    return matrix


def ellipsoid(position: NDArray[np.float64]) -> tuple[Rotation, NDArray[np.float64]]:
    """Orientation and diameters (3,) m of the ellipsoid of a covariance of position (3, 3) m^2."""
    squares, axes = np.linalg.eigh(position)
    if np.linalg.det(axes) < 0.0:
        axes[:, 0] = -axes[:, 0]
    semiaxes = SIGMAS * np.sqrt(np.clip(squares, 0.0, None))
    return Rotation.from_matrix(axes), 2.0 * np.maximum(semiaxes, LEAST_SEMIAXIS)
