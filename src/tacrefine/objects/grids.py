"""Signed distances on regular grids, a fine and a coarse one: what any closed solid can be turned into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.objects.packing import pack

REACH = (0.06, 0.07, 0.05)
"""m along x, y, z of the grasp frame: beyond it no taxel comes near an object, so grids end there"""
MOST_POINTS = 1 << 23
"""of a grid; the solver counts them in float32, and they have to fit into memory for each of many solids"""
SLAB = 16
"""points along x that are sampled at once, at most: all together would take gigabytes on the way"""
COARSER = 1.1
"""factor on the cell, as often as needed, where a grid would have too many points"""

Axes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Coordinates (m) of a grid's points along x, y, z"""
Corners = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Lowest and highest corner of a bounding box, m"""


class Level(NamedTuple):
    """How finely, and how far around a solid, distances are kept."""

    cell: float
    """m between two points; more where the grid would have too many"""
    margin: float
    """m around the solid's bounding box"""


NEAR = Level(cell=3e-4, margin=1.5e-3)
"""For taxels, spheres of half a millimetre."""
FAR = Level(cell=1.25e-3, margin=0.04)
"""For what keeps its distance: the axis of a fingertip's stiff core lies that far from what it presses."""


@dataclass(frozen=True, eq=False)
class DistanceGrid:
    """What is known at ``origin + cell * (i, j, k)`` in the grasp frame."""

    values: NDArray[np.float32] | NDArray[np.int32]
    """(NX, NY, NZ), C order: distances (m, negative inside), or with their gradients as :mod:`.packing` packs them"""
    origin: tuple[float, float, float]
    """m"""
    cell: float
    """m"""

    @property
    def points(self) -> int:
        """Number of grid points."""
        return self.values.size


@dataclass(frozen=True, eq=False)
class DistanceGrids:
    """What is known of one solid: its surroundings finely, what lies further off coarsely."""

    near: DistanceGrid
    """with gradients: what an edge does to a sphere hardly larger than a cell cannot be read off distances alone"""
    far: DistanceGrid
    """distances only"""

    @property
    def bytes(self) -> int:
        """Memory of the coarse and the fine grid, bytes."""
        return self.near.values.nbytes + self.far.values.nbytes


Gradients = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Distances ``(NX, NY, NZ)`` m and their gradients ``(3, NX, NY, NZ)``"""


class Sampleable(Protocol):
    """A solid that can say where it lies and how far points are from it."""

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner in the grasp frame, m."""
        ...

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at every point of a grid, ``(NX, NY, NZ)``."""
        ...


@runtime_checkable
class Gradable(Protocol):
    """A solid that knows the gradients as well."""

    def sample_gradients(self, axes: Axes) -> Gradients:
        """Signed distances and their gradients at every point of a grid."""
        ...


def grid_axes(bounds: Corners, level: Level) -> tuple[Axes, float]:
    """Where the grid of a solid has its points, around its bounding box and clipped to the hand's reach; its cell (m).

    ``bounds``: lowest and highest corner, m. Raises ConfigError where the solid lies out of reach.
    """
    reach, (lowest, highest) = np.array(REACH), np.array(bounds)
    low, high = np.maximum(lowest - level.margin, -reach), np.minimum(highest + level.margin, reach)
    if not (low < high).all():
        raise ConfigError(
            f"the solid lies out of the hand's reach: it spans {_span(lowest, highest)} m, and x, y, z of the grasp "
            f"frame are reached to +-{REACH[0]:g}, +-{REACH[1]:g}, +-{REACH[2]:g} m."
        )
    cell = level.cell
    while np.prod((high - low) / cell + 3.0) > MOST_POINTS:
        cell *= COARSER
    # Whole multiples of the cell: points do not move with where a solid happens to end.
    first, last = np.floor(low / cell).astype(int), np.ceil(high / cell).astype(int)
    x, y, z = (cell * np.arange(a, b + 1) for a, b in zip(first, last, strict=True))
    return (x, y, z), cell


def make_grids(solid: Sampleable, progress: Callable[[int, int], None] | None = None) -> DistanceGrids:
    """Sample a solid within the hand's reach. Raises ConfigError where it lies out of it.

    `progress` is told how many of how many slabs of the fine grid are done.
    """
    return DistanceGrids(_fine_grid(solid, progress), _coarse_grid(solid))


def placed(values: NDArray[np.float32] | NDArray[np.int32], axes: Axes, cell: float) -> DistanceGrid:
    """Values at a grid's points, as one object."""
    return DistanceGrid(values, (float(axes[0][0]), float(axes[1][0]), float(axes[2][0])), cell)


def _coarse_grid(solid: Sampleable) -> DistanceGrid:
    axes, cell = grid_axes(solid.bounds, FAR)
    values = np.ascontiguousarray(_for_interpolation(solid.sample(axes)), np.float32)
    return placed(values, axes, cell)


def _fine_grid(solid: Sampleable, progress: Callable[[int, int], None] | None) -> DistanceGrid:
    axes, cell = grid_axes(solid.bounds, NEAR)
    slabs = [(x, *axes[1:]) for x in np.array_split(axes[0], -(-len(axes[0]) // SLAB))]
    words = []
    for done, slab in enumerate(slabs):
        if progress is not None:
            progress(done, len(slabs))
        found = (
            solid.sample_gradients(slab) if isinstance(solid, Gradable) else _differences(solid, slab, cell)
        )
        words.append(pack(*found))
    return placed(np.concatenate(words), axes, cell)


def _differences(solid: Sampleable, axes: Axes, cell: float) -> Gradients:
    """Sampled twice as finely: gradients are the differences between a point's neighbours half a cell away."""
    x, y, z = (axis[0] + cell / 2 * np.arange(-1, 2 * len(axis)) for axis in axes)
    around = solid.sample((x, y, z))
    at, low, high = slice(1, -1, 2), slice(0, -2, 2), slice(2, None, 2)
    differences = (
        around[high, at, at] - around[low, at, at],
        around[at, high, at] - around[at, low, at],
        around[at, at, high] - around[at, at, low],
    )
    return around[at, at, at], np.stack(differences) / cell


def _for_interpolation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values whose trilinear interpolation is right on average: of the distances themselves it reads too much

    wherever the surface is curved (a twelfth of the second difference, averaged over a cell).
    """
    corrected = values.copy()
    for axis in range(3):
        inner = [slice(None)] * 3
        inner[axis] = slice(1, -1)
        corrected[tuple(inner)] -= np.diff(values, 2, axis=axis) / 12.0
    return corrected


def _span(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> str:
    return ", ".join(f"{a:.3f} to {b:.3f}" for a, b in zip(lowest, highest, strict=True))
