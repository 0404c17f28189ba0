"""The three analytic shapes, placed in the grasp frame.

``kernel_id`` and ``kernel_parameters`` are what the quasistatic solver reads; the MuJoCo scene builds the same
solids from the fields.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from tacrefine.config import Description

ROD, PLATE, DISK = 0, 1, 2


class Rod(Description):
    """A round bar along y with hemispherical ends, its axis through the grasp frame's origin."""

    kind: Literal["rod"]
    radius: PositiveFloat
    length: PositiveFloat = 0.24

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return ROD

    @property
    def centre(self) -> tuple[float, float, float]:
        """m, of the solid in the grasp frame."""
        return (0.0, 0.0, 0.0)

    @property
    def kernel_parameters(self) -> tuple[float, float, float]:
        """Radius, half length between the hemispheres' centres, unused."""
        return (self.radius, self.length / 2, 0.0)


class Plate(Description):
    """A board in the y-z plane, grasped at its upper edge: the edge lies at z = 0, half way up the pads."""

    kind: Literal["plate"]
    thickness: PositiveFloat
    width: PositiveFloat = 0.24
    height: PositiveFloat = 0.10

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return PLATE

    @property
    def centre(self) -> tuple[float, float, float]:
        """m, of the solid in the grasp frame."""
        return (0.0, 0.0, -self.height / 2)

    @property
    def kernel_parameters(self) -> tuple[float, float, float]:
        """Half extents along x, y, z."""
        return (self.thickness / 2, self.width / 2, self.height / 2)


class Disk(Description):
    """A disk with its axis along x, grasped at the top of its rim, which stands ``overlap`` above z = 0."""

    kind: Literal["disk"]
    radius: PositiveFloat
    thickness: PositiveFloat
    overlap: float = 0.002

    @property
    def kernel_id(self) -> int:
        """Number of the shape in the solver."""
        return DISK

    @property
    def centre(self) -> tuple[float, float, float]:
        """m, of the solid in the grasp frame."""
        return (0.0, 0.0, self.overlap - self.radius)

    @property
    def kernel_parameters(self) -> tuple[float, float, float]:
        """Radius, half thickness, unused."""
        return (self.radius, self.thickness / 2, 0.0)


Shape = Annotated[Rod | Plate | Disk, Field(discriminator="kind")]
