"""Objects and bones as triangle meshes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects import GraspObject
from tacrefine.objects.shapes import Disk, Plate, Rod

Array = NDArray[np.float64]
Faces = NDArray[np.uint32]
TURNS = 24
"""corners of a circle"""


def object_mesh(item: GraspObject) -> tuple[Array, Faces]:
    """Corners ``(V, 3)`` m in the object's grasp frame, and triangles ``(F, 3)``; its convex parts where it has any."""
    shape = item.shape
    if isinstance(shape, Rod):
        half, ring = shape.length / 2, np.linspace(0.0, np.pi / 2, 5)
        caps = [(shape.radius * np.cos(a), half + shape.radius * np.sin(a)) for a in ring]
        points = [_circle(radius, sign * place) for radius, place in caps for sign in (-1.0, 1.0)]
        return _hull(np.concatenate(points)[:, [0, 2, 1]])
    if isinstance(shape, Plate):
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        return _hull(np.array(shape.centre) + signs * np.array(shape.kernel_parameters))
    if isinstance(shape, Disk):
        rims = [_circle(shape.radius, side * shape.thickness / 2) for side in (-1.0, 1.0)]
        return _hull(np.array(shape.centre) + np.concatenate(rims)[:, [2, 0, 1]])
    meshes = [_hull(np.asarray(part, float)) for part in shape.parts]
    starts = np.cumsum([0] + [len(corners) for corners, _ in meshes])
    corners = np.concatenate([corners for corners, _ in meshes])
    faces = [faces + start for (_, faces), start in zip(meshes, starts, strict=False)]
    return corners, np.concatenate(faces).astype(np.uint32)


def cylinder() -> tuple[Array, Faces]:
    """A cylinder of radius 1 from z = 0 to 1."""
    return _hull(np.concatenate([_circle(1.0, 0.0), _circle(1.0, 1.0)]))


def ball() -> tuple[Array, Faces]:
    """A ball of radius 1."""
    rings = [_circle(np.sin(a), np.cos(a)) for a in np.linspace(0.0, np.pi, 9)]
    return _hull(np.unique(np.concatenate(rings).round(9), axis=0))


def along(segments: Array, radius: float) -> tuple[Array, Array, Array]:
    """Where `cylinder` has to be put to lie along lines ``(S, 2, 3)``: positions, quaternions w x y z, scales."""
    way = segments[:, 1] - segments[:, 0]
    lengths = np.linalg.norm(way, axis=1)
    z = way / np.maximum(lengths, 1e-9)[:, None]
    # The shortest turn that takes the z axis there.
    quaternions = np.stack([1.0 + z[:, 2], -z[:, 1], z[:, 0], 0.0 * z[:, 0]], axis=1)
    norms = np.linalg.norm(quaternions, axis=1)
    quaternions[norms < 1e-6] = (0.0, 1.0, 0.0, 0.0)
    quaternions /= np.maximum(np.linalg.norm(quaternions, axis=1), 1e-9)[:, None]
    scales = np.stack([np.full(len(way), radius), np.full(len(way), radius), lengths], axis=1)
    return segments[:, 0], quaternions, scales


def _circle(radius: float, height: float) -> Array:
    angles = 2 * np.pi * np.arange(TURNS) / TURNS
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(TURNS, height)], axis=1)


def _hull(points: Array) -> tuple[Array, Faces]:
    """The convex hull, its triangles turned outwards."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points)
    faces = hull.simplices.copy()
    a, b, c = (points[faces[:, i]] for i in range(3))
    inwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), hull.equations[:, :3]) < 0.0
    faces[inwards] = faces[inwards][:, ::-1]
    used, faces = np.unique(faces, return_inverse=True)
    return points[used], faces.reshape(-1, 3).astype(np.uint32)
