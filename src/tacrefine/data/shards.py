"""Shards of a dataset: one safetensors file each, with its schema, units and the generating settings inside.

safetensors is an open format (a JSON header, then plain arrays) that can be read lazily, from many languages and
without executing anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tacrefine import __version__
from tacrefine.data.stream import GraspGroups
from tacrefine.documents import quoted, write_atomically
from tacrefine.errors import DataError

SCHEMA = {
    "force": "true normal force of every taxel, N, float16 (groups, size, taxels)",
    "joints": "true joint positions, rad, float32 (groups, size, joints)",
    "coordinates": "pose coordinates x y z rx ry rz of the grasp centre in the grasp frame, m and rad, float32",
    "valid": "whether the thumb and two other fingers touch, uint8 (groups, size)",
    "objects": "index into the metadata's list of objects, int16 (groups,)",
}
"""field: meaning, unit, type and shape"""


FAULTS = (SafetensorError, OSError, KeyError, ValueError, TypeError)
ABOUT = "tacrefine"
"""the one metadata key, JSON: safetensors writes several in no fixed order, and equal shards must be equal bytes"""


SHARD_NAME = re.compile(r"shard-[0-9]{6,12}\.safetensors")


def shard_name(number: int) -> str:
    """File name of a shard."""
    return f"shard-{number:06d}.safetensors"


def pack_shard(groups: GraspGroups, metadata: dict[str, Any]) -> bytes:
    """The content of a shard's file; equal groups and metadata give equal bytes."""
    arrays: dict[str, NDArray[Any]] = {
        "force": groups.force.astype(np.float16),
        "joints": groups.joints.astype(np.float32),
        "coordinates": groups.coordinates.astype(np.float32),
        "valid": groups.valid.astype(np.uint8),
        "objects": groups.objects.astype(np.int16),
    }
    about = {"schema": SCHEMA, "code_version": __version__, **metadata}
    return save(arrays, {ABOUT: json.dumps(about, sort_keys=True)})


def write_shard(path: Path, packed: bytes) -> dict[str, Any]:
    """Write a packed shard in one atomic step; returns its entry for the index: name, samples, groups, checksum."""
    write_atomically(path, packed)
    return shard_entry(path)


def shard_entry(path: Path) -> dict[str, Any]:
    """The index entry of a finished shard, read from the file itself; DataError where it cannot be read."""
    try:
        with safe_open(path, framework="numpy") as stored:
            valid = stored.get_tensor("valid")
        with open(path, "rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    except FAULTS as error:
        raise DataError(f"{path}: not a readable shard ({quoted(error)}).") from error
    return {"name": path.name, "groups": len(valid), "samples": int(valid.sum()), "sha256": checksum}


def read_shard(path: Path) -> tuple[GraspGroups, dict[str, Any]]:
    """The groups of a shard and its metadata; DataError where it is not one, or its arrays do not fit together."""
    try:
        with safe_open(path, framework="numpy") as stored:
            arrays = {name: stored.get_tensor(name) for name in SCHEMA}
            metadata = json.loads((stored.metadata() or {})[ABOUT])
        _check(arrays, metadata)
    except (*FAULTS, RecursionError) as error:
        raise DataError(f"{path}: not a readable shard ({quoted(error)}).") from error
    arrays["force"] = arrays["force"].astype(np.float32)
    arrays["valid"] = arrays["valid"].astype(bool)
    return GraspGroups(**arrays), metadata


def _check(arrays: dict[str, NDArray[Any]], metadata: Any) -> None:
    """Raise ValueError with a phrase where sizes, kinds of numbers or metadata are not those of the schema."""
    names = metadata.get("objects") if isinstance(metadata, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("its metadata names no objects")
    if not isinstance(metadata.get("hand_signature"), str):
        raise ValueError("its metadata names no hand")
    shape = arrays["valid"].shape
    wanted = {"force": (*shape, -1), "joints": (*shape, -1), "coordinates": (*shape, 6), "objects": shape[:1]}
    for name, sizes in wanted.items():
        found = arrays[name].shape
        if (
            len(shape) != 2
            or len(found) != len(sizes)
            or any(s not in (-1, f) for s, f in zip(sizes, found, strict=True))
        ):
            raise ValueError(f"{name} has shape {found}, valid has {shape}")
    if any(arrays[name].dtype.kind != "f" for name in ("force", "joints", "coordinates")):
        raise ValueError("force, joints or coordinates are not floating point")
    if any(arrays[name].dtype.kind not in "iu" for name in ("valid", "objects")):
        raise ValueError("valid or objects are not whole numbers")
    objects = arrays["objects"]
    if objects.size and not 0 <= int(objects.min()) <= int(objects.max()) < len(names):
        raise ValueError("an object's number is beyond the list of objects")
    used = arrays["valid"].astype(bool)
    for name in ("joints", "coordinates"):
        if not np.isfinite(arrays[name][used]).all():
            raise ValueError(f"{name} of a valid grasp are not finite")
    if np.isinf(arrays["force"]).any():  # NaN is a dead taxel
        raise ValueError("force is infinite")
