"""What all solids share that the solver sees as grids of distances."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tacrefine.config import Description
from tacrefine.objects.grids import DistanceGrids, Sampleable, make_grids

GRID = 3
KEPT_GRIDS = 64
"""solids whose grids, 7 to 40 MB each, are kept for the next time they are asked for"""

Parts = list[NDArray[np.float64]]
"""Convex bodies, each ``(V, 3)`` corners (m) in the grasp frame"""


@lru_cache(maxsize=KEPT_GRIDS)
def _grids_of(solid: Gridded) -> DistanceGrids:
    return make_grids(cast(Sampleable, solid))


class Gridded(Description):
    """Base of every solid that the solver sees as grids of distances in the grasp frame itself."""

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return GRID

    @property
    def kernel_parameters(self) -> tuple[float, ...]:
        """None: a grid's numbers come from the grid."""
        return ()

    @property
    def centre(self) -> tuple[float, float, float]:
        """m: grids lie in the grasp frame itself."""
        return (0.0, 0.0, 0.0)

    @property
    def grids(self) -> DistanceGrids:
        """Distances within the hand's reach; made when first asked for, then kept."""
        return _grids_of(self)
