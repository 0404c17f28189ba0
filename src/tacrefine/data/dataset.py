"""A generated dataset as a source of groups for training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tacrefine.data.generation import INDEX
from tacrefine.data.shards import read_shard, shard_entry
from tacrefine.data.stream import GraspGroups
from tacrefine.errors import DataError
from tacrefine.hands import Hand


class DatasetGroups:
    """All groups of a dataset in memory; `draw` picks random ones.

    Raises DataError when the folder is no finished dataset, a shard is corrupt, or it is of another hand or of objects
    that training does not know. `objects` are the names that object indices refer to.
    """

    def __init__(self, folder: Path, hand: Hand, objects: Sequence[str]) -> None:
        path = folder / INDEX
        try:
            index = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path}: not the index of a finished dataset; run tacrefine generate to the end."
            ) from error
        self.checksum = hashlib.sha256(json.dumps(index["shards"]).encode()).hexdigest()
        parts = [self._load(folder / shard["name"], shard, hand, list(objects)) for shard in index["shards"]]
        fields = ("force", "joints", "coordinates", "valid", "objects")
        self._groups = GraspGroups(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in fields)
        )

    @staticmethod
    def _load(path: Path, entry: dict[str, object], hand: Hand, objects: list[str]) -> GraspGroups:
        if shard_entry(path)["sha256"] != entry["sha256"]:
            raise DataError(
                f"{path}: corrupt, its SHA-256 is not the one in {INDEX}; delete it and generate again."
            )
        groups, metadata = read_shard(path)
        if metadata["hand_signature"] != hand.signature:
            raise DataError(f"{path}: made with another hand than '{hand.name}' ({hand.signature}).")
        unknown = [name for name in metadata["objects"] if name not in objects]
        if unknown:
            raise DataError(f"{path}: object '{unknown[0]}' is not among the objects of the training.")
        renumber = np.array([objects.index(name) for name in metadata["objects"]], np.int16)
        return GraspGroups(
            groups.force, groups.joints, groups.coordinates, groups.valid, renumber[groups.objects]
        )

    @property
    def groups(self) -> GraspGroups:
        """All of them."""
        return self._groups

    @property
    def grasps(self) -> int:
        """Valid grasps in the dataset."""
        return int(self._groups.valid.sum())

    def draw(self, rng: np.random.Generator, count: int) -> GraspGroups:
        """`count` random groups."""
        return self._groups[rng.integers(0, len(self._groups), count)]
