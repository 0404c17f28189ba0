"""Recorded grasps: one object that stood still, several grasps, wrist poses known relative to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.groups import ReadingGroups
from tacrefine.errors import DataError
from tacrefine.geometry import RigidTransform, from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim import make_simulator
from tacrefine.touch import Sensor

GRASPS_PER_EPISODE = 5
MAX_TRIES = 50


@dataclass(frozen=True)
class Episode:
    """n grasps on one object. Where the object stood is not known; how the wrist moved between grasps is."""

    item: GraspObject
    readings: NDArray[np.float32]
    """(n, T) 0..1, NaN = dead taxel; means over `frames` readings"""
    joints: NDArray[np.float32]
    """(n, J) rad"""
    moves: RigidTransform
    """n poses of the grasp centre in its pose at the first grasp, m"""
    frames: float = 1.0

    def __len__(self) -> int:
        return len(self.readings)


def record(
    hand: Hand,
    items: Sequence[GraspObject],
    sample: PlantSample,
    grasps: int,
    rng: np.random.Generator,
    frames: int = 8,
    per_episode: int = GRASPS_PER_EPISODE,
) -> ReadingGroups:
    """What one simulated robot records: valid grasps at random poses, a few in each episode, one object each.

    `objects` are indices into `items`, sampled evenly and in random order. The arm ends where it was sent only within
    its repeatability; `coordinates` are where it was sent. Raises DataError where an object has hardly any valid grasp.
    """
    episodes = -(-grasps // per_episode)
    size = -(-grasps // episodes)
    order = np.concatenate([rng.permutation(len(items)) for _ in range(-(-episodes // len(items)))])[
        :episodes
    ]
    sensor = Sensor(hand, sample, rng)
    sigma = np.repeat([sample.wrist_position_sigma, sample.wrist_rotation_sigma], 3)
    fields: list[tuple[NDArray[np.float32], ...]] = []
    for index in order:
        item = items[index]
        simulator = make_simulator(hand, item, sample)
        poses, force, joints = (
            np.zeros((0, width)) for width in (6, hand.taxel_count, len(hand.joint_names))
        )
        for _ in range(MAX_TRIES):
            sent = item.sample_poses(rng, size - len(poses))
            batch = simulator.grasp(sent + sigma * rng.standard_normal(sent.shape))
            good = batch.valid
            poses = np.concatenate([poses, sent[good]])
            force = np.concatenate([force, batch.force[good]])
            joints = np.concatenate([joints, batch.joints[good]])
            if len(poses) == size:
                break
        else:
            raise DataError(f"object '{item.name}': hardly any pose is a valid grasp; narrow its half_range.")
        felt = np.empty((size, hand.taxel_count), np.float32)
        angles = np.empty((size, len(hand.joint_names)), np.float32)
        for i in range(size):
            felt[i] = sensor.read(force[i], frames=frames) * hand.full_scale
            angles[i] = np.mean([sensor.read_joints(joints[i]) for _ in range(frames)], axis=0)
            sensor.release()
        fields.append((felt, angles, poses.astype(np.float32)))
    felt, angles, coordinates = (np.stack(column) for column in zip(*fields, strict=True))
    valid = np.ones(felt.shape[:2], bool)
    return ReadingGroups(
        measured=felt, joints=angles, coordinates=coordinates, valid=valid, objects=order.astype(np.int16)
    )


def episodes_of(
    hand: Hand, groups: ReadingGroups, items: Sequence[GraspObject], frames: float = 1.0
) -> list[Episode]:
    """Groups as episodes of one robot; of the coordinates only their differences within a group are used.

    Groups with fewer than two valid grasps say nothing and are left out; raises DataError where none is left.
    """
    episodes = []
    for i, index in enumerate(groups.objects):
        valid = groups.valid[i]
        if valid.sum() < 2:
            continue
        poses = from_coordinates(groups.coordinates[i][valid].astype(float))
        readings = np.minimum(groups.measured[i][valid] / hand.full_scale, np.float32(1.0))
        episodes.append(
            Episode(items[index], readings, groups.joints[i][valid], poses[0].inv() * poses, float(frames))
        )
    if not episodes:
        raise DataError("no episode has two valid grasps; calibration compares grasps on one object")
    return episodes
