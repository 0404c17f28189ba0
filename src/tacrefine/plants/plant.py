"""A plant, and the robots that are sampled from it: other fingertip offsets, gains and dead taxels each time."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from tacrefine.config import load_yaml, resolve
from tacrefine.hands import Hand
from tacrefine.plants.description import PlantDescription
from tacrefine.plants.robot import exact
from tacrefine.plants.sample import PlantSample


class Plant:
    """A described plant; ``sample`` makes one robot of it."""

    def __init__(self, description: PlantDescription) -> None:
        self.description = description
        self.name = description.name
        self.tactile_model = description.tactile_model

    def sample(self, hand: Hand, rng: np.random.Generator) -> PlantSample:
        """Sample one robot. The same generator state gives the same robot."""
        mechanics, sensor = self.description.mechanics, self.description.sensor
        joints, wrist = self.description.joints, self.description.wrist
        sigma = np.array([axis.sample(rng) for axis in mechanics.fingertip_offset])
        spread, finger_spread = sensor.taxel_gain.sample(rng), sensor.finger_gain.sample(rng)
        gain = 1.0 + spread * rng.uniform(-1.0, 1.0, hand.taxel_count)
        for part in hand.finger_slices:
            gain[part] *= 1.0 + finger_spread * rng.uniform(-1.0, 1.0)
        sampled = PlantSample(
            name=self.name,
            tactile_model=self.tactile_model,
            taxel_stiffness=mechanics.taxel_stiffness.sample(rng),
            contact_stiffness=mechanics.contact_stiffness.sample(rng),
            backing_stiffness=mechanics.backing_stiffness.sample(rng),
            closing_torque=mechanics.closing_torque.sample(rng),
            friction=mechanics.friction.sample(rng),
            fingertip_offsets=sigma * rng.standard_normal((len(hand.fingers), 3)),
            taxel_gain=gain.astype(np.float32),
            dead=rng.random(hand.taxel_count) < sensor.dead_fraction.sample(rng),
            noise=sensor.noise.sample(rng),
            hysteresis=sensor.hysteresis.sample(rng),
            joint_bias=joints.bias.sample(rng) * rng.standard_normal(len(hand.joint_names)) * hand.per_radian,
            joint_noise=joints.noise.sample(rng),
            wrist_position_sigma=wrist.position.sample(rng),
            wrist_rotation_sigma=wrist.rotation.sample(rng),
        )
        # What is at its default takes nothing from the generator: older plants keep their robots.
        later = {name: getattr(sensor, name).sample(rng) for name in sensor.changed}
        sampled = replace(sampled, **later)
        robot = self.description.robot
        return sampled if robot is None else replace(sampled, **exact(robot, hand, self.name))

    def robot(self, hand: Hand, seed: int) -> PlantSample:
        """Robot number `seed` of this plant: always the same one."""
        return self.sample(hand, np.random.default_rng(seed))

    def typical(self, hand: Hand) -> PlantSample:
        """The robot in the middle: sampled mechanics, but no offsets, gains, biases or dead taxels of its own.

        A plant that describes one robot (`robot`) gives that one.
        """
        sampled = self.sample(hand, np.random.default_rng(0))
        if self.description.robot is not None:
            return sampled
        return replace(
            sampled,
            fingertip_offsets=np.zeros_like(sampled.fingertip_offsets),
            taxel_gain=np.ones_like(sampled.taxel_gain),
            dead=np.zeros_like(sampled.dead),
            joint_bias=np.zeros_like(sampled.joint_bias),
        )


class OneRobot(Plant):
    """A plant of which every sample is robot number `seed` of another."""

    def __init__(self, plant: Plant, hand: Hand, seed: int) -> None:
        super().__init__(plant.description)
        self._robot = plant.robot(hand, seed)

    def sample(self, hand: Hand, rng: np.random.Generator) -> PlantSample:
        """That robot; `rng` stays untouched."""
        return self._robot


def load_plant(name_or_path: str | os.PathLike[str]) -> Plant:
    """Read ``config/plants/<name>.yaml`` or a path; raises ConfigError with one sentence."""
    return Plant(load_yaml(resolve("plants", name_or_path), PlantDescription))
