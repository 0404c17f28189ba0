"""Recorded grasps of one robot: where they come from, which are held out, and how they become labelled touch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.dataset import load_readings
from tacrefine.data.groups import ReadingGroups, TouchGroups
from tacrefine.errors import DataError
from tacrefine.hands import Hand
from tacrefine.identification.episodes import Episode, episodes_of, record
from tacrefine.identification.poses import centred, guessed, placed
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.policy import Policy
from tacrefine.touch.inputs import DeadTaxelFilling

LEAST_EPISODES = 2


@dataclass(frozen=True)
class Recording:
    """Recorded grasps, and what a card says of them."""

    groups: ReadingGroups
    episodes: NDArray[np.int64]
    """(B,) the episode that each group is of"""
    frames: float
    """readings averaged in each grasp"""
    source: dict[str, Any]

    @property
    def grasps(self) -> int:
        """Number of valid grasps over all groups."""
        return int(self.groups.valid.sum())

    @property
    def checksum(self) -> str:
        """SHA-256 of what was recorded."""
        digest = hashlib.sha256()
        for name in ("measured", "joints", "coordinates", "valid", "objects"):
            digest.update(np.ascontiguousarray(getattr(self.groups, name)).tobytes())
        return digest.hexdigest()

    def take(self, chosen: NDArray[np.bool_]) -> Recording:
        """Some of its groups."""
        rows = np.flatnonzero(chosen)
        return Recording(self.groups[rows], self.episodes[rows], self.frames, self.source)

    def first(self, grasps: int) -> Recording:
        """Whole groups from the start with so many grasps in all; the last one is cut short if need be."""
        before = np.cumsum(self.groups.valid.sum(axis=1)) - self.groups.valid.sum(axis=1)
        part = self.take(before < grasps)
        valid = part.groups.valid.copy()
        order = np.cumsum(valid.ravel()).reshape(valid.shape)
        valid &= order <= grasps
        return replace(part, groups=replace(part.groups, valid=valid))

    def split(self, share: float, rng: np.random.Generator) -> tuple[Recording, Recording]:
        """What is learned from and what is held out, whole episodes each; DataError where there are too few."""
        useful = np.unique(self.episodes[self.groups.valid.sum(axis=1) >= 2])
        if len(useful) < LEAST_EPISODES:
            raise DataError(
                f"the recording has {len(useful)} episodes of two grasps or more, fine-tuning needs at least "
                f"{LEAST_EPISODES}: one is held out."
            )
        count = min(max(1, round(share * len(useful))), len(useful) - 1)
        held = np.isin(self.episodes, rng.permutation(useful)[:count])
        return self.take(~held), self.take(held)

    def episodes_of(self, hand: Hand, items: Sequence[GraspObject]) -> list[Episode]:
        """Return the recording's episodes as calibration takes them: grasps of an object that stood still."""
        return episodes_of(hand, self.groups, items, self.frames)


def from_dataset(folder: Path, hand: Hand, items: Mapping[str, GraspObject], frames: float) -> Recording:
    """A folder in the format of `tacrefine generate`; each group is an episode. DataError as load_readings."""
    groups, checksum = load_readings(folder, hand, list(items))
    source = {"source": "dataset", "dataset_sha256": checksum}
    return Recording(groups, np.arange(len(groups)), frames, source)


def from_stand_in(
    hand: Hand, items: Mapping[str, GraspObject], plant: str, grasps: int, seed: int, frames: int
) -> Recording:
    """What the robot `seed` of a plant records; the same robot as `tacrefine evaluate --robot-seed`."""
    sample = load_plant(plant).robot(hand, seed)
    groups = record(hand, list(items.values()), sample, grasps, np.random.default_rng([seed, 1]), frames)
    source = {"source": "stand-in", "plant": plant, "robot_seed": seed}
    return Recording(groups, np.arange(len(groups)), float(frames), source)


def labelled(
    recording: Recording, hand: Hand, items: Sequence[GraspObject], policy: Policy | None
) -> TouchGroups:
    """Touch with labels, groups of one grasp left out.

    Coordinates are those of the object's grasp frame as far as `policy` sees where the object stood (without one: with
    the grasps around the nominal one). Differences within a group are the wrist's own.
    """
    rows = np.flatnonzero(recording.groups.valid.sum(axis=1) >= 2)
    groups = recording.groups[rows]
    fill = DeadTaxelFilling(hand.pads)
    tactile, joints = np.zeros_like(groups.measured), np.zeros_like(groups.joints)
    coordinates = np.zeros_like(groups.coordinates)
    for row, episode in enumerate(episodes_of(hand, groups, items, recording.frames)):
        good = groups.valid[row]
        tactile[row, good] = fill(episode.readings)
        joints[row, good] = episode.joints
        first = guessed(policy, episode) if policy is not None else centred(episode)
        coordinates[row, good] = placed(episode, first)
    observable = np.stack([items[i].observable for i in groups.objects])
    return TouchGroups(tactile, joints, coordinates, groups.valid, observable)
