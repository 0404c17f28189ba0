"""From triangles as files have them to a closed surface whose triangles face outwards.

Every edge of a closed surface has as many triangles running along it one way as the other: two, or four where bodies
touch in an edge. What a surface lacks for that is put right where it cannot change the solid: duplicates are dropped,
seams within rounding are joined, winding is unified. Holes are closed only when asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.objects.surface.files import Triangles
from tacrefine.objects.surface.holes import FLAT, Hole, closed, find_holes
from tacrefine.objects.surface.optional import package
from tacrefine.objects.surface.seams import joined
from tacrefine.objects.surface.topology import (
    Faces,
    Points,
    areas,
    bodies_of,
    edges_of,
    patches_of,
    volume,
    without_degenerate,
    without_duplicates,
    wound_alike,
)

ROUNDING = (1e-6, 1e-5)
"""of the longest side: gaps that rounding leaves, closed without being asked"""
GAPS = (1e-4, 1e-3)
"""of the longest side: gaps that a repair closes as well"""
SMALL = 0.1
"""of the longest side: a hole that wide is closed by a repair whatever its shape"""
SLIT = 0.02
"""of the longest side: so is a longer one that is no wider than this"""
LOOSE = 0.2
"""of the whole area: a loose sheet of triangles that is larger is not dropped by a repair"""
THINNEST = 1e-4
"""of the longest side: what is thinner all over encloses nothing"""


@dataclass(frozen=True)
class Surface:
    """A closed surface, in units of the file."""

    points: Points
    faces: Faces
    bodies: int
    notes: tuple[str, ...]
    """what was put right, as parts of a sentence"""


class _Work:
    """A surface on its way to being closed."""

    def __init__(self, points: Points, faces: Faces, unit: float) -> None:
        self.points, self.faces, self.unit = points, faces, unit
        self.size = float(np.ptp(points[faces.ravel()], axis=0).max()) if len(faces) else 0.0
        self.notes: list[str] = []

    def change(self, faces: Faces, what: str) -> None:
        """Take other faces; the note tells how many were dropped, where some were."""
        dropped = len(self.faces) - len(faces)
        if dropped:
            self.notes.append(f"{dropped} {what} triangle{'s' if dropped > 1 else ''} dropped")
        self.faces = faces

    @property
    def open(self) -> int:
        """Edges with an odd number of triangles."""
        return int((edges_of(self.faces).count % 2).sum())

    @property
    def is_balanced(self) -> bool:
        """Whether every edge has as many triangles one way as the other."""
        return not edges_of(self.faces).balance.any()


def close(triangles: Triangles, unit: float, repair: bool = False) -> Surface:
    """A closed surface of triangles as a file has them; `unit` is what one unit of the file is in m.

    With `repair`, holes that are small or flat are closed. Raises ConfigError with a phrase (no file name, no end).
    """
    work = _Work(*triangles, unit)
    if not _is_simple(work.faces):
        work.change(without_degenerate(work.faces), "degenerate")
        if not len(work.faces):
            raise ConfigError(
                "all triangles of the mesh are degenerate (two corners in one place); export it again"
            )
        work.change(without_duplicates(work.faces), "duplicate")
        if not len(work.faces):
            raise ConfigError(
                "the mesh encloses nothing: every triangle lies on another that faces the other way"
            )
        _join_seams(work, ROUNDING + GAPS * repair)
        if not work.is_balanced:
            _unify_winding(work)
        if not work.is_balanced:
            _close_holes(work, repair)
    bodies = _face_outwards(work, triangles[1])
    return Surface(work.points, work.faces, bodies, tuple(work.notes))


def _is_simple(faces: Faces) -> bool:
    """Whether every edge joins two triangles that run along it in opposite directions."""
    a, b, c = faces.T
    if (a == b).any() or (b == c).any() or (c == a).any():
        return False
    edges = edges_of(faces)
    return bool((edges.count == 2).all() and not edges.balance.any())


def _join_seams(work: _Work, tolerances: tuple[float, ...]) -> None:
    before, reached = work.open, 0.0
    for share in tolerances:
        if not work.open:
            break
        left = work.open
        work.faces = joined(work.points, work.faces, share * work.size)
        if work.open < left:
            reached = share * work.size
    if reached:
        gap = 1e3 * reached * work.unit
        work.notes.append(f"{before - work.open} edges joined across gaps of up to {gap:.2g} mm")


def _unify_winding(work: _Work) -> None:
    turned = wound_alike(work.points, work.faces)
    if turned is None:
        if not work.open:
            raise ConfigError(
                "the mesh's surface has no inside and outside: it is one-sided, like a Moebius strip"
            )
        return
    changed = int((turned != work.faces).any(1).sum())
    if changed:
        work.notes.append(f"{changed} triangle{'s' if changed > 1 else ''} turned over")
    work.faces = turned


def _close_holes(work: _Work, repair: bool) -> None:
    if repair:
        _drop_loose_sheets(work)
    holes = find_holes(work.points, work.faces)
    if not holes:
        return
    mm = 1e3 * work.unit
    largest = holes[0]
    hard = [hole for hole in holes if not _closes_safely(hole, work.size)]
    how_many = f"{len(holes)} hole{'s' if len(holes) > 1 else ''}"
    edges = edges_of(work.faces)
    share = f"{int((edges.balance != 0).sum())} of {len(edges.count)} edges lack a triangle"
    if not repair or hard:
        said = f"the mesh is not closed: {how_many}, the largest {_size(largest, mm)} ({share}); "
        if not hard:
            raise ConfigError(said + "close them with --repair, or in the program that made the mesh")
        worst = hard[0]
        place = ", ".join(f"{value:.4g}" for value in worst.centre)
        raise ConfigError(
            f"{said}a repair closes flat ones and those of up to {100 * SMALL:.0f} % of the longest side, which "
            f"{len(hard)} {'are' if len(hard) > 1 else 'is'} not (the largest {_size(worst, mm)} at {place} in the "
            "file's unit); close them in the program that made the mesh"
        )
    work.points, work.faces = closed(work.points, work.faces, holes)
    work.notes.append(f"{how_many} closed, the largest {_size(largest, mm)}")


def _closes_safely(hole: Hole, size: float) -> bool:
    return hole.is_flat or hole.span <= SMALL * size or hole.width <= SLIT * size


def _size(hole: Hole, mm: float) -> str:
    flat = "flat, " if hole.flatness <= FLAT * hole.span else ""
    return f"{flat}{mm * hole.span:.3g} mm across and {mm * hole.width:.2g} mm wide"


def _drop_loose_sheets(work: _Work) -> None:
    """Drop small patches with an open rim that hang on a surface which is closed without them."""
    patch, whole = patches_of(work.faces), float(areas(work.points, work.faces).sum())
    edges = edges_of(work.faces)
    face = np.tile(patch, 3)
    with_rim = np.unique(face[edges.count[edges.of_side] == 1])
    hanging = np.unique(face[(edges.count[edges.of_side] > 2) & (edges.count[edges.of_side] % 2 == 1)])
    for number in np.intersect1d(with_rim, hanging):
        own = patch == number
        edges = edges_of(work.faces)
        at = np.bincount(edges.of_side, np.tile(own, 3), len(edges.count)).astype(int)
        attached = (at % 2 == 1) & (edges.count > 2)
        is_small = float(areas(work.points, work.faces[own]).sum()) <= LOOSE * whole
        if is_small and attached.any() and (edges.count[attached] % 2 == 1).all():
            work.change(work.faces[~own], "loose")
            patch = patch[~own]


def _face_outwards(work: _Work, original: Faces) -> int:
    """Turn bodies over that face inwards, cavities excepted; returns how many bodies there are."""
    points, faces = work.points, work.faces
    body = bodies_of(faces)
    count = int(body.max()) + 1
    thickness = 2 * abs(volume(points, faces)) / max(float(areas(points, faces).sum()), 1e-300)
    signed = (
        np.array([volume(points, faces[body == b]) for b in range(count)])
        if count > 1
        else np.array([volume(points, faces)])
    )
    if np.abs(signed).sum() * 2 <= THINNEST * work.size * float(areas(points, faces).sum()):
        raise ConfigError(
            f"the mesh encloses no volume: it is a sheet, {2e3 * work.unit * thickness:.2g} mm thick on average; "
            "give it a thickness in the program that made it"
        )
    if count == 1:
        work.faces = faces[:, ::-1] if signed[0] < 0 else faces
        return 1
    turned = signed < 0
    outward = np.where(turned[body][:, None], faces[:, ::-1], faces)
    if turned.any():
        # A cavity faces the other way than the body around it.
        outermost = int(np.abs(signed).argmax())
        cavity = _nested(points, outward, body, count) & (turned != turned[outermost])
        outward = np.where(cavity[body][:, None], outward[:, ::-1], outward)
    work.faces = outward
    return count


def _nested(points: Points, faces: Faces, body: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Which bodies lie within another; all of them face outwards."""
    first = np.array([np.flatnonzero(body == b)[0] for b in range(count)])
    a, b, c = points[faces[first]].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    just_outside = (a + b + c) / 3 + 1e-6 * float(np.ptp(points, axis=0).max()) * normal
    return np.asarray(package("igl").winding_number(points, faces, just_outside)) > 0.5
