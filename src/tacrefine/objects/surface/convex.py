"""Convex parts that together fill a solid, for MuJoCo, which knows convex bodies only.

The solid is cut by planes, again and again the part whose hull bulges furthest beyond the surface. Tried are the planes
of its own faces, along which the parts of machined pieces meet, and planes across it; the one that leaves least volume
between hulls and solid is taken. Hulls cover the solid, so their bulge is all that parts deviate from it by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from tacrefine.objects.gridded import Parts
from tacrefine.objects.grids import REACH
from tacrefine.objects.surface.clipping import (
    ON_PLANE,
    Array,
    Plane,
    crossings,
    heights,
    hull_of,
    hull_volume,
    split,
)
from tacrefine.objects.surface.distances import ClosedSurface, RepeatedQueries
from tacrefine.objects.surface.topology import bodies_of, volume

MOST_PARTS = 64
FINE_ENOUGH = 2e-4
"""m: a part that bulges less is not cut again"""
FACE_PLANES = 8
"""planes of faces that are tried for a cut, the largest first"""
ACROSS = (0.25, 0.5, 0.75)
"""of a part's extent along each axis: planes that are tried as well"""
SAMPLES = 400
"""points of a hull, about, at which its bulge is measured"""
LEAST_GAIN = 1e-3
"""of a part's hull: a cut that takes less from the volume gains nothing by itself"""
COARSE = 1e-3
"""m: a part that bulges more is cut even where the first cuts gain nothing, for what later ones may"""
FINALISTS = 4
"""planes, those that leave least volume, of which the one is taken that leaves the smallest bulges"""
MOST_VAIN = 2
"""cuts in a row that gain nothing"""

Queries = ClosedSurface | RepeatedQueries
Progress = Callable[[int, int], None]
"""Told how many of how many are done"""


@dataclass(frozen=True)
class Decomposition:
    """Convex parts of a solid."""

    parts: Parts
    deviation: float
    """m: how far the parts reach beyond the solid's surface within the hand's reach, at most"""


class _Piece(NamedTuple):
    triangles: Array
    """(T, 3, 3) of the solid's surface within the piece's cell"""
    planes: tuple[Plane, ...]
    """that bound the cell: points of it lie below all of them"""
    corners: Array
    """(C, 3) corners of the cell that lie in the solid"""
    vain: int
    """cuts in a row before it that gained nothing"""


class _Part(NamedTuple):
    piece: _Piece
    hull: Array
    """(V, 3) corners of the hull"""
    samples: Array
    """(S, 3) points on the hull within the hand's reach"""
    volume: float
    """of the hull, m^3"""
    bulge: float
    """m that the hull reaches beyond the surface, at most"""
    deepest: Array
    """(3,) where it does"""
    inwards: Array
    """(3,) from there to the nearest point of the surface, m"""


def decompose(surface: ClosedSurface, progress: Progress | None = None) -> Decomposition:
    """At most `MOST_PARTS` convex parts of a solid that bulge beyond it by `FINE_ENOUGH` where that many do."""
    done: list[_Part] = []
    queries = surface.queries or surface
    todo = _measured(queries, [_Piece(root, (), np.empty((0, 3)), 0) for root in _roots(surface)])
    while todo:
        if progress is not None:
            progress(len(todo) + len(done), MOST_PARTS)
        worst = max(range(len(todo)), key=lambda i: todo[i].bulge)
        part = todo.pop(worst)
        if part.bulge <= FINE_ENOUGH or len(todo) + len(done) + 2 > MOST_PARTS:
            done += [part, *todo]
            break
        pieces = _cut(queries, part)
        if pieces:
            todo += pieces
        else:
            done.append(part)
    if progress is not None:
        progress(MOST_PARTS, MOST_PARTS)
    samples = np.concatenate([part.samples for part in done])
    deviation = float(surface.by_winding_number(samples)[0].max()) if len(samples) else 0.0
    return Decomposition([part.hull for part in done], max(deviation, 0.0))


def _roots(surface: ClosedSurface) -> list[Array]:
    """Triangles of each body, or of all where these are many or hollow."""
    triangles = surface.vertices[surface.faces]
    body = bodies_of(surface.faces)
    count = int(body.max()) + 1
    if count == 1 or count > MOST_PARTS // 2:
        return [triangles]
    if any(volume(surface.vertices, surface.faces[body == b]) < 0 for b in range(count)):
        return [triangles]
    return [triangles[body == b] for b in range(count)]


def _measured(surface: Queries, pieces: list[_Piece]) -> list[_Part]:
    """The pieces that have a volume, with how far their hulls bulge."""
    hulls = []
    for piece in pieces:
        points = np.concatenate([piece.triangles.reshape(-1, 3), piece.corners])
        hull = hull_of(points)
        if hull is not None:
            samples = _on_hull(points[hull.simplices])
            within = samples[(np.abs(samples) <= REACH).all(1)]
            hulls.append((piece, points[hull.vertices], float(hull.volume), samples[:1], within))
    if not hulls:
        return []
    everywhere = np.concatenate([within for *_, within in hulls] + [hulls[0][3]])
    distance, _, nearest = surface.nearest(everywhere)
    parts, start = [], 0
    for piece, corners, size, somewhere, within in hulls:
        bulge, deepest, inwards = 0.0, somewhere[0], np.zeros(3)
        if len(within):
            furthest = start + int(distance[start : start + len(within)].argmax())
            bulge, deepest = max(float(distance[furthest]), 0.0), everywhere[furthest]
            inwards = nearest[furthest] - deepest
        start += len(within)
        parts.append(_Part(piece, corners, within, size, bulge, deepest, inwards))
    return parts


