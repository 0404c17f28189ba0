"""Examples of regrasping as a dataset: images once each, states that refer to them, examples that refer to states."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tacrefine import __version__
from tacrefine.data.sharded import INDEX, Entry
from tacrefine.data.shards import ABOUT
from tacrefine.errors import DataError
from tacrefine.gripper import Action, Example, State

REGRASP, STAY, RELEASED = 0, 1, 2
"""kinds of example: the action out of a closed grasp; staying in a grasp; the action out of an open gripper"""
SCHEMA = {
    "camera": "RGB crops around the gripper, uint8 (C, 64, 64, 3)",
    "tactile": "RGB of both pads, uint8 (T, 2, 48, 36, 3)",
    "state_camera": "index into camera, int32 (S,)",
    "state_camera_rest": "the same before the gripper closed, int32 (S,)",
    "state_tactile": "index into tactile, int32 (S,)",
    "state_tactile_rest": "the same before any contact, int32 (S,)",
    "pose": "of the gripper, x y z yaw, m and rad, float32 (S, 4)",
    "force": "commanded, 0 when open, N, float32 (S,)",
    "example_state": "index into states, int32 (E,)",
    "action": "dx dy dz (m) dyaw (rad) in the gripper frame, force (N), float32 (E, 5)",
    "success": "whether both pads felt the object after lift and hold, uint8 (E,)",
    "object": "index into the metadata's list of objects, int16 (E,)",
    "trial": "number, int32 (E,)",
    "kind": "0 adjustment out of a grasp, 1 stays, 2 adjustment after letting go, uint8 (E,)",
}
"""field: meaning, unit, type and shape"""
REFERENCES = {
    "state_camera": "camera",
    "state_camera_rest": "camera",
    "state_tactile": "tactile",
    "state_tactile_rest": "tactile",
    "example_state": "pose",
}
"""field of indices: the field whose rows they count"""


@dataclass(frozen=True, eq=False)
class Examples:
    """Arrays of one or many trials, see `SCHEMA`."""

    camera: NDArray[np.uint8]
    tactile: NDArray[np.uint8]
    state_camera: NDArray[np.int32]
    state_camera_rest: NDArray[np.int32]
    state_tactile: NDArray[np.int32]
    state_tactile_rest: NDArray[np.int32]
    pose: NDArray[np.float32]
    force: NDArray[np.float32]
    example_state: NDArray[np.int32]
    action: NDArray[np.float32]
    success: NDArray[np.bool_]
    object: NDArray[np.int16]
    trial: NDArray[np.int32]
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.action)

    def __getitem__(self, number: int) -> Example:
        state = int(self.example_state[number])
        return Example(
            state=self.state(state),
            action=Action.from_array(self.action[number]),
            success=bool(self.success[number]),
            object=int(self.object[number]),
            trial=int(self.trial[number]),
        )

    def __iter__(self) -> Iterator[Example]:
        return (self[number] for number in range(len(self)))

    def state(self, number: int) -> State:
        """Return state `number`; its images are views."""
        return State(
            camera=self.camera[self.state_camera[number]],
            camera_rest=self.camera[self.state_camera_rest[number]],
            tactile=self.tactile[self.state_tactile[number]],
            tactile_rest=self.tactile[self.state_tactile_rest[number]],
            pose=self.pose[number],
            force=float(self.force[number]),
        )


def joined(parts: list[Examples]) -> Examples:
    """Return all of them as one; indices go on referring to the same rows."""
    arrays: dict[str, Any] = {}
    for name in SCHEMA:
        columns = [getattr(part, name) for part in parts]
        if name in REFERENCES:
            before = np.cumsum([0, *(len(getattr(part, REFERENCES[name])) for part in parts[:-1])])
            columns = [column + shift for column, shift in zip(columns, before, strict=True)]
        arrays[name] = np.concatenate(columns).astype(columns[0].dtype)
    return Examples(**arrays)


def pack_examples(examples: Examples, about: dict[str, Any]) -> bytes:
    """Return the content of a shard's file; equal examples give equal bytes."""
    arrays = {field.name: getattr(examples, field.name) for field in fields(examples)}
    arrays["success"] = examples.success.astype(np.uint8)
    header = {"schema": SCHEMA, "code_version": __version__, **about}
    return save(arrays, {ABOUT: json.dumps(header, sort_keys=True)})


def read_examples(path: Path) -> tuple[Examples, dict[str, Any]]:
    """Return the examples of a shard and its metadata; DataError where the file is none."""
    try:
        with safe_open(path, framework="numpy") as stored:
            arrays = {name: stored.get_tensor(name) for name in SCHEMA}
            about = json.loads((stored.metadata() or {})[ABOUT])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{path}: not a readable shard of regrasp examples ({_first_line(error)})."
        ) from error
    arrays["success"] = arrays["success"].astype(bool)
    return Examples(**arrays), about


def examples_entry(path: Path) -> Entry:
    """Return the index entry of a finished shard, read from the file; DataError where it cannot be read."""
    examples, _ = read_examples(path)
    with open(path, "rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "name": path.name,
        "trials": len(np.unique(examples.trial)),
        "held": int(examples.success[examples.kind == STAY].sum()),
        "examples": len(examples),
        "sha256": checksum,
    }


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """A dataset in memory: its examples, the names that `object` counts, and the checksum of the whole."""

    examples: Examples
    objects: tuple[str, ...]
    checksum: str

    @classmethod
    def load(cls, folder: Path, partial: bool = False) -> ExampleSet:
        """Read a finished dataset, or with `partial` the whole shards of one that is still growing.

        Raises DataError where the folder is none, or a shard is not the one that the index names.
        """
        paths = sorted(folder.glob("shard-*.safetensors"))
        entries: list[Entry] = []
        if (folder / INDEX).exists() or not partial:
            try:
                entries = json.loads((folder / INDEX).read_text())["shards"]
                paths = [folder / str(entry["name"]) for entry in entries]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise DataError(
                    f"{folder / INDEX}: not the index of a finished dataset; run tacrefine regrasp collect to the end."
                ) from error
        if not paths:
            raise DataError(f"{folder}: holds no shard of regrasp examples yet.")
        for path, entry in zip(paths, entries, strict=False):
            if examples_entry(path)["sha256"] != entry["sha256"]:
                raise DataError(
                    f"{path}: corrupt, its SHA-256 is not the one in {INDEX}; delete it and collect again."
                )
        read = [read_examples(path) for path in paths]
        names = {tuple(about["objects"]) for _, about in read}
        if len(names) > 1:
            raise DataError(f"{folder}: its shards are of different object sets.")
        checksum = hashlib.sha256(json.dumps([entry["sha256"] for entry in entries]).encode()).hexdigest()
        return cls(joined([examples for examples, _ in read]), names.pop(), checksum)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
