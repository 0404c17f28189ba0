"""Reads datasets: simulated ones as a source of groups for training, recorded ones to fit a robot or fine-tune."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from tacrefine.data.groups import ForceGroups, ReadingGroups
from tacrefine.data.sharded import INDEX
from tacrefine.data.shards import SHARD_NAME, G, read_shard, shard_entry
from tacrefine.documents import read_json
from tacrefine.errors import DataError
from tacrefine.hands import Hand


class DatasetGroups:
    """All groups of a simulated dataset in memory; `sample` picks random ones. Errors as :func:`load_groups`."""

    def __init__(self, folder: Path, hand: Hand, objects: Sequence[str]) -> None:
        self.groups, self.checksum = load_groups(folder, hand, objects, ForceGroups)

    @property
    def grasps(self) -> int:
        """Valid grasps in the dataset."""
        return int(self.groups.valid.sum())

    def sample(self, rng: np.random.Generator, count: int) -> ForceGroups:
        """Return `count` groups that `rng` picks."""
        return self.groups[rng.integers(0, len(self.groups), count)]


def load_readings(folder: Path, hand: Hand, objects: Sequence[str]) -> tuple[ReadingGroups, str]:
    """All groups of a recorded dataset, and its checksum. Errors as :func:`load_groups`."""
    return load_groups(folder, hand, objects, ReadingGroups)


def load_groups(folder: Path, hand: Hand, objects: Sequence[str], kind: type[G]) -> tuple[G, str]:
    """All groups of a dataset, and its checksum. `objects` are the names that object indices will refer to.

    Raises DataError when the folder is no finished dataset, a shard is corrupt, or it is of another hand, of objects
    that are not in `objects`, or of the other kind of touch.
    """
    entries = read_index(folder)
    parts = [_load(folder / entry["name"], entry, hand, list(objects), kind) for entry in entries]
    if len({part.valid.shape[1] for part in parts}) > 1:
        raise DataError(f"{folder}: its shards have groups of different sizes; generate it again.")
    names = [field.name for field in fields(kind)]
    groups = kind(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
    return groups, hashlib.sha256(json.dumps(entries).encode()).hexdigest()


def _load(path: Path, entry: dict[str, Any], hand: Hand, objects: list[str], kind: type[G]) -> G:
    if shard_entry(path)["sha256"] != entry["sha256"]:
        raise DataError(
            f"{path}: corrupt, its SHA-256 is not the one in {INDEX}; delete it and generate again."
        )
    groups, metadata = read_shard(path, kind)
    touch = groups.force if isinstance(groups, ForceGroups) else groups.measured
    sizes = (touch.shape[-1], groups.joints.shape[-1])
    if metadata["hand_signature"] != hand.signature:
        raise DataError(f"{path}: made with another hand than '{hand.name}' ({hand.signature}).")
    if sizes != (hand.taxel_count, len(hand.joint_names)):
        raise DataError(
            f"{path}: has {sizes[0]} taxels and {sizes[1]} joints, hand '{hand.name}' has {hand.taxel_count} and "
            f"{len(hand.joint_names)}."
        )
    unknown = [name for name in metadata["objects"] if name not in objects]
    if unknown:
        raise DataError(f"{path}: object '{unknown[0]}' is not among the objects of the training.")
    renumber = np.array([objects.index(name) for name in metadata["objects"]], np.int16)
    return replace(groups, objects=renumber[groups.objects])


def read_index(folder: Path) -> list[dict[str, Any]]:
    """The entries of a finished dataset's shards; DataError where its index is missing or no index.

    A shard is a file of the dataset's own folder: a name that leads elsewhere is refused.
    """
    path = folder / INDEX
    if not path.is_file():
        raise DataError(f"{path}: not the index of a finished dataset; run tacrefine generate to the end.")
    content = read_json(path, DataError, "the index of a finished dataset")
    entries = content.get("shards") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise DataError(
            f"{path}: not the index of a finished dataset; key 'shards' must be a list of shards."
        )
    for number, entry in enumerate(entries):
        fields = entry if isinstance(entry, dict) else {}
        name, checksum = fields.get("name"), fields.get("sha256")
        if not isinstance(name, str) or not SHARD_NAME.fullmatch(name) or not isinstance(checksum, str):
            raise DataError(
                f"{path}: shard {number} needs a name like shard-000000.safetensors, and its sha256."
            )
    return entries
