"""Analytic objects seen through a grid: what the benchmark and the tests compare."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from tacrefine.objects.grasp_object import GraspObject
from tacrefine.objects.gridded import GRID, KEPT_GRIDS
from tacrefine.objects.grids import DistanceGrids, make_grids
from tacrefine.objects.shapes import Disk, Plate, Rod


@lru_cache(maxsize=KEPT_GRIDS)
def _grids_of(original: Rod | Plate | Disk) -> DistanceGrids:
    return make_grids(original)


@dataclasses.dataclass(frozen=True)
class Sampled:
    """An analytic shape whose distances come from a grid; MuJoCo still builds the analytic solid."""

    original: Rod | Plate | Disk
    kernel_id = GRID
    kernel_parameters = ()
    centre = (0.0, 0.0, 0.0)

    @property
    def grids(self) -> DistanceGrids:
        """Distances within the hand's reach: one grid for all copies of a shape, made when first asked for."""
        return _grids_of(self.original)


def as_grid(obj: GraspObject) -> GraspObject:
    """The same object with grid distances; an object that has a grid anyway comes back as it is."""
    if obj.shape.grids is not None:
        return obj
    return dataclasses.replace(obj, shape=Sampled(obj.shape))
