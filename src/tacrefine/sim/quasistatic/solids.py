"""The objects of a batch, as the arrays that the solver reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects import GraspObject
from tacrefine.objects.grids import DistanceGrid

PARAMETERS = 9
"""numbers of a grid, the longest of all kinds; see :mod:`tacrefine.sim.quasistatic.distance`"""
KEPT_POINTS = 1 << 27
"""points of grids (half a gigabyte) that a packer keeps for later batches"""
LAST_CELL_SLACK = 1e-3
"""cells by which look-ups stay below the last point, so that there is always a next one"""


class SolidArrays(NamedTuple):
    """N solids for compiled code."""

    kinds: NDArray[np.int64]
    """(N,)"""
    parameters: NDArray[np.float32]
    """(N, PARAMETERS)"""
    spans: NDArray[np.int64]
    """(N, 2) each solid's part of the tables; empty where it is analytic"""
    tables: NDArray[np.float32]
    """(M,) all grids, one after the other, m"""


@dataclass(frozen=True)
class Solids:
    """N solids and where their own frames lie in the grasp frame, ``(N, 3)`` m."""

    arrays: SolidArrays
    centres: NDArray[np.float64]


def grid_parameters(grid: DistanceGrid) -> tuple[float, ...]:
    """What the solver's ``grid`` function reads besides the table."""
    nx, ny, nz = grid.values.shape
    last = [count - 1 - LAST_CELL_SLACK for count in (nx, ny, nz)]
    return (*grid.origin, 1.0 / grid.cell, *last, nz, ny * nz)


class SolidPacker:
    """Turns objects into arrays; keeps the grids it saw last side by side, so that later batches copy nothing."""

    def __init__(self) -> None:
        self._grids: list[DistanceGrid] = []
        self._tables = np.zeros(1, np.float32)

    def of(self, objects: GraspObject | Sequence[GraspObject], n: int) -> Solids:
        """Arrays of one object for all N grasps, or of one for each."""
        listed = [objects] if isinstance(objects, GraspObject) else list(objects)
        if len(listed) not in (1, n):
            raise ValueError(f"{len(listed)} objects for {n} poses; give one, or one for each pose.")
        unique, rows = _told_apart(listed)
        shapes = [item.shape for item in unique]
        kinds = np.array([shape.kernel_id for shape in shapes], np.int64)
        centres = np.array([shape.centre for shape in shapes], np.float64)
        parameters = np.zeros((len(unique), PARAMETERS), np.float32)
        spans = np.zeros((len(unique), 2), np.int64)
        self._add(list({id(shape.grid): shape.grid for shape in shapes if shape.grid is not None}.values()))
        for row, shape in enumerate(shapes):
            numbers = shape.kernel_parameters if shape.grid is None else grid_parameters(shape.grid)
            parameters[row, : len(numbers)] = numbers
            if shape.grid is not None:
                spans[row] = self._span(shape.grid)
        if len(listed) == 1:
            rows = np.zeros(n, np.int64)
        return Solids(SolidArrays(kinds[rows], parameters[rows], spans[rows], self._tables), centres[rows])

    def _add(self, wanted: list[DistanceGrid]) -> None:
        known = {id(grid) for grid in self._grids}
        if all(id(grid) in known for grid in wanted):
            return
        now = {id(grid) for grid in wanted}
        before = [grid for grid in self._grids if id(grid) not in now]
        while before and sum(grid.values.size for grid in before + wanted) > KEPT_POINTS:
            del before[0]
        self._grids = before + wanted
        self._tables = np.concatenate([grid.values.ravel() for grid in self._grids])

    def _span(self, wanted: DistanceGrid) -> tuple[int, int]:
        start = 0
        for grid in self._grids:
            if grid is wanted:
                return start, start + grid.values.size
            start += grid.values.size
        raise KeyError("grid was not added")


def _told_apart(listed: list[GraspObject]) -> tuple[list[GraspObject], NDArray[np.int64]]:
    """Each object once, and which of them stands at each place of the list; numpy is ten times as fast as a dict."""
    keys = np.fromiter(map(id, listed), np.int64, len(listed))
    _, first, rows = np.unique(keys, return_index=True, return_inverse=True)
    return [listed[i] for i in first], rows.astype(np.int64)
