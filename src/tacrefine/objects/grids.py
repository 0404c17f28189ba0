"""Signed distances on a regular grid: what any closed solid can be turned into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError

CELL = 5e-4
"""m between two points"""
REACH = (0.06, 0.07, 0.05)
"""m along x, y, z of the grasp frame: beyond it no taxel comes near an object, so grids end there"""
MARGIN = 0.016
"""m around the solid that the grid covers: the axis of a fingertip's stiff core lies that far from what it presses"""
MOST_POINTS = 1 << 24
"""The solver counts a table's points in float32."""

Axes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Coordinates (m) of a grid's points along x, y, z"""


@dataclass(frozen=True, eq=False)
class DistanceGrid:
    """Distances (m, negative inside) at ``origin + cell * (i, j, k)`` in the grasp frame."""

    values: NDArray[np.float32]
    """(NX, NY, NZ), C order"""
    origin: tuple[float, float, float]
    """m"""
    cell: float
    """m"""


class Sampleable(Protocol):
    """A solid that can say where it lies and how far points are from it."""

    @property
    def bounds(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest corner in the grasp frame, m."""
        ...

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at every point of a grid, ``(NX, NY, NZ)``."""
        ...


def grid_axes(solid: Sampleable, cell: float = CELL) -> Axes:
    """Where the grid of a solid has its points: around its bounding box, clipped to the hand's reach.

    Raises ConfigError where the solid lies out of reach.
    """
    reach, (lowest, highest) = np.array(REACH), np.array(solid.bounds)
    low, high = np.maximum(lowest - MARGIN, -reach), np.minimum(highest + MARGIN, reach)
    if not (low < high).all():
        raise ConfigError(
            f"the solid lies out of the hand's reach: it spans {_span(lowest, highest)} m, and x, y, z of the grasp "
            f"frame are reached to +-{REACH[0]:g}, +-{REACH[1]:g}, +-{REACH[2]:g} m."
        )
    # Whole multiples of the cell: points do not move with where a solid happens to end.
    first, last = np.floor(low / cell).astype(int), np.ceil(high / cell).astype(int)
    x, y, z = (cell * np.arange(a, b + 1) for a, b in zip(first, last, strict=True))
    return x, y, z


def make_grid(solid: Sampleable, cell: float = CELL) -> DistanceGrid:
    """Sample a solid within the hand's reach. Raises ConfigError where it lies out of it."""
    axes = grid_axes(solid, cell)
    if np.prod([len(axis) for axis in axes]) >= MOST_POINTS:
        raise ConfigError(f"a grid of {cell:g} m has more than {MOST_POINTS} points; take a larger cell.")
    values = np.ascontiguousarray(_for_interpolation(solid.sample(axes)), np.float32)
    return DistanceGrid(values, (float(axes[0][0]), float(axes[1][0]), float(axes[2][0])), cell)


def _for_interpolation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values whose trilinear interpolation is right on average: of the distances themselves it reads too much

    wherever the surface is curved, by up to 0.06 mm around an edge (a twelfth of the second difference, averaged over
    a cell).
    """
    corrected = values.copy()
    for axis in range(3):
        inner = [slice(None)] * 3
        inner[axis] = slice(1, -1)
        corrected[tuple(inner)] -= np.diff(values, 2, axis=axis) / 12.0
    return corrected


def _span(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> str:
    return ", ".join(f"{a:.3f} to {b:.3f}" for a, b in zip(lowest, highest, strict=True))
