"""Holes of a surface: the loops of edges around them, how large they are, and triangles that close them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects.surface.optional import package
from tacrefine.objects.surface.topology import Faces, Points, edges_of

FLAT = 0.02
"""of a hole's span: a rim that stays so near to a plane is closed by a flat cap, however large"""


@dataclass(frozen=True)
class Hole:
    """One hole, in units of the file."""

    rim: NDArray[np.int64]
    """(N,) vertices in the order in which a cap's edges run"""
    centre: Points
    span: float
    """longest distance along the box around it"""
    width: float
    """4 x area / circumference: of a round hole the diameter, of a slit twice its width"""
    normal: Points
    """(3,) of the plane through the rim"""
    flatness: float
    """furthest distance of the rim from that plane"""

    @property
    def is_flat(self) -> bool:
        """Whether a flat cap closes it."""
        return self.flatness <= FLAT * self.span


def find_holes(points: Points, faces: Faces) -> list[Hole]:
    """The holes of a surface, largest first."""
    holes = [_measured(points, rim) for rim in _rims(faces)]
    return sorted(holes, key=lambda hole: (-hole.span, int(hole.rim[0])))


def _rims(faces: Faces) -> list[NDArray[np.int64]]:
    """Loops without repeated vertices that take every edge as often, and the other way, as faces leave it unpaired."""
    edges = edges_of(faces)
    after: dict[int, list[int]] = {}
    for (low, high), net in zip(edges.ends.tolist(), edges.balance.tolist(), strict=True):
        if net:
            start, end = (high, low) if net > 0 else (low, high)
            after.setdefault(start, []).extend([end] * abs(net))
    rims = []
    for begin in sorted(after):
        while after[begin]:
            walk, place = [begin], {begin: 0}
            while after[walk[-1]]:
                vertex = after[walk[-1]].pop()
                if vertex in place:
                    cut = place[vertex]
                    rims.append(np.array(walk[cut:], np.int64))
                    for gone in walk[cut + 1 :]:
                        del place[gone]
                    del walk[cut + 1 :]
                else:
                    place[vertex] = len(walk)
                    walk.append(vertex)
    return [rim for rim in rims if len(rim) > 2]


def _measured(points: Points, rim: NDArray[np.int64]) -> Hole:
    loop = points[rim]
    centre = loop.mean(0)
    around = loop - centre
    nxt = np.roll(around, -1, axis=0)
    vector = np.cross(around, nxt).sum(0) / 2
    area = float(np.linalg.norm(vector))
    normal = vector / area if area > 0 else np.array([0.0, 0.0, 1.0])
    length = float(np.linalg.norm(nxt - around, axis=1).sum())
    span = float(np.linalg.norm(np.ptp(loop, axis=0)))
    return Hole(
        rim, centre, span, 4 * area / max(length, 1e-300), normal, float(np.abs(around @ normal).max())
    )


def closed(points: Points, faces: Faces, holes: list[Hole]) -> tuple[Points, Faces]:
    """The surface with caps over the holes. Flat rims in one plane, one within the other, get one cap with a hole."""
    caps = []
    for group in _coplanar(holes):
        made = _flat_cap(points, group)
        if made is None:
            for hole in group:
                single = _flat_cap(points, [hole])
                if single is None:
                    single, points = _fan(points, hole)
                caps.append(single)
        else:
            caps.append(made)
    return points, np.concatenate([faces, *caps])


def _coplanar(holes: list[Hole]) -> list[list[Hole]]:
    """Each outer rim with the rims of opposite turn that lie in its plane, within it."""
    groups: list[list[Hole]] = []
    for hole in holes:
        for group in groups:
            outer = group[0]
            apart = abs(float((hole.centre - outer.centre) @ outer.normal))
            if (
                hole.is_flat
                and outer.is_flat
                and float(hole.normal @ outer.normal) < -0.999
                and apart <= FLAT * outer.span
                and float(np.linalg.norm(hole.centre - outer.centre)) < outer.span / 2
            ):
                group.append(hole)
                break
        else:
            groups.append([hole])
    return groups


def _flat_cap(points: Points, group: list[Hole]) -> Faces | None:
    """Triangles within the first rim and outside the others; None where their borders are not just those rims."""
    outer = group[0]
    across = np.cross(outer.normal, np.eye(3)[int(np.abs(outer.normal).argmin())])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(outer.normal, across)])
    rims = [hole.rim for hole in group]
    order = np.concatenate(rims)
    plane = (points[order] - outer.centre) @ frame.T
    ends = np.cumsum([len(rim) for rim in rims]).astype(np.uint32)
    cut = package("mapbox_earcut").triangulate_float64(np.ascontiguousarray(plane), ends)
    local = np.asarray(cut, np.int64).reshape(-1, 3)
    if len(local) == 0:
        return None
    a, b, c = plane[local].transpose(1, 0, 2)
    turn = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    cap = order[np.where((turn < 0)[:, None], local[:, ::-1], local)]
    wanted = sorted((int(s), int(e)) for rim in rims for s, e in zip(rim, np.roll(rim, -1), strict=True))
    edges = edges_of(cap)
    found: list[tuple[int, int]] = []
    for (low, high), net in zip(edges.ends.tolist(), edges.balance.tolist(), strict=True):
        found += [(low, high) if net > 0 else (high, low)] * abs(net)
    return cap if sorted(found) == wanted else None


def _fan(points: Points, hole: Hole) -> tuple[Faces, Points]:
    """Triangles from the middle of a rim, a vertex that is added."""
    rim, middle = hole.rim, len(points)
    fan = np.stack([rim, np.roll(rim, -1), np.full(len(rim), middle)], 1)
    return fan, np.concatenate([points, hole.centre[None]])
