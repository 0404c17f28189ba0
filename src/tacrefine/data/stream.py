"""Batches for training: groups of touches with the poses they were made at, fresh from the simulator.

Every group has its own robot. The sensor reads the slots of a group one after the other, each slot as the mean of
some number of frames, because the loop averages frames and a target is recorded from several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.groups import ForceGroups, TouchGroups
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.objects.pose_groups import GroupSettings, group_poses
from tacrefine.plants import Plant, PlantSample
from tacrefine.sim import QuasistaticSimulator
from tacrefine.touch import Sensor
from tacrefine.touch.inputs import DeadTaxelFilling


class SimulatedGroups:
    """Fresh groups from the quasistatic simulator: each with a random object and a newly sampled robot."""

    def __init__(
        self,
        hand: Hand,
        objects: Sequence[GraspObject],
        plant: Plant,
        settings: GroupSettings,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        """`weights`: how much more often an object, or every object of a class, is sampled; 1 where absent."""
        self.hand = hand
        self.objects = tuple(objects)
        self.plant = plant
        self.settings = settings
        self._simulator = QuasistaticSimulator(hand)
        known = weights or {}
        each = np.array([known.get(item.name, known.get(item.object_class, 1.0)) for item in objects])
        self._share = each / each.sum()

    def sample(self, rng: np.random.Generator, count: int) -> ForceGroups:
        """`count` groups on random objects."""
        return self.simulate(rng, rng.choice(len(self.objects), count, p=self._share))

    def simulate(self, rng: np.random.Generator, objects: NDArray[np.integer]) -> ForceGroups:
        """One group for each entry of `objects` (indices)."""
        size = self.settings.size
        items = [self.objects[i] for i in objects]
        poses = np.concatenate([group_poses(item, rng, 1, self.settings) for item in items])
        robots = [self.plant.sample(self.hand, rng) for _ in items]
        batch = self._simulator.grasp(
            [item for item in items for _ in range(size)],
            poses.reshape(-1, 6),
            [robot for robot in robots for _ in range(size)],
        )
        shape = (len(items), size)
        return ForceGroups(
            force=batch.force.reshape(*shape, -1),
            joints=batch.joints.reshape(*shape, -1),
            coordinates=poses.astype(np.float32),
            valid=batch.valid.reshape(shape),
            objects=np.asarray(objects, np.int16),
        )


class TouchReader:
    """Turns true forces into readings, each group by one robot's sensors."""

    def __init__(self, hand: Hand, objects: Sequence[GraspObject], frames: Sequence[int]) -> None:
        self._hand = hand
        self._frames = tuple(frames)
        self._observable = np.stack([item.observable for item in objects])
        self._fill = DeadTaxelFilling(hand.pads)

    def read(
        self, groups: ForceGroups, robots: Sequence[PlantSample], rng: np.random.Generator
    ) -> TouchGroups:
        """Gains, dead taxels and joint bias are common to a group, noise is not. `robots`: one for each group."""
        sensor = Sensor(self._hand, robots, rng)
        tactile = np.empty_like(groups.force)
        joints = np.empty_like(groups.joints)
        for slot in range(groups.force.shape[1]):
            frames = int(rng.choice(self._frames))
            tactile[:, slot] = sensor.read(groups.force[:, slot], frames=frames)
            joints[:, slot] = sensor.read_joints(groups.joints[:, slot])
            sensor.release()
        return TouchGroups(
            tactile=self._fill(tactile),
            joints=joints,
            coordinates=groups.coordinates,
            valid=groups.valid,
            observable=self._observable[groups.objects],
        )
