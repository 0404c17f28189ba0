"""Signed distances from a closed surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects.grids import NEAR, Axes, Corners, Gradients
from tacrefine.objects.surface.optional import package
from tacrefine.objects.surface.topology import edges_of

SPACING = 2e-3
"""m, about, between the points at which distances are measured first"""
EXACT = NEAR.margin
"""m from the surface within which every point of a grid is measured"""
ON_SURFACE = 1e-9
"""m: so near, away from the surface is its normal"""
FEW = 100
"""triangles up to which winding numbers decide what is inside; of more they would take minutes"""
PROBES = 2000
"""places at which the quick way has to agree with winding numbers"""
OVERLAP = 1.5
"""factor by which libigl stretches distances where bodies overlap, at least: there they are measured anew"""


@dataclass(frozen=True)
class ClosedSurface:
    """A closed surface in the grasp frame that can be sampled: vertices (V, 3) m and faces (F, 3)."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        low, high = self.vertices.min(0), self.vertices.max(0)
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points: coarsely everywhere, exactly at every point near the surface."""
        values, near, points = self._roughly(axes)
        values[near] = self._exactly(points[near], values[near])[0]
        return values.reshape([len(axis) for axis in axes])

    def sample_gradients(self, axes: Axes) -> Gradients:
        """The same with gradients: from a near point straight away from the nearest one of the surface."""
        values, near, points = self._roughly(axes)
        shape = [len(axis) for axis in axes]
        gradient = np.array(np.gradient(values.reshape(shape), *axes)).reshape(3, -1)
        values[near], face, closest = self._exactly(points[near], values[near])
        away = np.sign(values[near])[:, None] * (points[near] - closest)
        on = np.linalg.norm(away, axis=1) < ON_SURFACE
        a, b, c = self.vertices[self.faces[face[on]]].transpose(1, 0, 2)
        away[on] = np.cross(b - a, c - a)
        gradient[:, near] = (away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-30)).T
        return values.reshape(shape), gradient.reshape([3, *shape])

    def _exactly(
        self, points: NDArray[np.float64], rough: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """As :meth:`nearest`; where rough distances leave no doubt of the sign, it is theirs."""
        distance, face, closest = self.nearest(points)
        return np.where(np.abs(rough) > SPACING, np.copysign(distance, rough), distance), face, closest

    def _roughly(self, axes: Axes) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
        """Rough distances at all points of a grid, which of these want exact ones, and the points ``(N, 3)``."""
        from scipy.interpolate import RegularGridInterpolator

        x, y, z = (_thinned(axis) for axis in axes)
        shape = [len(axis) for axis in (x, y, z)]
        rough = RegularGridInterpolator(
            (x, y, z), self.by_winding_number(_points((x, y, z)))[0].reshape(shape)
        )
        points = _points(axes)
        values = np.asarray(rough(points), float)
        return values, np.abs(values) < EXACT + SPACING, points

    @cached_property
    def queries(self) -> RepeatedQueries | None:
        """The quick way to distances; None where it does not find the same signs, as where a surface cuts itself."""
        quick = RepeatedQueries(self)
        rng = np.random.default_rng(0)
        corners = self.vertices[self.faces[rng.integers(0, len(self.faces), PROBES)]]
        weight = rng.dirichlet([1.0, 1.0, 1.0], PROBES)
        points = np.einsum("ni,nij->nj", weight, corners) + 2 * EXACT * rng.uniform(-1.0, 1.0, (PROBES, 3))
        slow = self.by_winding_number(points)[0]
        alike = (np.sign(quick.nearest(points)[0]) == np.sign(slow)) | (np.abs(slow) < 1e-6)
        return quick if alike.all() else None

    def nearest(self, points: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Signed distance (N,) m, and face (N,) and place (N, 3) of the nearest point of the surface."""
        if len(self.faces) > FEW and self.queries is not None:
            return self.queries.nearest(points)
        return self.by_winding_number(points)

    def by_winding_number(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """As :meth:`nearest`, slowly: right for every surface, also deep within it."""
        igl = package("igl")
        kind = igl.SIGNED_DISTANCE_TYPE_FAST_WINDING_NUMBER
        distance, face, closest, *_ = igl.signed_distance(points, self.vertices, self.faces, sign_type=kind)
        distance, closest = np.asarray(distance), np.asarray(closest)
        true = np.linalg.norm(points - closest, axis=-1)
        distance = np.where(np.abs(distance) > OVERLAP * true, np.copysign(true, distance), distance)
        return distance, np.asarray(face), closest


class RepeatedQueries:
    """Signed distances of few points at a time, many times over: the search tree is built once.

    The sign is that of the surface's normal at the nearest point, which is right where a surface does not cut itself.
    """

    def __init__(self, surface: ClosedSurface) -> None:
        igl = package("igl")
        self._vertices, self._faces = surface.vertices, surface.faces
        self._tree = igl.AABB()
        self._tree.init(self._vertices, self._faces)
        a, b, c = self._vertices[self._faces].transpose(1, 0, 2)
        cross = np.cross(b - a, c - a)
        self._flat = cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)
        self._at_vertex = np.zeros_like(self._vertices)
        sides = np.stack([b - a, c - b, a - c], 1)
        unit = sides / np.maximum(np.linalg.norm(sides, axis=2, keepdims=True), 1e-300)
        angle = np.arccos(np.clip(-np.einsum("fki,fki->fk", unit, np.roll(unit, 1, axis=1)), -1.0, 1.0))
        np.add.at(self._at_vertex, self._faces, angle[:, :, None] * self._flat[:, None])
        edges = edges_of(self._faces)
        at_edge = np.zeros((len(edges.count), 3))
        np.add.at(at_edge, edges.of_side, np.tile(self._flat, (3, 1)))
        self._at_side = at_edge[edges.of_side.reshape(3, -1).T]

    def nearest(self, points: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Signed distance (N,) m, and face (N,) and place (N, 3) of the nearest point of the surface."""
        squared, face, closest = self._tree.squared_distance(self._vertices, self._faces, points)
        face, closest = np.asarray(face), np.asarray(closest)
        corners = self._vertices[self._faces[face]]
        lengths = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        rounding = 1e-6 * lengths.max(1)
        off_vertex = np.linalg.norm(corners - closest[:, None], axis=2)
        along = np.roll(corners, -1, axis=1) - corners
        off_side = np.linalg.norm(np.cross(along, closest[:, None] - corners), axis=2) / np.maximum(
            lengths, 1e-300
        )
        normal = self._flat[face].copy()
        side, corner = off_side.argmin(1), off_vertex.argmin(1)
        on_side, on_corner = off_side.min(1) < rounding, off_vertex.min(1) < rounding
        normal[on_side] = self._at_side[face[on_side], side[on_side]]
        normal[on_corner] = self._at_vertex[self._faces[face[on_corner], corner[on_corner]]]
        above = np.einsum("ij,ij->i", points - closest, normal)
        return np.copysign(np.sqrt(np.asarray(squared)), above), face, closest


def _thinned(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Some of an axis' coordinates, about ``SPACING`` apart, its ends among them."""
    stride = max(1, round(SPACING / float(axis[1] - axis[0])))
    return np.append(axis[:-1:stride], axis[-1])


def _points(axes: Axes) -> NDArray[np.float64]:
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
