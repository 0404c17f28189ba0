"""Between one robot's description in a plant's YAML and the arrays of a sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.hands import Hand
from tacrefine.plants.description import RobotDescription, RobotUncertainty
from tacrefine.plants.sample import PlantSample


def exact(robot: RobotDescription, hand: Hand, plant: str) -> dict[str, Any]:
    """Fields of a PlantSample; raises ConfigError where names or sizes are not the hand's."""
    pads = {pad.name: pad for pad in hand.pads}
    _same(plant, "fingertip_offsets", robot.fingertip_offsets, [finger.name for finger in hand.fingers])
    _same(plant, "taxel_gains", robot.taxel_gains, pads)
    _same(plant, "joint_biases", robot.joint_biases, hand.joint_names)
    for name, gains in robot.taxel_gains.items():
        if len(gains) != pads[name].size:
            raise ConfigError(
                f"plant '{plant}': robot.taxel_gains.{name} needs {pads[name].size} numbers, found {len(gains)}."
            )
    dead = np.zeros(hand.taxel_count, bool)
    for name, indices in robot.dead_taxels.items():
        if name not in pads or any(not 0 <= index < pads[name].size for index in indices):
            raise ConfigError(f"plant '{plant}': robot.dead_taxels.{name} names no pad or taxel of the hand.")
        dead[hand.pad_slices[list(pads).index(name)]][indices] = True
    return {
        "fingertip_offsets": np.array([robot.fingertip_offsets[finger.name] for finger in hand.fingers]),
        "taxel_gain": np.concatenate([robot.taxel_gains[name] for name in pads]).astype(np.float32),
        "dead": dead,
        "joint_bias": np.array([robot.joint_biases[name] for name in hand.joint_names]),
    }


def described(sample: PlantSample, hand: Hand, uncertainty: RobotUncertainty) -> RobotDescription:
    """The inverse of :func:`exact`, rounded to a micrometre, a thousandth and 10 microradians."""
    parts = list(zip(hand.pads, hand.pad_slices, strict=True))
    return RobotDescription(
        fingertip_offsets={
            finger.name: (round(float(x), 6), round(float(y), 6), round(float(z), 6))
            for finger, (x, y, z) in zip(hand.fingers, sample.fingertip_offsets, strict=True)
        },
        taxel_gains={pad.name: [round(float(g), 3) for g in sample.taxel_gain[part]] for pad, part in parts},
        dead_taxels={
            pad.name: np.flatnonzero(sample.dead[part]).tolist()
            for pad, part in parts
            if sample.dead[part].any()
        },
        joint_biases={
            name: round(float(bias), 5)
            for name, bias in zip(hand.joint_names, sample.joint_bias, strict=True)
        },
        uncertainty=uncertainty,
    )


def _same(plant: str, key: str, found: Iterable[str], wanted: Iterable[str]) -> None:
    if set(found) != set(wanted):
        raise ConfigError(f"plant '{plant}': robot.{key} must name exactly {', '.join(wanted)}.")
