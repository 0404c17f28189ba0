"""Where a pad's taxels lie and which way they face: from a grid, from a list of points or from a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from tacrefine.config import describe
from tacrefine.errors import ConfigError
from tacrefine.hands.description import HandDescription, PadDescription, Taxel
from tacrefine.hands.vendor_layouts import is_vendor_layout, vendor_layout

Array = NDArray[np.float64]
COLUMNS = ("x", "y", "z", "nx", "ny", "nz")
MILLIMETRES = 1e-3
LARGEST = 64 * 64


def taxel_points(pad: PadDescription) -> tuple[Array, Array]:
    """Centres (m) and outward unit normals of a pad's taxels in its frame, each ``(N, 3)``, grids row by row."""
    if pad.taxels is not None:
        assert not isinstance(pad.taxels, str), "files are read by `with_files_read`"
        points = np.array([taxel.at for taxel in pad.taxels], float)
        normals = np.array([taxel.normal for taxel in pad.taxels], float)
        return points, normals / np.linalg.norm(normals, axis=1, keepdims=True)
    assert pad.rows is not None
    assert pad.cols is not None
    row_pitch, col_pitch = pad.pitches
    along = (np.arange(pad.rows) - (pad.rows - 1) / 2) * row_pitch
    across = (np.arange(pad.cols) - (pad.cols - 1) / 2) * col_pitch
    z, s = (grid.ravel() for grid in np.meshgrid(along, across, indexing="ij"))
    if pad.curvature_radius is None:
        return np.stack([0 * s, s, z], -1), np.tile([1.0, 0.0, 0.0], (len(s), 1))
    angle = s / pad.curvature_radius
    radius = pad.curvature_radius
    points = np.stack([radius * (np.cos(angle) - 1), radius * np.sin(angle), z], -1)
    return points, np.stack([np.cos(angle), np.sin(angle), 0 * s], -1)


def with_files_read(hand: HandDescription, folder: Path) -> HandDescription:
    """The description with the taxels of its CSV files in it; paths are relative to `folder`.

    Raises ConfigError in one sentence.
    """
    fingers = []
    for finger in hand.fingers:
        pads = []
        for pad in finger.pads:
            if isinstance(pad.taxels, str):
                path = folder / pad.taxels
                content = pad.model_dump(exclude_unset=True) | {"taxels": named_taxels(pad.taxels, folder)}
                try:
                    pad = PadDescription.model_validate(content)
                except ValidationError as error:
                    raise ConfigError(f"{path}: {describe(error, PadDescription)}.") from error
            pads.append(pad)
        fingers.append(finger.model_copy(update={"pads": tuple(pads)}))
    return hand.model_copy(update={"fingers": tuple(fingers)})


def named_taxels(name: str, folder: Path) -> tuple[Taxel, ...]:
    """Taxels of a vendor's sensor (PXSR-STDDP03B) or of a CSV file in `folder`; raises ConfigError in one sentence."""
    if not is_vendor_layout(name):
        return read_taxels(folder / name)
    points, normals = vendor_layout(name)
    return tuple(
        Taxel(at=(p[0], p[1], p[2]), normal=(n[0], n[1], n[2]))
        for p, n in zip(points.tolist(), normals.tolist(), strict=True)
    )


def tangents(normals: Array) -> Array:
    """The directions of the tangential components ``(N, 2, 3)``: along columns and along rows of the pad's frame.

    Across is the pad's y made perpendicular to the normal (z where the normal is y), so that normal, across and along
    are a right-handed frame.
    """
    steep = np.abs(normals[:, 1]) > 0.99
    wanted = np.where(steep[:, None], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0])
    first = wanted - np.sum(wanted * normals, axis=1, keepdims=True) * normals
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(normals, first)
    return np.where(steep[:, None, None], np.stack([-second, first], 1), np.stack([first, second], 1))


def spacing(points: Array) -> float:
    """The middle distance (m) of taxels from their nearest neighbours; of a single one 1 mm."""
    if len(points) < 2:
        return 1e-3
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    return float(np.median(distances.min(axis=1)))


def read_taxels(path: Path) -> tuple[Taxel, ...]:
    """Taxels from a CSV with the columns x, y, z (m; or x_mm, y_mm, z_mm) and nx, ny, nz; '#' begins a comment.

    Raises ConfigError in one sentence that names file, line and column.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"{path}: cannot be read as a CSV of taxels ({reason}).") from error
    rows = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(line.split("#")[0] for line in lines), 1)
        if any(cell.strip() for cell in row)
    ]
    if not rows:
        raise ConfigError(f"{path}: holds no taxels; wanted are lines x,y,z,nx,ny,nz in m.")
    header = [cell.lower() for cell in rows[0][1]]
    scale = 1.0
    if _is_number(header[0]):
        header = list(COLUMNS[: len(header)])
    else:
        rows = rows[1:]
        if "x_mm" in header:
            scale, header = MILLIMETRES, [name.removesuffix("_mm") for name in header]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        what = "normals" if all(name.startswith("n") for name in missing) else "places or normals"
        raise ConfigError(
            f"{path}: the taxels lack {what} (no column {', '.join(missing)}); wanted are x, y, z in m (or x_mm, y_mm, "
            "z_mm) and nx, ny, nz."
        )
    places = [header.index(name) for name in COLUMNS]
    found = []
    for number, row in rows:
        try:
            x, y, z, nx, ny, nz = (float(row[place]) for place in places)
            found.append(Taxel(at=(scale * x, scale * y, scale * z), normal=(nx, ny, nz)))
        except (ValueError, IndexError) as error:
            raise ConfigError(
                f"{path}: line {number} is no taxel; wanted are six numbers, a place within 10 m and a normal that is "
                "not zero."
            ) from error
    if not 1 <= len(found) <= LARGEST:
        raise ConfigError(f"{path}: has {len(found)} taxels; allowed are 1 to {LARGEST}.")
    return tuple(found)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
