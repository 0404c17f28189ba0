"""From recorded grasps to a plant file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tacrefine.data.dataset import load_readings
from tacrefine.data.groups import ReadingGroups
from tacrefine.hands import Hand
from tacrefine.identification.episodes import episodes_of, record
from tacrefine.identification.fit import Calibration
from tacrefine.identification.fitted import FittedRobot
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant, load_plant
from tacrefine.plants.robot import described
from tacrefine.policy import Policy


def loaded(folder: Path, hand: Hand, items: Mapping[str, GraspObject]) -> ReadingGroups:
    """All groups of a recorded dataset; DataError where it is none, or of another hand."""
    return load_readings(folder, hand, list(items))[0]


def recorded(
    hand: Hand, items: Mapping[str, GraspObject], plant: str, grasps: int, seed: int, frames: int
) -> ReadingGroups:
    """The recording of a stand-in: one robot sampled from a plant."""
    rng = np.random.default_rng(seed)
    return record(hand, list(items.values()), load_plant(plant).sample(hand, rng), grasps, rng, frames)


def calibrate(
    hand: Hand,
    items: Mapping[str, GraspObject],
    groups: ReadingGroups,
    frames: float,
    start: str,
    policy: Policy | None,
    out: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Fit one robot and write it as a plant; returns the figures."""
    plant = load_plant(start)
    episodes = episodes_of(hand, groups, list(items.values()), frames)
    fitted = Calibration(hand, plant.typical(hand)).fit(episodes, policy, progress).checked()
    write_plant(out, hand, plant, fitted)
    sample = fitted.sample
    return {
        "plant": out.stem,
        "start": plant.name,
        "grasps": fitted.grasps,
        "episodes": len(episodes),
        "taxel_stiffness": sample.taxel_stiffness,
        "contact_stiffness": sample.contact_stiffness,
        "closing_torque": sample.closing_torque,
        "model_error": fitted.model_error,
        "cost_before": fitted.cost[0],
        "cost_after": fitted.cost[1],
    }


def write_plant(path: Path, hand: Hand, start: Plant, fitted: FittedRobot) -> None:
    """Write a plant of which every sample is the fitted robot; the noise of sensors and arm is that of `start`."""
    sample = fitted.sample
    content = {
        "name": path.stem,
        "description": f"One robot, calibrated from {fitted.grasps} recorded grasps.",
        "tactile_model": "quasistatic",
        "mechanics": {
            "taxel_stiffness": round(sample.taxel_stiffness, 2),
            "contact_stiffness": round(sample.contact_stiffness, 1),
            "backing_stiffness": sample.backing_stiffness,
            "closing_torque": round(sample.closing_torque, 4),
            "friction": sample.friction,
        },
        "sensor": {"noise": sample.noise},
        "joints": {"noise": sample.joint_noise},
        "wrist": {"position": sample.wrist_position_sigma, "rotation": sample.wrist_rotation_sigma},
        "robot": described(sample, hand, fitted.uncertainty()).model_dump(mode="json"),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=110))
