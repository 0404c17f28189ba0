"""A round peg that is held along the hand's axis: upright, grasped at its upper end."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tacrefine.config import Coordinate, Length
from tacrefine.objects.gridded import Gridded, Parts
from tacrefine.objects.grids import Axes, Corners

CORNERS = 128
"""of the circle where the peg is drawn as a convex body"""


class Peg(Gridded):
    """A cylinder along z, the approach direction; its upper end lies ``overlap`` above z = 0, half way up the pads."""

    kind: Literal["peg"]
    radius: Length
    length: Length
    overlap: Coordinate = 0.006

    @property
    def middle(self) -> float:
        """Z of the solid's middle, m."""
        return self.overlap - self.length / 2

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        r = self.radius
        return (-r, -r, self.overlap - self.length), (r, r, self.overlap)

    @property
    def parts(self) -> Parts:
        """Return the corners of the convex parts, here one."""
        angle = 2 * np.pi * np.arange(CORNERS) / CORNERS
        ring = self.radius * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], 1)
        ends = (self.overlap - self.length, self.overlap)
        return [np.concatenate([ring + np.array([0.0, 0.0, z]) for z in ends])]

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        x, y, z = np.meshgrid(*axes, indexing="ij")
        beside, beyond = np.hypot(x, y) - self.radius, np.abs(z - self.middle) - self.length / 2
        outside = np.hypot(np.maximum(beside, 0.0), np.maximum(beyond, 0.0))
        return np.where(outside > 0.0, outside, np.maximum(beside, beyond))
