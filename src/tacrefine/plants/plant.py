"""A plant draws concrete robots: same description, other fingertip offsets, gains and dead taxels each time."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacrefine.config import load_yaml, resolve
from tacrefine.hands import Hand
from tacrefine.plants.description import PlantDescription
from tacrefine.plants.robot import exact


@dataclass(frozen=True, eq=False)
class PlantSample:
    """One concrete robot of a plant. F fingers, T taxels, J joints of the hand it was drawn for."""

    name: str
    tactile_model: str
    taxel_stiffness: float
    """N/m"""
    contact_stiffness: float
    """N/m"""
    backing_stiffness: float
    """N/m"""
    closing_torque: float
    """factor on the torque limits"""
    friction: float
    fingertip_offsets: NDArray[np.float64]
    """``(F, 3)`` m, in each pad's frame"""
    taxel_gain: NDArray[np.float32]
    """``(T,)``, taxel and finger gain together"""
    dead: NDArray[np.bool_]
    """``(T,)``"""
    noise: float
    """share of full scale"""
    hysteresis: float
    joint_bias: NDArray[np.float64]
    """``(J,)`` rad"""
    joint_noise: float
    """rad"""
    wrist_position_sigma: float
    """m"""
    wrist_rotation_sigma: float
    """rad"""
    threshold: float = 0.0
    """share of full scale below which a taxel reads zero"""


class Plant:
    """A described plant; ``draw`` makes one robot of it."""

    def __init__(self, description: PlantDescription) -> None:
        self.description = description
        self.name = description.name
        self.tactile_model = description.tactile_model

    def draw(self, hand: Hand, rng: np.random.Generator) -> PlantSample:
        """Sample one robot. The same generator state gives the same robot."""
        mechanics, sensor = self.description.mechanics, self.description.sensor
        joints, wrist = self.description.joints, self.description.wrist
        sigma = np.array([axis.draw(rng) for axis in mechanics.fingertip_offset])
        spread, finger_spread = sensor.taxel_gain.draw(rng), sensor.finger_gain.draw(rng)
        gain = 1.0 + spread * rng.uniform(-1.0, 1.0, hand.taxel_count)
        for part in hand.finger_slices:
            gain[part] *= 1.0 + finger_spread * rng.uniform(-1.0, 1.0)
        drawn = PlantSample(
            name=self.name,
            tactile_model=self.tactile_model,
            taxel_stiffness=mechanics.taxel_stiffness.draw(rng),
            contact_stiffness=mechanics.contact_stiffness.draw(rng),
            backing_stiffness=mechanics.backing_stiffness.draw(rng),
            closing_torque=mechanics.closing_torque.draw(rng),
            friction=mechanics.friction.draw(rng),
            fingertip_offsets=sigma * rng.standard_normal((len(hand.fingers), 3)),
            taxel_gain=gain.astype(np.float32),
            dead=rng.random(hand.taxel_count) < sensor.dead_fraction.draw(rng),
            noise=sensor.noise.draw(rng),
            hysteresis=sensor.hysteresis.draw(rng),
            joint_bias=joints.bias.draw(rng) * rng.standard_normal(len(hand.joint_names)),
            joint_noise=joints.noise.draw(rng),
            wrist_position_sigma=wrist.position.draw(rng),
            wrist_rotation_sigma=wrist.rotation.draw(rng),
        )
        if sensor.threshold.bounds[1] > 0.0:  # no draw otherwise: older plants keep their robots
            drawn = replace(drawn, threshold=sensor.threshold.draw(rng))
        robot = self.description.robot
        return drawn if robot is None else replace(drawn, **exact(robot, hand, self.name))

    def robot(self, hand: Hand, seed: int) -> PlantSample:
        """Robot number `seed` of this plant: always the same one."""
        return self.draw(hand, np.random.default_rng(seed))

    def typical(self, hand: Hand) -> PlantSample:
        """The robot in the middle: drawn mechanics, but no offsets, gains, biases or dead taxels of its own.

        A plant that describes one robot (`robot`) gives that one.
        """
        drawn = self.draw(hand, np.random.default_rng(0))
        if self.description.robot is not None:
            return drawn
        return replace(
            drawn,
            fingertip_offsets=np.zeros_like(drawn.fingertip_offsets),
            taxel_gain=np.ones_like(drawn.taxel_gain),
            dead=np.zeros_like(drawn.dead),
            joint_bias=np.zeros_like(drawn.joint_bias),
        )


class OneRobot(Plant):
    """A plant of which every draw is robot number `seed` of another."""

    def __init__(self, plant: Plant, hand: Hand, seed: int) -> None:
        super().__init__(plant.description)
        self._robot = plant.robot(hand, seed)

    def draw(self, hand: Hand, rng: np.random.Generator) -> PlantSample:
        """That robot; `rng` stays untouched."""
        return self._robot


def load_plant(name_or_path: str | os.PathLike[str]) -> Plant:
    """Read ``config/plants/<name>.yaml`` or a path; raises ConfigError with one sentence."""
    return Plant(load_yaml(resolve("plants", name_or_path), PlantDescription))
