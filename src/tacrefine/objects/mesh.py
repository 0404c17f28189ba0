"""A solid from a triangle mesh file, placed in the grasp frame. Its distances are kept in a file beside the mesh.

Reading a mesh and measuring distances from it needs the packages of the extra ``mesh``; an object whose distances are
already there needs none of them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, PositiveFloat, PrivateAttr

from tacrefine.config import Position, Vector3
from tacrefine.geometry import transform
from tacrefine.objects.gridded import Gridded, Parts
from tacrefine.objects.grids import FAR, NEAR, Corners, DistanceGrids
from tacrefine.objects.measured import Measured, keep, load

if TYPE_CHECKING:
    from tacrefine.objects.surface.measure import Report

FORMAT = b"tacrefine distances 2"
_ZERO = (0.0, 0.0, 0.0)

_measured: dict[str, Measured] = {}


class Mesh(Gridded):
    """A closed triangle mesh, scaled, turned by a rotation vector (rad), then moved (m)."""

    kind: Literal["mesh"]
    path: Annotated[str, BeforeValidator(str)]
    scale: PositiveFloat = Field(default=1.0, le=1e6)
    position: Position = _ZERO
    rotation: Vector3 = _ZERO
    repair: bool = False
    """whether small and flat holes of its surface are closed"""
    _folder: Path = PrivateAttr(default=Path("."))

    def beside(self, folder: Path) -> Mesh:
        """The same mesh, its path taken from that folder."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    @property
    def file(self) -> Path:
        """Where the mesh lies."""
        return self._folder / self.path.replace("\0", "?")

    @property
    def cache_file(self) -> Path:
        """Where its distances are kept."""
        return self.file.with_name(f"{self.file.stem}.{self.key[:8]}.distances.npz")

    @property
    def key(self) -> str:
        """Hash of the mesh and of where it is put; raises ConfigError where it cannot be read."""
        from tacrefine.objects.surface.files import mesh_bytes

        content = mesh_bytes(self.file)
        place = np.array([self.scale, *self.position, *self.rotation, *NEAR, *FAR])
        return hashlib.sha256(FORMAT + b" repaired" * self.repair + place.tobytes() + content).hexdigest()

    @property
    def measured(self) -> Measured:
        """Its distances and convex parts, read from beside the mesh, or made and kept there."""
        return self.measure()

    def measure(self, report: Report | None = None) -> Measured:
        """As ``measured``; `report` is told how far it is where it takes long."""
        key = self.key
        if key not in _measured:
            _measured[key] = load(self.cache_file, key) or self._make(key, report)
        return _measured[key]

    @property
    def grids(self) -> DistanceGrids:
        """Distances within the hand's reach."""
        return self.measured.grids

    @property
    def parts(self) -> Parts:
        """Convex bodies that fill it."""
        return self.measured.parts

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        return self.measured.bounds

    def _make(self, key: str, report: Report | None) -> Measured:
        from tacrefine.objects.surface.measure import Placement, measure

        pose = transform(self.position, self.rotation)
        made = measure(Placement(self.file, self.scale, pose, self.repair), report)
        keep(self.cache_file, key, made)
        return made
