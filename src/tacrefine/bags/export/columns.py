"""Episodes as one table of named columns, and the description with which `tacrefine data import` reads it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from tacrefine.bags.export.frames import Episode
from tacrefine.documents import write_atomically
from tacrefine.geometry import AXES
from tacrefine.hands import Hand

POSE = ("px", "py", "pz", "qx", "qy", "qz", "qw")
SUFFIX = ".description.yaml"


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts)


def columns_of(episodes: Sequence[Episode], hand: Hand) -> dict[str, NDArray[Any]]:
    """Columns of equal length, in order: where a row is from, touch, joints, wrist, correction.

    `tactile_PAD_ROW_COL` 0..1 (NaN: dead), `joint_NAME` rad, `wrist_*` m and quaternion, `moved_AXIS` (m, rad) where
    the wrist is, seen from the episode's first moment, `correction_AXIS` and `sigma_AXIS` (m, rad; NaN: none).
    """
    count = [len(episode) for episode in episodes]
    result: dict[str, NDArray[Any]] = {
        "bag": np.repeat([episode.bag for episode in episodes], count),
        "episode": np.repeat([episode.number for episode in episodes], count),
        "object": np.repeat([episode.object for episode in episodes], count),
        "stamp": _joined([np.array(episode.stamps) for episode in episodes]),
    }
    parts: list[tuple[list[str], list[NDArray[Any]]]] = [
        (taxel_names(hand), [np.stack(episode.tactile) for episode in episodes]),
        ([f"joint_{name}" for name in hand.joint_names], [np.stack(episode.joints) for episode in episodes]),
        ([f"wrist_{name}" for name in POSE], [np.stack(episode.wrist) for episode in episodes]),
        ([f"moved_{axis}" for axis in AXES], [episode.coordinates() for episode in episodes]),
        ([f"correction_{axis}" for axis in AXES], [np.stack(episode.correction) for episode in episodes]),
        ([f"sigma_{axis}" for axis in AXES], [np.stack(episode.sigma) for episode in episodes]),
    ]
    for names, arrays in parts:
        together = _joined(arrays)
        result |= {name: together[:, i] for i, name in enumerate(names)}
    return result


def taxel_names(hand: Hand) -> list[str]:
    """A column's name for each taxel, in the hand's order."""
    return [
        f"tactile_{pad.name}_{r}_{c}" for pad in hand.pads for r in range(pad.rows) for c in range(pad.cols)
    ]


def write_csv(columns: dict[str, NDArray[Any]], path: Path) -> None:
    """Write a CSV file whose first row has the names; NaN is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.getvalue())


def _cell(value: Any) -> Any:
    if isinstance(value, np.floating):
        return "" if np.isnan(value) else repr(float(value)) if value.dtype == np.float64 else f"{value:.9g}"
    return value


def write_parquet(columns: dict[str, NDArray[Any]], path: Path) -> None:
    """Write a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    arrays = {
        name: pyarrow.array(column.tolist() if column.dtype.kind == "U" else column)
        for name, column in columns.items()
    }
    pyarrow.parquet.write_table(pyarrow.table(arrays), temporary)
    os.replace(temporary, path)


def write_description(columns: dict[str, NDArray[Any]], hand: Hand, path: Path) -> Path:
    """Write beside `path` the YAML file with which `tacrefine data import` reads it, and return where.

    Taxels that are dead or never change, and axes along which the wrist never moved, are left out: they teach nothing.
    """

    def lives(name: str) -> bool:
        column = columns[name]
        return bool(np.isfinite(column).all() and np.ptp(column) > 0)

    taxels = [name for name in taxel_names(hand) if lives(name)]
    axes = [axis for axis in AXES if lives(f"moved_{axis}")]
    units = dict(zip(AXES, ["m"] * 3 + ["rad"] * 3, strict=True))
    content = {
        "name": "bags",
        "taxels": {"columns": taxels, "full_scale": 1.0},
        "coordinates": [{"name": axis, "column": f"moved_{axis}", "unit": units[axis]} for axis in axes],
        "context": [name for name in columns if name.startswith("joint_")],
        "group_by": "episode",
    }
    description = path.with_name(path.name + SUFFIX)
    write_atomically(description, yaml.safe_dump(content, sort_keys=False))
    return description
