"""The objects of a batch, as the arrays that the solver reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects import GraspObject
from tacrefine.objects.grids import DistanceGrid, DistanceGrids

PARAMETERS = 9
"""numbers of a grid, the longest of all kinds; see :mod:`tacrefine.sim.quasistatic.tables`"""
KEPT_BYTES = 1 << 30
"""of grids that a packer holds for later batches"""
LAST_CELL_SLACK = 1e-3
"""cells by which look-ups stay below the last point, so that there is always a next one"""


class SolidArrays(NamedTuple):
    """N solids for compiled code."""

    kinds: NDArray[np.int64]
    """(N,)"""
    parameters: NDArray[np.float32]
    """(N, 2, PARAMETERS): of a grid near the solid and of the one further off; twice the same for an analytic solid"""
    spans: NDArray[np.int64]
    """(N, 4) begin and end of each solid's grid in ``near``, then in ``far``; empty where it is analytic"""
    near: NDArray[np.int32]
    """(M,) all near grids, one after the other, as :mod:`tacrefine.objects.packing` packs them"""
    far: NDArray[np.float32]
    """(K,) all far grids, m"""


@dataclass(frozen=True)
class Solids:
    """N solids and where their own frames lie in the grasp frame, ``(N, 3)`` m."""

    arrays: SolidArrays
    centres: NDArray[np.float64]


def grid_parameters(grid: DistanceGrid) -> tuple[float, ...]:
    """What the solver's functions of grids read besides the table."""
    nx, ny, nz = grid.values.shape
    last = [count - 1 - LAST_CELL_SLACK for count in (nx, ny, nz)]
    return (*grid.origin, 1.0 / grid.cell, *last, nz, ny * nz)


class SolidPacker:
    """Turns objects into arrays; holds the grids it saw last side by side, so that later batches copy nothing."""

    def __init__(self) -> None:
        self._grids: list[DistanceGrids] = []
        self._near = np.zeros(1, np.int32)
        self._far = np.zeros(1, np.float32)

    def of(self, objects: GraspObject | Sequence[GraspObject], n: int) -> Solids:
        """Arrays of one object for all N grasps, or of one for each."""
        listed = [objects] if isinstance(objects, GraspObject) else list(objects)
        if len(listed) not in (1, n):
            raise ValueError(f"{len(listed)} objects for {n} poses; give one, or one for each pose.")
        unique, rows = _told_apart(listed)
        shapes = [item.shape for item in unique]
        kinds = np.array([shape.kernel_id for shape in shapes], np.int64)
        centres = np.array([shape.centre for shape in shapes], np.float64)
        parameters = np.zeros((len(unique), 2, PARAMETERS), np.float32)
        spans = np.zeros((len(unique), 4), np.int64)
        found = [shape.grids for shape in shapes]
        self._add(list({id(grids): grids for grids in found if grids is not None}.values()))
        for row, (shape, grids) in enumerate(zip(shapes, found, strict=True)):
            if grids is None:
                parameters[row, :, : len(shape.kernel_parameters)] = shape.kernel_parameters
            else:
                parameters[row] = grid_parameters(grids.near), grid_parameters(grids.far)
                spans[row] = self._span(grids)
        if len(listed) == 1:
            rows = np.zeros(n, np.int64)
        arrays = SolidArrays(kinds[rows], parameters[rows], spans[rows], self._near, self._far)
        return Solids(arrays, centres[rows])

    def _add(self, wanted: list[DistanceGrids]) -> None:
        known = {id(grids) for grids in self._grids}
        if all(id(grids) in known for grids in wanted):
            return
        now = {id(grids) for grids in wanted}
        before = [grids for grids in self._grids if id(grids) not in now]
        while before and sum(grids.bytes for grids in before + wanted) > KEPT_BYTES:
            del before[0]
        self._grids = before + wanted
        self._near = np.concatenate([grids.near.values.ravel() for grids in self._grids])
        self._far = np.concatenate([grids.far.values.ravel() for grids in self._grids])

    def _span(self, wanted: DistanceGrids) -> tuple[int, int, int, int]:
        near, far = 0, 0
        for grids in self._grids:
            if grids is wanted:
                return near, near + grids.near.points, far, far + grids.far.points
            near, far = near + grids.near.points, far + grids.far.points
        raise KeyError("grids were not added")


def _told_apart(listed: list[GraspObject]) -> tuple[list[GraspObject], NDArray[np.int64]]:
    """Each object once, and which of them stands at each place of the list; numpy is ten times as fast as a dict."""
    keys = np.fromiter(map(id, listed), np.int64, len(listed))
    _, first, rows = np.unique(keys, return_index=True, return_inverse=True)
    return [listed[i] for i in first], rows.astype(np.int64)
