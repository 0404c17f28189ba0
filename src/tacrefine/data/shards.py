"""Shards of a dataset: one safetensors file each, with its schema, units and the generating settings inside.

safetensors is an open format (a JSON header, then plain arrays) that can be read lazily, from many languages and
without executing anything.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tacrefine import __version__
from tacrefine.data.stream import GraspGroups
from tacrefine.errors import DataError

SCHEMA = {
    "force": "true normal force of every taxel, N, float16 (groups, size, taxels)",
    "joints": "true joint positions, rad, float32 (groups, size, joints)",
    "coordinates": "pose coordinates x y z rx ry rz of the grasp centre in the grasp frame, m and rad, float32",
    "valid": "whether the thumb and two other fingers touch, uint8 (groups, size)",
    "objects": "index into the metadata's list of objects, int16 (groups,)",
}
"""field: meaning, unit, type and shape"""


ABOUT = "tacrefine"
"""the one metadata key, JSON: safetensors writes several in no fixed order, and equal shards must be equal bytes"""


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(packed)
    os.replace(temporary, path)
    return shard_entry(path)


def shard_entry(path: Path) -> dict[str, Any]:
    """The index entry of a finished shard, read from the file itself; DataError where it cannot be read."""
    try:
        with safe_open(path, framework="numpy") as stored:
            valid = stored.get_tensor("valid")
        with open(path, "rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: not a readable shard ({str(error).splitlines()[0]}).") from error
    return {"name": path.name, "groups": len(valid), "samples": int(valid.sum()), "sha256": checksum}


def read_shard(path: Path) -> tuple[GraspGroups, dict[str, Any]]:
    """The groups of a shard and its metadata; DataError where it is not one."""
    try:
        with safe_open(path, framework="numpy") as stored:
            arrays = {name: stored.get_tensor(name) for name in SCHEMA}
            metadata = json.loads((stored.metadata() or {})[ABOUT])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: not a readable shard ({str(error).splitlines()[0]}).") from error
    arrays["force"] = arrays["force"].astype(np.float32)
    arrays["valid"] = arrays["valid"].astype(bool)
    return GraspGroups(**arrays), metadata
