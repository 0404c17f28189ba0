"""A mesh file to distances and convex parts in the grasp frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform
from tacrefine.objects.grids import make_grids
from tacrefine.objects.measured import Measured
from tacrefine.objects.surface import units
from tacrefine.objects.surface.closing import Surface, close
from tacrefine.objects.surface.convex import MOST_PARTS, decompose
from tacrefine.objects.surface.distances import ClosedSurface
from tacrefine.objects.surface.files import read_triangles
from tacrefine.objects.surface.optional import package

Report = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many steps of it are done"""


class Placement(NamedTuple):
    """Which mesh file, and how it becomes a solid."""

    path: Path
    scale: float
    """m in one unit of the file"""
    pose: RigidTransform
    """of the mesh's origin in the grasp frame"""
    repair: bool


def read_surface(path: Path, scale: float, repair: bool) -> Surface:
    """The closed surface that a mesh file holds, in the file's unit; ConfigError with one sentence."""
    triangles = read_triangles(path)
    try:
        surface = close(triangles, scale, repair)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}.") from error
    extent = np.ptp(surface.points[surface.faces.ravel()], axis=0)
    if refusal := units.refusal(extent, scale):
        raise ConfigError(f"{path}: {refusal}.")
    return surface


def in_grasp_frame(surface: Surface, placement: Placement) -> ClosedSurface:
    """A surface scaled to m, turned and moved to where it is put."""
    used, faces = np.unique(surface.faces, return_inverse=True)
    points = np.asarray(placement.pose.apply(placement.scale * surface.points[used]))
    return ClosedSurface(points, faces.reshape(-1, 3).astype(np.int64))


def measure(placement: Placement, report: Report | None = None) -> Measured:
    """Distances within the hand's reach and convex parts of a mesh. Raises ConfigError with one sentence."""
    surface = read_surface(placement.path, placement.scale, placement.repair)
    placed = in_grasp_frame(surface, placement)
    try:
        grids = make_grids(
            placed, None if report is None else lambda done, all_: report("distances", done, all_)
        )
    except ConfigError as error:
        raise ConfigError(f"{placement.path}: {error}") from error
    trimesh = package("trimesh")
    if trimesh.Trimesh(placed.vertices, placed.faces, process=False).is_convex:
        return Measured(grids, [placed.vertices], placed.bounds, 0.0, surface.notes)
    found = decompose(
        placed, None if report is None else lambda done, all_: report("convex parts", done, all_)
    )
    return Measured(grids, found.parts, placed.bounds, found.deviation, surface.notes)


__all__ = ["MOST_PARTS", "Placement", "Report", "in_grasp_frame", "measure", "read_surface"]
