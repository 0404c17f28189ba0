"""A solid from a triangle mesh file, placed in the grasp frame. Its distances are kept in a file beside the mesh.

Reading a mesh and measuring distances from it needs the packages of the extra ``mesh``; an object whose distances are
already there needs none of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PositiveFloat, PrivateAttr

from tacrefine.config import Position, Vector3
from tacrefine.errors import ConfigError
from tacrefine.geometry import transform
from tacrefine.objects.gridded import Gridded, Parts
from tacrefine.objects.grids import FAR, NEAR, Corners, DistanceGrid, DistanceGrids, Level, grid_axes, placed

FORMAT = b"tacrefine distances 2"
KEPT = ("near", "far", "corners", "sizes", "bounds")
"""besides the key"""
_ZERO = (0.0, 0.0, 0.0)


MESH_SUFFIXES = (".stl", ".obj")
MOST_BYTES = 512 * 2**20


class Measured(NamedTuple):
    """What is known of a mesh without reading it."""

    grids: DistanceGrids
    parts: Parts
    bounds: Corners


_measured: dict[str, Measured] = {}


class Mesh(Gridded):
    """A closed triangle mesh (STL or OBJ), scaled, turned by a rotation vector (rad), then moved (m)."""

    kind: Literal["mesh"]
    path: Annotated[str, BeforeValidator(str)]
    scale: PositiveFloat = Field(default=1.0, le=1e6)
    position: Position = _ZERO
    rotation: Vector3 = _ZERO
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
        if self.file.suffix.lower() not in MESH_SUFFIXES:
            raise ConfigError(
                f"{self.file}: not a kind of mesh that is read; allowed: {', '.join(MESH_SUFFIXES)}."
            )
        try:
            if (size := self.file.stat().st_size) > MOST_BYTES:
                raise ConfigError(f"{self.file}: has {size} bytes; allowed are {MOST_BYTES}.")
            content = self.file.read_bytes()
        except OSError as error:
            raise ConfigError(f"{self.file}: the mesh cannot be read ({error.strerror}).") from error
        place = np.array([self.scale, *self.position, *self.rotation, *NEAR, *FAR])
        return hashlib.sha256(FORMAT + place.tobytes() + content).hexdigest()

    def placed(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N, 3)`` points of the file in the grasp frame, m."""
        return np.asarray(transform(self.position, self.rotation).apply(self.scale * points))

    @property
    def measured(self) -> Measured:
        """Its distances and convex parts, read from beside the mesh, or made and kept there."""
        key = self.key
        if key not in _measured:
            _measured[key] = self._load(key) or self._make(key)
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

    def _load(self, key: str) -> Measured | None:
        try:
            with np.load(self.cache_file, allow_pickle=False) as kept:
                if str(kept["key"]) != key:
                    return None
                return _checked({name: kept[name] for name in KEPT})
        except Exception:  # what cannot be read, for whatever reason, is measured again
            return None

    def _make(self, key: str) -> Measured:
        from tacrefine.objects.meshing import measure

        made = measure(self)
        kept: dict[str, Any] = {
            "key": np.array(key),
            "near": made.grids.near.values,
            "far": made.grids.far.values,
            "corners": np.concatenate(made.parts),
            "sizes": np.array([len(part) for part in made.parts]),
            "bounds": np.array(made.bounds),
        }
        temporary = self.cache_file.with_name(f".{self.cache_file.name}.{os.getpid()}")
        try:
            with open(temporary, "wb") as stream:
                np.savez_compressed(stream, **kept)
            os.replace(temporary, self.cache_file)
        except OSError:
            # A read-only folder costs time at the next start, nothing else.
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return made


def _checked(kept: dict[str, NDArray[Any]]) -> Measured:
    """What was kept, once its sizes and numbers are those of grids; raises ValueError."""
    corners, sizes = kept["corners"], kept["sizes"]
    if not all(np.isfinite(array).all() for array in kept.values()):
        raise ValueError("parts or numbers are missing")
    if corners.shape[1:] != (3,) or sizes.min() < 4 or sizes.sum() != len(corners):
        raise ValueError("not corners of parts")
    low, high = kept["bounds"].astype(float)
    bounds = ((low[0], low[1], low[2]), (high[0], high[1], high[2]))
    grids = DistanceGrids(
        _checked_grid(kept["near"], np.int32, bounds, NEAR),
        _checked_grid(kept["far"], np.float32, bounds, FAR),
    )
    return Measured(grids, list(np.split(corners.astype(float), np.cumsum(sizes)[:-1])), bounds)


def _checked_grid(values: NDArray[Any], kind: type, bounds: Corners, level: Level) -> DistanceGrid:
    """Where a grid's points lie follows from the solid's bounds."""
    axes, cell = grid_axes(bounds, level)
    if values.dtype != kind or values.shape != tuple(len(axis) for axis in axes):
        raise ValueError("not a grid that is made here")
    return placed(np.ascontiguousarray(values), axes, cell)