def _on_hull(triangles: Array) -> Array:
    """Points spread over triangles (T, 3, 3) by their size, one in the middle of each at least."""
    a, b, c = triangles.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    rows = np.ceil(np.sqrt(SAMPLES * area / max(float(area.sum()), 1e-300) * 2)).astype(int)
    points = []
    for n in np.unique(rows):
        i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
        u, v = ((i + 1 / 3) / n)[i + j < n], ((j + 1 / 3) / n)[i + j < n]
        some = rows == n
        grid = a[some, None] + u[:, None] * (b - a)[some, None] + v[:, None] * (c - a)[some, None]
        points.append(grid.reshape(-1, 3))
    return np.concatenate(points)


def _cut(surface: Queries, part: _Part) -> list[_Part]:
    """What the best plane leaves of a part: two pieces, or one where the other is empty; none where no plane helps."""
    piece = part.piece
    tried: list[tuple[float, int, Plane]] = []
    for plane in _candidates(part):
        above = heights(piece.triangles, plane)
        across = crossings(piece.triangles, above)
        corners = heights(piece.corners, plane)
        # A corner on the plane belongs to the sides that its triangle reaches to.
        is_low = (above <= 0) & (above < 0).any(1, keepdims=True)
        is_high = (above >= 0) & (above > 0).any(1, keepdims=True)
        low = np.concatenate([piece.triangles[is_low], piece.corners[corners <= 0], across])
        high = np.concatenate([piece.triangles[is_high], piece.corners[corners >= 0], across])
        tried.append((hull_volume(low) + hull_volume(high), len(tried), plane))
    tried.sort()
    halves = [_halves(surface, piece, plane) for _, _, plane in tried[:FINALISTS]]
    owner = {id(half): number for number, pair in enumerate(halves) for half in pair}
    groups: list[list[_Part]] = [[] for _ in halves]
    for found in _measured(surface, [half for pair in halves for half in pair]):
        groups[owner[id(found.piece)]].append(found)
    best = min((group for group in groups if group), key=_left_over, default=[])
    if sum(found.volume for found in best) < (1.0 - LEAST_GAIN) * part.volume:
        return best
    if part.bulge <= COARSE or piece.vain >= MOST_VAIN:
        return []
    vain = piece.vain + 1
    return [found._replace(piece=found.piece._replace(vain=vain)) for found in best]


def _left_over(parts: list[_Part]) -> float:
    """What is still to be cut off: bulges, each by the size of the part that it is of."""
    return float(sum(part.bulge * part.volume ** (1 / 3) for part in parts))


def _halves(surface: Queries, piece: _Piece, plane: Plane) -> list[_Piece]:
    back = Plane((-plane.normal[0], -plane.normal[1], -plane.normal[2]), -plane.offset)
    new = _cell_corners(surface, piece.planes, plane)
    beside = heights(piece.corners, plane)
    sides = zip(split(piece.triangles, plane), (plane, back), (beside <= 0, beside >= 0), strict=True)
    return [
        _Piece(triangles, (*piece.planes, side), np.concatenate([piece.corners[kept], new]), 0)
        for triangles, side, kept in sides
        if len(triangles)
    ]


def _candidates(part: _Part) -> list[Plane]:
    """Planes to try: of the largest faces that others lie on both sides of, and across the part along each axis."""
    a, b, c = part.piece.triangles.transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    size = np.linalg.norm(normal, axis=1)
    good = size > 1e-14
    normal, size, start = normal[good] / size[good, None], size[good], a[good]
    offset = np.einsum("ij,ij->i", normal, start)
    low, high = part.hull.min(0), part.hull.max(0)
    scale = float((high - low).max())
    key = np.round(np.c_[normal * 200, offset / scale * 1000]).astype(np.int64)
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    area = np.bincount(group.ravel(), size)
    # Near the deepest place counts more: there the part is to be cut.
    near = np.exp(-np.abs(normal[first] @ part.deepest - offset[first]) / (0.2 * scale))
    planes = []
    for index in first[np.argsort(-area * near, kind="stable")]:
        plane = Plane(
            (float(normal[index, 0]), float(normal[index, 1]), float(normal[index, 2])), float(offset[index])
        )
        above = heights(part.hull, plane)
        if above.min() < -ON_PLANE and above.max() > ON_PLANE:
            planes.append(plane)
        if len(planes) == FACE_PLANES:
            break
    nearest = part.deepest + part.inwards
    for unit in np.eye(3):
        along = np.cross(part.inwards, unit)
        if float(np.linalg.norm(along)) > 0.1 * part.bulge > 0.0:
            along /= np.linalg.norm(along)
            planes.append(Plane((float(along[0]), float(along[1]), float(along[2])), float(along @ nearest)))
    for axis in range(3):
        x, y, z = (float(axis == k) for k in range(3))
        places = [float(part.deepest[axis]), *(float(low[axis] + s * (high - low)[axis]) for s in ACROSS)]
        planes += [Plane((x, y, z), place) for place in places]
    return planes


def _cell_corners(surface: Queries, planes: tuple[Plane, ...], new: Plane) -> Array:
    """Where a new plane meets two others of a cell, as far as that lies in the cell and in the solid."""
    found = []
    for one, other in combinations(planes, 2):
        matrix = np.array([one.normal, other.normal, new.normal])
        if abs(np.linalg.det(matrix)) > 1e-6:
            found.append(np.linalg.solve(matrix, [one.offset, other.offset, new.offset]))
    points = np.array(found).reshape(-1, 3)
    for plane in planes:
        points = points[heights(points, plane) <= 0]
    return points[surface.nearest(points)[0] < 0] if len(points) else points
