"""Edges, duplicates and winding of triangles given as faces ``(F, 3)`` of vertex numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Points = NDArray[np.float64]
Faces = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """Every edge of some faces once, and which faces run along it in which direction."""

    ends: NDArray[np.int64]
    """(E, 2) vertices, the lower number first"""
    count: NDArray[np.int64]
    """(E,) faces at each edge"""
    balance: NDArray[np.int64]
    """(E,) faces that run from the lower vertex to the higher, less those that run back: 0 on a closed surface"""
    of_side: NDArray[np.int64]
    """(3 F,) the edge of each face's first sides, then second, then third"""
    direction: NDArray[np.int64]
    """(3 F,) 1 where the side runs from the lower vertex to the higher, else -1"""


def edges_of(faces: Faces) -> Edges:
    """The edges of faces; none of these may name a vertex twice."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    low, high = sides.min(1), sides.max(1)
    width = int(faces.max(initial=0)) + 1
    keys, of_side, count = np.unique(low * width + high, return_inverse=True, return_counts=True)
    direction = np.where(sides[:, 0] == low, 1, -1)
    balance = np.bincount(of_side, direction, len(keys)).astype(np.int64)
    return Edges(np.stack([keys // width, keys % width], 1), count, balance, of_side, direction)


def without_degenerate(faces: Faces) -> Faces:
    """Faces that name three different vertices."""
    a, b, c = faces.T
    return faces[(a != b) & (b != c) & (c != a)]


def without_duplicates(faces: Faces) -> Faces:
    """Each face once; two of opposite winding bound nothing and both go, unless the surface needs one to be closed."""
    order = np.argsort(faces, axis=1)
    key = np.take_along_axis(faces, order, 1)
    # An even permutation of the sorted corners is one winding, an odd one the other.
    winding = np.where(np.isin(order @ np.array([9, 3, 1]), (5, 15, 19)), 1, -1)
    _, first, of_face, count = np.unique(
        key, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if (count == 1).all():
        return faces
    net = np.bincount(of_face.ravel(), winding, len(count))
    cancelled = (net == 0) & (count > 1)
    kept = np.sort(first[~cancelled])
    if cancelled.any():
        kept = np.sort(np.concatenate([kept, _needed(faces, kept, first[cancelled])]))
    return faces[kept]


def _needed(faces: Faces, kept: NDArray[np.int64], doubtful: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the doubtful faces without which more edges are left open than with them, patch by patch."""
    sheet = faces[doubtful]
    odd = edges_of(np.concatenate([faces[kept], sheet]))
    open_without = (
        np.bincount(odd.of_side.reshape(3, -1)[:, : len(kept)].ravel(), minlength=len(odd.count)) % 2
    )
    sides = odd.of_side.reshape(3, -1)[:, len(kept) :]
    patch = patches_of(sheet)
    # An edge within a patch counts for neither case; on its border the patch closes it or opens it.
    need = np.zeros(int(patch.max()) + 1)
    border = np.bincount(sides.ravel(), minlength=len(odd.count))[sides] % 2 == 1
    np.add.at(need, np.broadcast_to(patch, sides.shape), np.where(border, 2 * open_without[sides] - 1, 0))
    return doubtful[need[patch] > 0]


def patches_of(faces: Faces) -> NDArray[np.int64]:
    """Number of the patch of each face: faces joined by edges that only two of them share."""
    edges = edges_of(faces)
    a, b, _ = _pairs(edges, edges.count == 2)
    return _components(a, b, len(faces))


def bodies_of(faces: Faces) -> NDArray[np.int64]:
    """Number of the body of each face: faces joined by edges."""
    edges = edges_of(faces)
    face = np.tile(np.arange(len(faces)), 3)
    graph = coo_array((np.ones(len(face)), (face, edges.of_side)), shape=(len(faces), len(edges.count)))
    joined = (graph @ graph.T).tocoo()
    return _components(joined.row, joined.col, len(faces))


def _components(a: NDArray[np.int64], b: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    labels = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[1]
    return np.asarray(labels, np.int64)


def _pairs(
    edges: Edges, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """The two faces at each of the chosen edges, which have two, and whether both run along it the same way."""
    side = np.argsort(edges.of_side, kind="stable")
    side = side[chosen[edges.of_side[side]]].reshape(-1, 2)
    face = side % (len(edges.of_side) // 3)
    return face[:, 0], face[:, 1], edges.direction[side[:, 0]] == edges.direction[side[:, 1]]


def _radial_pairs(
    points: Points, faces: Faces, edges: Edges
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """As :func:`_pairs` for edges of four and more faces: neighbours around the edge, between which is in or out."""
    n, first, second, same = len(faces), [], [], []
    for edge in np.flatnonzero((edges.count > 2) & (edges.count % 2 == 0)):
        sides = np.flatnonzero(edges.of_side == edge)
        own = sides % n
        start, end = points[edges.ends[edge]]
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-300)
        away = points[faces[own].sum(1) - edges.ends[edge].sum()] - start
        away -= np.outer(away @ along, along)
        across = np.cross(along, away[0])
        order = np.argsort(
            np.arctan2(
                away @ across / max(float(np.linalg.norm(across)), 1e-300),
                away @ away[0] / max(float(np.linalg.norm(away[0])), 1e-300),
            ),
            kind="stable",
        )
        for i, j in zip(order, np.roll(order, -1), strict=True):
            first.append(own[i])
            second.append(own[j])
            same.append(edges.direction[sides[i]] == edges.direction[sides[j]])
    return np.array(first, np.int64), np.array(second, np.int64), np.array(same, bool)


def wound_alike(points: Points, faces: Faces) -> Faces | None:
    """The faces with those turned over that run against their neighbours; None where a surface has one side only.

    Of each part the side stays outside that most of its area has outside.
    """
    edges = edges_of(faces)
    a, b, turn = _pairs(edges, edges.count == 2)
    c, d, turn_too = _radial_pairs(points, faces, edges)
    weight = areas(points, faces)
    turned = _two_coloured(np.r_[a, c], np.r_[b, d], np.r_[turn, turn_too], weight)
    if turned is None:
        turned = _two_coloured(a, b, turn, weight)
    return None if turned is None else np.where(turned[:, None], faces[:, ::-1], faces)


def _two_coloured(
    a: NDArray[np.int64], b: NDArray[np.int64], turn: NDArray[np.bool_], weight: Points
) -> NDArray[np.bool_] | None:
    """Which faces to turn over so that pairs with `turn` differ and all others agree; None where that cannot be."""
    n = len(weight)
    # Every face twice, as it is and turned over: what may go together is joined.
    rows = np.concatenate([a, a + n])
    columns = np.concatenate([np.where(turn, b + n, b), np.where(turn, b, b + n)])
    label = _components(rows, columns, 2 * n)
    if (label[:n] == label[n:]).any():
        return None
    size = np.bincount(label[:n], weight, int(label.max()) + 1)
    as_is, other = label[:n], label[n:]
    return (size[other] > size[as_is]) | ((size[other] == size[as_is]) & (other < as_is))


def areas(points: Points, faces: Faces) -> Points:
    """Return the areas ``(F,)`` of the faces, in the square of their unit."""
    return np.asarray(np.linalg.norm(_crosses(points, faces), axis=1) / 2)


def volume(points: Points, faces: Faces) -> float:
    """Signed volume within faces: positive where they face outwards."""
    corners = points[faces] - points.mean(0)
    return float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


def _crosses(points: Points, faces: Faces) -> Points:
    a, b, c = points[faces].transpose(1, 0, 2)
    return np.cross(b - a, c - a)
