"""Where grasps are sampled: groups of poses on one object with one robot, so that any two of a group are a pair.

A group holds poses spread over the whole sampling box, and others near them at every scale: a refinement starts
with a large difference and ends with small ones, and both have to be learned.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from tacrefine.config import Description
from tacrefine.objects import GraspObject


class GroupSettings(Description):
    """How a group of poses is drawn."""

    size: int = Field(default=8, ge=2, le=64)
    """poses in a group"""
    anchors: int = Field(default=3, ge=1, le=64)
    """of them, spread over the whole box; the others lie near one of the anchors"""
    near: tuple[float, float] = (0.01, 0.6)
    """smallest and largest spread of the near ones, as a share of the box: log-uniform, for each axis by itself, so
    that being near along one axis promises nothing about another"""
    range_scales: tuple[Annotated[float, Field(ge=0.1, le=3.0)], ...] = Field(default=(1.05,), min_length=1)
    """the box, relative to the objects' own; each group takes one of these at random"""
    jitter_m: float = Field(default=1e-4, ge=0.0, le=0.01)
    """m, one standard deviation of every coordinate, the unobservable ones included"""
    jitter_rad: float = Field(default=1.5e-3, ge=0.0, le=0.1)
    """rad, the same for rotations"""

    @model_validator(mode="after")
    def _fits(self) -> GroupSettings:
        if self.anchors > self.size:
            raise ValueError(f"anchors must be at most size ({self.size}), found {self.anchors}")
        if not 0 < self.near[0] <= self.near[1]:
            raise ValueError(f"near must be two rising positive numbers, found {list(self.near)}")
        return self


def group_poses(
    item: GraspObject, rng: np.random.Generator, groups: int, settings: GroupSettings
) -> NDArray[np.float64]:
    """Pose coordinates ``(groups, size, 6)`` in m and rad on `item`."""
    s = settings
    box = item.half_range * np.reshape(rng.choice(s.range_scales, groups), (groups, 1, 1))
    spread = rng.uniform(-1.0, 1.0, (groups, s.anchors, 6))
    around = spread[:, np.arange(s.size - s.anchors) % s.anchors]
    low, high = np.log(s.near)
    scale = np.exp(rng.uniform(low, high, around.shape))
    near = np.clip(around + scale * rng.standard_normal(around.shape), -1.0, 1.0)
    jitter = np.repeat([s.jitter_m, s.jitter_rad], 3) * rng.standard_normal((groups, s.size, 6))
    return np.concatenate([spread, near], axis=1) * box + jitter
