"""Analytic objects seen through a grid: what the benchmark and the tests compare."""

from __future__ import annotations

import dataclasses
from functools import cached_property

from tacrefine.objects.grasp_object import GraspObject
from tacrefine.objects.gridded import GRID
from tacrefine.objects.grids import DistanceGrid, make_grid
from tacrefine.objects.shapes import Disk, Plate, Rod


@dataclasses.dataclass(frozen=True)
class Sampled:
    """An analytic shape whose distances come from a grid; MuJoCo still builds the analytic solid."""

    original: Rod | Plate | Disk
    kernel_id = GRID
    kernel_parameters = ()
    centre = (0.0, 0.0, 0.0)

    @cached_property
    def grid(self) -> DistanceGrid:
        """Distances within the hand's reach."""
        return make_grid(self.original)


def as_grid(obj: GraspObject) -> GraspObject:
    """The same object with grid distances; an object that has a grid anyway comes back as it is."""
    if obj.shape.grid is not None:
        return obj
    return dataclasses.replace(obj, shape=Sampled(obj.shape))
