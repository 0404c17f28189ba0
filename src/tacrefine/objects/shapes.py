"""The shapes an object may have: three analytic ones, and solids that are sampled on a grid.

``kernel_id`` and ``kernel_parameters`` are what the quasistatic solver reads; the MuJoCo scene builds the same
solids from the fields.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tacrefine.config import Coordinate, Description, Length
from tacrefine.objects.grids import Axes, Corners
from tacrefine.objects.mesh import Mesh
from tacrefine.objects.peg import Peg
from tacrefine.objects.solids import Ellipse, Extrusion, Turned, Union

ROD, PLATE, DISK = 0, 1, 2


def _about(centre: tuple[float, float, float], half: tuple[float, float, float]) -> Corners:
    x, y, z = centre
    a, b, c = half
    return (x - a, y - b, z - c), (x + a, y + b, z + c)


def _from_sides(*sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance from the distances beyond each pair of sides, of a box or a cylinder."""
    outside = np.sqrt(sum(np.maximum(side, 0.0) ** 2 for side in sides))
    return np.where(outside > 0.0, outside, np.maximum.reduce(np.broadcast_arrays(*sides)))


class Rod(Description):
    """A round bar along y with hemispherical ends, its axis through the grasp frame's origin."""

    kind: Literal["rod"]
    radius: Length
    length: Length = 0.24

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return ROD

    @property
    def grids(self) -> None:
        """An analytic shape needs none."""

    @property
    def centre(self) -> tuple[float, float, float]:
        """m, of the solid in the grasp frame."""
        return (0.0, 0.0, 0.0)

    @property
    def kernel_parameters(self) -> tuple[float, float, float]:
        """Radius, half length between the hemispheres' centres, unused."""
        return (self.radius, self.length / 2, 0.0)

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        return _about(self.centre, (self.radius, self.length / 2 + self.radius, self.radius))

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        x, y, z = np.meshgrid(*axes, indexing="ij")
        return np.sqrt(x**2 + np.maximum(np.abs(y) - self.length / 2, 0.0) ** 2 + z**2) - self.radius


class Plate(Description):
    """A board in the y-z plane, grasped at its upper edge: the edge lies at z = 0, half way up the pads."""

    kind: Literal["plate"]
    thickness: Length
    width: Length = 0.24
    height: Length = 0.10

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return PLATE

    @property
    def grids(self) -> None:
        """An analytic shape needs none."""

    @property
    def centre(self) -> tuple[float, float, float]:
        """m, of the solid in the grasp frame."""
        return (0.0, 0.0, -self.height / 2)

    @property
    def kernel_parameters(self) -> tuple[float, float, float]:
        """Half extents along x, y, z."""
        return (self.thickness / 2, self.width / 2, self.height / 2)

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        return _about(self.centre, self.kernel_parameters)

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        points, half = np.meshgrid(*axes, indexing="ij"), self.kernel_parameters
        return _from_sides(*(np.abs(p - c) - h for p, c, h in zip(points, self.centre, half, strict=True)))


class Disk(Description):
    """A disk with its axis along x, grasped at the top of its rim, which stands ``overlap`` above z = 0."""

    kind: Literal["disk"]
    radius: Length
    thickness: Length
    overlap: Coordinate = 0.002

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return DISK

    @property
    def grids(self) -> None:
        """An analytic shape needs none."""

    @property
    def centre(self) -> tuple[float, float, float]:
        """m, of the solid in the grasp frame."""
        return (0.0, 0.0, self.overlap - self.radius)

    @property
    def kernel_parameters(self) -> tuple[float, float, float]:
        """Radius, half thickness, unused."""
        return (self.radius, self.thickness / 2, 0.0)

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        return _about(self.centre, (self.thickness / 2, self.radius, self.radius))

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        x, y, z = np.meshgrid(*axes, indexing="ij")
        return _from_sides(np.abs(x) - self.thickness / 2, np.hypot(y, z - self.centre[2]) - self.radius)


Shape = Annotated[
    Rod | Plate | Disk | Peg | Extrusion | Turned | Ellipse | Union | Mesh, Field(discriminator="kind")
]
