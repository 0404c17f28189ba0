"""Labelled presses on disk: a safetensors shard with schema, units and description, and an index with its checksum."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tacrefine import __version__
from tacrefine.data.dataset import read_index
from tacrefine.data.presses.description import TableDescription
from tacrefine.data.presses.presses import Presses
from tacrefine.data.sharded import INDEX
from tacrefine.data.shards import ABOUT, shard_name
from tacrefine.documents import quoted, write_atomically
from tacrefine.errors import DataError

KIND = "labelled presses"
SCHEMA = {
    "readings": "sign * (value - rest) / full_scale of every column of touch, float32 (presses, taxels * components)",
    "coordinates": "measured coordinates, SI units as in `units`, float64 (presses, coordinates)",
    "groups": "number of the group of presses that were made together, int64 (presses,)",
    "rows": "row of the table, from 0, int64 (presses,)",
    "context": "further columns that go with each press, float32 (presses, columns)",
}


def sha256(path: Path) -> str:
    """SHA-256 of a file as hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_presses(presses: Presses, table: Path, folder: Path) -> dict[str, Any]:
    """Write presses as a dataset and return its index; DataError where the folder holds anything already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: holds files already; choose a folder that is empty or not there.")
    folder.mkdir(parents=True, exist_ok=True)
    description = presses.description.model_dump(mode="json")
    about = {
        "kind": KIND,
        "schema": SCHEMA,
        "units": dict(zip(presses.description.names, presses.description.units, strict=True)),
        "description": description,
        "table": table.name,
        "table_sha256": sha256(table / "meta" / "info.json" if table.is_dir() else table),
        "code_version": __version__,
    }
    path = folder / shard_name(0)
    write_atomically(path, packed(presses, about))
    entry = {"name": path.name, "samples": len(presses), "sha256": sha256(path)}
    index = {
        "kind": KIND,
        "settings": {"table": table.name, "description": description},
        "samples": len(presses),
        "groups": len(np.unique(presses.groups)),
        "shards": [entry],
    }
    write_atomically(folder / INDEX, json.dumps(index, indent=2) + "\n")
    return index


def packed(presses: Presses, about: dict[str, Any]) -> bytes:
    """The content of a file of presses; equal presses give equal bytes."""
    arrays = {name: np.ascontiguousarray(getattr(presses, name)) for name in SCHEMA}
    return save(arrays, {ABOUT: json.dumps(about, sort_keys=True)})


def read_presses(folder: Path) -> tuple[Presses, str]:
    """The presses of a dataset, and its checksum; DataError where it is damaged or holds something else."""
    entries = read_index(folder)
    path = folder / entries[0]["name"]
    if not path.is_file() or sha256(path) != entries[0]["sha256"]:
        raise DataError(
            f"{path}: missing or corrupt, its SHA-256 is not the one in {INDEX}; import the table again."
        )
    return unpacked(path), str(entries[0]["sha256"])


def unpacked(path: Path) -> Presses:
    """The presses of one file; DataError where it holds something else."""
    try:
        with safe_open(path, framework="numpy") as stored:
            about = json.loads((stored.metadata() or {})[ABOUT])
            if about.get("kind") != KIND:
                raise DataError(f"{path}: holds no labelled presses; make them with tacrefine data import.")
            arrays = {name: stored.get_tensor(name) for name in SCHEMA}
        presses = Presses(TableDescription.model_validate(about["description"]), **arrays)
        _check(presses)
    except (
        SafetensorError,
        OSError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        what = "its description is not valid" if isinstance(error, ValidationError) else quoted(error)
        raise DataError(f"{path}: not a readable file of presses ({what}).") from error
    return presses


def _check(presses: Presses) -> None:
    """Raise ValueError with a phrase where arrays do not fit together."""
    n = presses.readings.shape[0]
    wanted = {"coordinates": (n, len(presses.description.coordinates)), "groups": (n,), "rows": (n,)}
    if presses.readings.ndim != 2 or not np.isfinite(presses.readings).all():
        raise ValueError("readings are not a finite table")
    for name, shape in wanted.items():
        if getattr(presses, name).shape != shape:
            raise ValueError(f"{name} has shape {getattr(presses, name).shape}, needed is {shape}")
    if len(presses.context) != n or presses.context.ndim != 2 or not np.isfinite(presses.context).all():
        raise ValueError("context is no finite table of as many rows")
    if not np.isfinite(presses.coordinates).all():
        raise ValueError("coordinates are not finite")
