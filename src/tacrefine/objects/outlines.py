"""Closed outlines in a plane: convexity, and signed distances of points from them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field

from tacrefine.config import Coordinate

Point2 = tuple[float, float]
MOST_CORNERS = 512
BLOCK = 8192
"""points at a time: what is computed for them stays in the processor's cache"""


def _points(value: object) -> object:
    """Accept YAML lists as tuples, leave the rest to pydantic."""
    if not isinstance(value, list):
        return value
    return tuple(tuple(point) if isinstance(point, list) else point for point in value)


def _counter_clockwise(outline: tuple[Point2, ...]) -> tuple[Point2, ...]:
    """The same convex outline, turned to run counter-clockwise; raises ValueError for any other."""
    points = np.array(outline, float)
    if len(points) < 3:
        raise ValueError("an outline needs at least three points")
    edges = np.roll(points, -1, axis=0) - points
    after = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    winding = np.arctan2(turns, (edges * after).sum(1)).sum()
    if not ((turns > 0).all() or (turns < 0).all()) or abs(abs(winding) - 2 * np.pi) > 1e-6:
        raise ValueError(
            "an outline must be convex, without repeated points or three in line; join parts by a union"
        )
    return outline if turns[0] > 0 else outline[::-1]


Outline = Annotated[
    tuple[tuple[Coordinate, Coordinate], ...],
    Field(max_length=MOST_CORNERS),
    BeforeValidator(_points),
    AfterValidator(_counter_clockwise),
]
"""Corners (m) of a convex polygon"""


def distance_from_outline(
    outline: tuple[Point2, ...], u: NDArray[np.float64], v: NDArray[np.float64], skip_axis: bool = False
) -> NDArray[np.float64]:
    """Signed distances (m, negative inside) of points ``u, v`` from a counter-clockwise convex polygon.

    With ``skip_axis`` the edges on ``u = 0`` are no surface: there a profile meets its own mirror image.
    """
    edges = [
        (u0, v0, u1 - u0, v1 - v0, float(np.hypot(u1 - u0, v1 - v0)))
        for (u0, v0), (u1, v1) in zip(outline, (*outline[1:], outline[0]), strict=True)
        if not (skip_axis and u0 == 0.0 and u1 == 0.0)
    ]
    points = [np.ascontiguousarray(array).ravel() for array in np.broadcast_arrays(u, v)]
    distances = np.empty(points[0].shape)
    for start in range(0, len(distances), BLOCK):
        part = slice(start, start + BLOCK)
        distances[part] = _distances(edges, points[0][part], points[1][part])
    return distances.reshape(np.broadcast_shapes(u.shape, v.shape))


def _distances(
    edges: list[tuple[float, float, float, float, float]], u: NDArray[np.float64], v: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same of a block of points from edges: corner, direction and length."""
    squared, inside = np.full(u.shape, np.inf), np.full(u.shape, -np.inf)
    for u0, v0, du, dv, length in edges:
        pu, pv = u - u0, v - v0
        along = np.clip((pu * du + pv * dv) / length**2, 0.0, 1.0)
        np.minimum(squared, (pu - along * du) ** 2 + (pv - along * dv) ** 2, out=squared)
        np.maximum(inside, (pu * dv - pv * du) / length, out=inside)
    return np.where(inside > 0.0, np.sqrt(squared), inside)


__all__ = ["Outline", "Point2", "distance_from_outline"]
