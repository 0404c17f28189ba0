"""Shards of a dataset: one safetensors file each, with its schema, units and the generating settings inside.

safetensors is an open format (a JSON header, then plain arrays) that can be read lazily, from many languages and
without executing anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tacrefine import __version__
from tacrefine.data.groups import ForceGroups, ReadingGroups
from tacrefine.documents import quoted, write_atomically
from tacrefine.errors import DataError

SCHEMA = {
    "force": "true normal force of every taxel, N, float16 (groups, size, taxels)",
    "joints": "true joint positions, rad, float32 (groups, size, joints)",
    "coordinates": "pose coordinates x y z rx ry rz of the grasp centre in the grasp frame, m and rad, float32",
    "valid": "whether the fingers that a grasp needs touch, uint8 (groups, size)",
    "objects": "index into the metadata's list of objects, int16 (groups,)",
}
"""field: meaning, unit, type and shape, in a shard of simulated grasps"""
MEASURED_SCHEMA = SCHEMA | {
    "force": "mean reading of every taxel times its full scale, N, NaN where dead, float16 (groups, size, taxels)",
    "joints": "measured joint positions, rad, float32 (groups, size, joints)",
    "coordinates": "pose coordinates x y z rx ry rz of the grasp centre, m and rad, float32; only differences count",
    "valid": "whether there is a grasp in this slot, uint8 (groups, size)",
}
"""the same in a shard of recorded grasps"""
TOUCH, READINGS = "touch", "readings"
"""key of a shard's metadata, and its value where grasps are recorded; without the key it holds true forces"""
G = TypeVar("G", ForceGroups, ReadingGroups)

FAULTS = (SafetensorError, OSError, KeyError, ValueError, TypeError)
ABOUT = "tacrefine"
"""the one metadata key, JSON: safetensors writes several in no fixed order, and equal shards must be equal bytes"""
SHARD_NAME = re.compile(r"shard-[0-9]{6,12}\.safetensors")


def shard_name(number: int) -> str:
    """File name of a shard."""
    return f"shard-{number:06d}.safetensors"


def pack_shard(groups: ForceGroups | ReadingGroups, metadata: dict[str, Any]) -> bytes:
    """The content of a shard's file; equal groups and metadata give equal bytes."""
    recorded = isinstance(groups, ReadingGroups)
    arrays: dict[str, NDArray[Any]] = {
        "force": (groups.measured if isinstance(groups, ReadingGroups) else groups.force).astype(np.float16),
        "joints": groups.joints.astype(np.float32),
        "coordinates": groups.coordinates.astype(np.float32),
        "valid": groups.valid.astype(np.uint8),
        "objects": groups.objects.astype(np.int16),
    }
    about = {"schema": MEASURED_SCHEMA if recorded else SCHEMA, "code_version": __version__, **metadata}
    if recorded:
        about[TOUCH] = READINGS
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


def read_shard(path: Path, kind: type[G]) -> tuple[G, dict[str, Any]]:
    """The groups of a shard and its metadata.

    Raises DataError where it is not a shard, its arrays do not fit together, or it holds the other kind of touch.
    """
    try:
        with safe_open(path, framework="numpy") as stored:
            arrays = {name: stored.get_tensor(name) for name in SCHEMA}
            metadata = json.loads((stored.metadata() or {})[ABOUT])
        _check(arrays, metadata)
    except (*FAULTS, RecursionError) as error:
        raise DataError(f"{path}: not a readable shard ({quoted(error)}).") from error
    found = _touch_in(metadata)
    if found not in (kind, None):
        raise DataError(f"{path}: holds {CALLED[found]}; needed are {CALLED[kind]}.")
    touch = arrays.pop("force").astype(np.float32)
    if kind is ForceGroups and not np.isfinite(touch).all():
        raise DataError(f"{path}: some force is not finite; needed are {CALLED[kind]}.")
    arrays["valid"] = arrays["valid"].astype(bool)
    name = "force" if kind is ForceGroups else "measured"
    return kind(**arrays, **{name: touch}), metadata


CALLED: dict[type[ForceGroups] | type[ReadingGroups], str] = {
    ForceGroups: "true forces of simulated grasps (tacrefine generate)",
    ReadingGroups: "readings of recorded grasps (tacrefine bags convert)",
}


def _touch_in(metadata: dict[str, Any]) -> type[ForceGroups] | type[ReadingGroups] | None:
    """What a shard says that it holds; None where it does not say."""
    settings = metadata.get("settings")
    if metadata.get(TOUCH) == READINGS or (isinstance(settings, dict) and "bags" in settings):
        return ReadingGroups
    return ForceGroups if isinstance(settings, dict) and "plant" in settings else None


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
