"""Triangles cut by planes, and hulls of what is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

Array = NDArray[np.float64]
ON_PLANE = 1e-7
"""m"""
THINNEST = 1e-6
"""m: what is thinner has no hull"""


class Plane(NamedTuple):
    """Points with ``normal @ x == offset`` (m)."""

    normal: tuple[float, float, float]
    offset: float


def heights(points: Array, plane: Plane) -> Array:
    """Distances (m) of points above a plane, zero where they lie on it by rounding."""
    above = points @ np.array(plane.normal) - plane.offset
    return np.where(np.abs(above) < ON_PLANE, 0.0, above)


def crossings(triangles: Array, above: Array) -> Array:
    """(N, 3) where the sides of triangles (T, 3, 3), with corners ``above`` (T, 3) a plane, cross that plane."""
    following, next_above = np.roll(triangles, -1, axis=1), np.roll(above, -1, axis=1)
    crossed = above * next_above < 0
    a, b = triangles[crossed], following[crossed]
    share = above[crossed] / (above[crossed] - next_above[crossed])
    return np.asarray(a + share[:, None] * (b - a))


def split(triangles: Array, plane: Plane) -> tuple[Array, Array]:
    """What of triangles (T, 3, 3) lies below and above a plane. Those within it go to where the solid is."""
    above = heights(triangles, plane)
    has_low, has_high = (above < 0).any(1), (above > 0).any(1)
    flat = ~has_low & ~has_high
    a, b, c = triangles[flat].transpose(1, 0, 2)
    solid_below = np.cross(b - a, c - a) @ np.array(plane.normal) > 0
    cut = has_low & has_high
    low = [triangles[has_low & ~has_high], triangles[flat][solid_below]]
    high = [triangles[has_high & ~has_low], triangles[flat][~solid_below]]
    # Turned so that the corner which is alone on its side comes first; corners on the plane count as above.
    tri, h = triangles[cut], above[cut]
    is_low = h < 0
    alone_low = is_low.sum(1) == 1
    first = np.where(alone_low, is_low.argmax(1), (~is_low).argmax(1))
    turned = (first[:, None] + np.arange(3)) % 3
    p = np.take_along_axis(tri, turned[:, :, None], 1)
    g = np.take_along_axis(h, turned, 1)
    p01 = p[:, 0] + (g[:, 0] / (g[:, 0] - g[:, 1]))[:, None] * (p[:, 1] - p[:, 0])
    p02 = p[:, 0] + (g[:, 0] / (g[:, 0] - g[:, 2]))[:, None] * (p[:, 2] - p[:, 0])
    tip = np.stack([p[:, 0], p01, p02], 1)
    base = np.concatenate([np.stack([p01, p[:, 1], p[:, 2]], 1), np.stack([p01, p[:, 2], p02], 1)])
    low += [tip[alone_low], base[np.tile(~alone_low, 2)]]
    high += [tip[~alone_low], base[np.tile(alone_low, 2)]]
    return np.concatenate(low), np.concatenate(high)


def hull_of(points: Array) -> ConvexHull | None:
    """The convex hull of points; None where they lie in a plane."""
    if len(points) < 4 or np.ptp(points, axis=0).min() < THINNEST:
        return None
    try:
        return ConvexHull(points)
    except (QhullError, ValueError):
        return None


def hull_volume(points: Array) -> float:
    """Volume of the convex hull of points, m^3."""
    hull = hull_of(points)
    return float(hull.volume) if hull is not None else 0.0
