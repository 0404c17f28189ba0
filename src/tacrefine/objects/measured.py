"""What is known of a mesh without reading it: its distances and convex parts, kept in a file."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects.gridded import Parts
from tacrefine.objects.grids import FAR, NEAR, Corners, DistanceGrid, DistanceGrids, Level, grid_axes, placed

KEPT = ("near", "far", "corners", "sizes", "bounds")
"""besides the key"""


class Measured(NamedTuple):
    """A mesh in the grasp frame."""

    grids: DistanceGrids
    parts: Parts
    bounds: Corners
    deviation: float | None = None
    """m that the parts reach beyond the surface; None where it was not measured"""
    notes: tuple[str, ...] = ()
    """what was put right before the surface was closed, as parts of a sentence"""


def load(path: Path, key: str) -> Measured | None:
    """What was kept in a file under a key; None where it is something else or cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            deviation = float(kept["deviation"]) if "deviation" in kept else None
            notes = tuple(str(note) for note in kept["notes"]) if "notes" in kept else ()
            return _checked({name: kept[name] for name in KEPT})._replace(deviation=deviation, notes=notes)
    except Exception:  # what cannot be read, for whatever reason, is measured again
        return None


def keep(path: Path, key: str, made: Measured) -> None:
    """Write what is known of a mesh under a key; where the folder cannot be written, nothing is kept."""
    kept: dict[str, Any] = {
        "key": np.array(key),
        "near": made.grids.near.values,
        "far": made.grids.far.values,
        "corners": np.concatenate(made.parts),
        "sizes": np.array([len(part) for part in made.parts]),
        "bounds": np.array(made.bounds),
        "notes": np.array(made.notes, np.str_),
    }
    if made.deviation is not None:
        kept["deviation"] = np.array(made.deviation)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as stream:
            np.savez_compressed(stream, **kept)
        os.replace(temporary, path)
    except OSError:
        # A read-only folder costs time at the next start, nothing else.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


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
