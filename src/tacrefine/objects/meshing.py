"""Mesh files to distances and convex parts, with trimesh, libigl and CoACD: the extra ``mesh``."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import quoted
from tacrefine.errors import ConfigError
from tacrefine.objects.gridded import Parts
from tacrefine.objects.grids import NEAR, Axes, Corners, Gradients, make_grids

if TYPE_CHECKING:
    from tacrefine.objects.mesh import Measured, Mesh

SPACING = 2e-3
"""m, about, between the points at which distances are measured first"""
EXACT = NEAR.margin
"""m from the surface within which every point of a grid is measured"""
ON_SURFACE = 1e-9
"""m: so near, away from the surface is its normal"""
SHORTEST, LONGEST = 1e-3, 2.0
"""m: a part that is smaller or larger was drawn in other units"""
MOST_PARTS = 64
MOST_TRIANGLES = 2_000_000
CONCAVITY = 0.02
"""of a convex part, as a share of the solid's size"""


def read_mesh(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices (V, 3) in the grasp frame (m) and triangles (F, 3) of a mesh that is checked to be closed.

    Raises ConfigError with one sentence where the file is no mesh, or where its surface has holes or no inside.
    """
    trimesh = _package("trimesh")
    try:
        # From memory: what an OBJ says of further files (materials, images) leads nowhere.
        content, kind = io.BytesIO(mesh.file.read_bytes()), mesh.file.suffix.lower().removeprefix(".")
        read = trimesh.load(content, file_type=kind, force="mesh", process=True)
        found = len(read.faces)
    except Exception as error:  # trimesh's readers raise what they like
        first = quoted(error) or type(error).__name__
        raise ConfigError(f"{mesh.file}: not a mesh that can be read ({first}); STL and OBJ are.") from error
    if found > MOST_TRIANGLES:
        raise ConfigError(
            f"{mesh.file}: has {found} triangles; allowed are {MOST_TRIANGLES}, simplify it first."
        )
    if not np.isfinite(read.vertices).all():
        raise ConfigError(f"{mesh.file}: has corners that are no finite numbers; export it again.")
    if found == 0:
        raise ConfigError(f"{mesh.file}: the mesh has no triangles.")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    if not read.is_watertight:
        once = np.unique(np.sort(read.edges, axis=1), axis=0, return_counts=True)[1]
        raise ConfigError(
            f"{mesh.file}: the mesh is not closed ({int((once != 2).sum())} of {len(once)} edges do not join "
            "exactly two triangles); only a closed surface has an inside."
        )
    if not read.is_winding_consistent:
        raise ConfigError(f"{mesh.file}: the mesh's triangles do not all face outwards; repair it first.")
    if read.volume < 0:
        read.invert()
    return mesh.placed(np.asarray(read.vertices, float)), np.asarray(read.faces, np.int64)


@dataclass(frozen=True)
class _Surface:
    """A closed surface that can be sampled."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    @property
    def bounds(self) -> Corners:
        low, high = self.vertices.min(0), self.vertices.max(0)
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Coarsely everywhere, and exactly at every point near the surface."""
        values, near, points = self._roughly(axes)
        values[near] = self._nearest(points[near])[0]
        return values.reshape([len(axis) for axis in axes])

    def sample_gradients(self, axes: Axes) -> Gradients:
        """The same with gradients: from a near point straight away from the nearest one of the surface."""
        values, near, points = self._roughly(axes)
        shape = [len(axis) for axis in axes]
        gradient = np.array(np.gradient(values.reshape(shape), *axes)).reshape(3, -1)
        values[near], face, closest = self._nearest(points[near])
        away = np.sign(values[near])[:, None] * (points[near] - closest)
        on = np.linalg.norm(away, axis=1) < ON_SURFACE
        a, b, c = self.vertices[self.faces[face[on]]].transpose(1, 0, 2)
        away[on] = np.cross(b - a, c - a)
        gradient[:, near] = (away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-30)).T
        return values.reshape(shape), gradient.reshape([3, *shape])

    def _roughly(self, axes: Axes) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
        """Rough distances at all points of a grid, which of these want exact ones, and the points ``(N, 3)``."""
        from scipy.interpolate import RegularGridInterpolator

        x, y, z = (_thinned(axis) for axis in axes)
        shape = [len(axis) for axis in (x, y, z)]
        rough = RegularGridInterpolator((x, y, z), self._nearest(_points((x, y, z)))[0].reshape(shape))
        points = _points(axes)
        values = np.asarray(rough(points), float)
        return values, np.abs(values) < EXACT + SPACING, points

    def _nearest(self, points: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Signed distances (N,), and face (N,) and place (N, 3) of the nearest point of the surface."""
        igl = _package("igl")
        kind = igl.SIGNED_DISTANCE_TYPE_FAST_WINDING_NUMBER
        distance, face, closest, *_ = igl.signed_distance(points, self.vertices, self.faces, sign_type=kind)
        return np.asarray(distance), np.asarray(face), np.asarray(closest)


def _thinned(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Some of an axis' coordinates, about ``SPACING`` apart, its ends among them."""
    stride = max(1, round(SPACING / float(axis[1] - axis[0])))
    return np.append(axis[:-1:stride], axis[-1])


def _points(axes: Axes) -> NDArray[np.float64]:
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def measure(mesh: Mesh) -> Measured:
    """Distances within the hand's reach and convex parts of a mesh. Raises ConfigError with one sentence."""
    from tacrefine.objects.mesh import Measured

    vertices, faces = read_mesh(mesh)
    surface = _Surface(vertices, faces)
    longest = float(np.ptp(vertices, axis=0).max())
    if not SHORTEST <= longest <= LONGEST:
        raise ConfigError(
            f"{mesh.file}: with a scale of {mesh.scale:g} its longest side is {longest:.4g} m, "
            f"allowed are {SHORTEST:g} to {LONGEST:g} m; a file in millimetres needs a scale of 0.001."
        )
    try:
        grids = make_grids(surface)
    except ConfigError as error:
        raise ConfigError(f"{mesh.file}: {error}") from error
    return Measured(grids, _convex_parts(vertices, faces), surface.bounds)


def _convex_parts(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> Parts:
    trimesh = _package("trimesh")
    solid = trimesh.Trimesh(vertices, faces, process=False)
    if solid.is_convex:
        return [vertices]
    coacd = _package("coacd")
    coacd.set_log_level("error")
    parts = coacd.run_coacd(
        coacd.Mesh(vertices, faces), threshold=CONCAVITY, max_convex_hull=MOST_PARTS, seed=0
    )
    return [np.asarray(corners, float) for corners, _ in parts]


def _package(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"Reading a mesh needs the package {name}; install it with: pip install 'tacrefine[mesh]'."
        ) from error
