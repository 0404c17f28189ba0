"""Seams of a surface: rims that lie on each other without sharing vertices, as rounding and CAD exports leave them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from tacrefine.objects.surface.topology import Edges, Faces, Points, edges_of, without_degenerate

PASSES = 4


def joined(points: Points, faces: Faces, tolerance: float) -> Faces:
    """The faces with vertices of open edges merged, and open edges split at vertices that lie on them, to `tolerance`.

    Vertices that are not on an open edge stay as they are. Nothing changes where it would not close anything.
    """
    for step in (_welded, _split):
        made = step(points, faces, tolerance)
        if _open(made) < _open(faces):
            faces = made
    return faces


def _open(faces: Faces) -> int:
    return int(np.abs(edges_of(faces).balance % 2).sum())


def _open_edges(edges: Edges) -> np.ndarray:
    return np.flatnonzero(edges.count % 2 == 1)


def _welded(points: Points, faces: Faces, tolerance: float) -> Faces:
    edges = edges_of(faces)
    rim = np.unique(edges.ends[_open_edges(edges)])
    if not len(rim):
        return faces
    to = np.arange(len(points))
    for a, b in sorted(cKDTree(points[rim]).query_pairs(tolerance)):
        first, second = _root(to, rim[a]), _root(to, rim[b])
        to[max(first, second)] = min(first, second)
    for vertex in rim:
        to[vertex] = _root(to, vertex)
    return without_degenerate(to[faces])


def _root(to: np.ndarray, vertex: int) -> int:
    while to[vertex] != vertex:
        vertex = to[vertex]
    return int(vertex)


def _split(points: Points, faces: Faces, tolerance: float) -> Faces:
    """Open edges split where vertices of other open edges lie on them; up to one edge of a face in a pass."""
    for _ in range(PASSES):
        edges = edges_of(faces)
        rim = np.unique(edges.ends[_open_edges(edges)])
        if not len(rim):
            break
        tree, done, added = cKDTree(points[rim]), np.zeros(len(faces), bool), []
        for edge in _open_edges(edges):
            side = int(np.flatnonzero(edges.of_side == edge)[0])
            face, corner = side % len(faces), side // len(faces)
            if done[face] or edges.count[edge] != 1:
                continue
            a, b, c = np.roll(faces[face], -corner)
            on = _between(points, rim, tree, int(a), int(b), tolerance)
            if len(on):
                done[face] = True
                chain = [int(a), *on, int(b)]
                added += [(s, e, int(c)) for s, e in pairwise(chain)]
        if not added:
            break
        faces = without_degenerate(np.concatenate([faces[~done], np.array(added, np.int64)]))
    return faces


def _between(points: Points, rim: np.ndarray, tree: cKDTree, a: int, b: int, tolerance: float) -> list[int]:
    """Vertices of the rim on the edge from a to b, in order."""
    start, along = points[a], points[b] - points[a]
    length = float(np.linalg.norm(along))
    if length <= 2 * tolerance:
        return []
    near = rim[tree.query_ball_point(start + along / 2, length / 2 + tolerance)]
    near = near[(near != a) & (near != b)]
    place = (points[near] - start) @ along / length
    off = np.linalg.norm(points[near] - start - np.outer(place / length, along), axis=1)
    on = (off <= tolerance) & (place > tolerance) & (place < length - tolerance)
    return [int(v) for v in near[on][np.argsort(place[on], kind="stable")]]
