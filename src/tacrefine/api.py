"""What Python users call: simulate a grasp, load recorded grasps, evaluate a policy.

Everything here is also at the top of the package (`tacrefine.simulate`), next to the classes `Hand`, `Touch` and
`Policy`. None of it needs ROS or torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike

from tacrefine.bags.extraction import read_grasps
from tacrefine.bags.files import find_bags
from tacrefine.bags.reading import Bag
from tacrefine.errors import ConfigError, SimulationError
from tacrefine.evaluation import runner
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.geometry import RigidTransform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import load_plant
from tacrefine.sim import make_simulator
from tacrefine.touch import Sensor, Touch, TouchFrame


@dataclass(frozen=True, eq=False)
class Grasp:
    """One settled grasp out of a recording: the mean touch of its readings and where the wrist stood.

    `wrist` is the wrist's pose (m) in the frame `frame_id`, `stamp` the time of its last reading, s. `target` is the id
    of the target that was shown then, empty if there was none.
    """

    touch: Touch
    wrist: RigidTransform
    frame_id: str
    stamp: float
    target: str


def simulate(
    hand: Hand,
    item: GraspObject | str,
    pose: ArrayLike = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    *,
    plant: str | os.PathLike[str] = "nominal",
    seed: int = 0,
    frames: int = 8,
) -> Touch:
    """Close a simulated hand on an object and return the mean of `frames` readings.

    `item` is an object or the name of one of the shipped set `fifteen`. `pose` ``(6,)`` is where the grasp centre is in
    the object's grasp frame: x, y, z in m and a rotation vector in rad. `plant` names the simulated robot and sensor (a
    file of config/plants, or your own); `seed` chooses the robot (the same seed, the same gains, offsets and dead
    taxels) and its noise.

    Raises SimulationError where the hand does not hold the object at that pose, ConfigError for an unknown name.
    """
    if isinstance(item, str):
        item = _shipped(item)
    coordinates = np.asarray(pose, float)
    if coordinates.shape != (6,) or not np.isfinite(coordinates).all():
        raise SimulationError("pose must be six finite numbers: x, y, z in m and a rotation vector in rad.")
    robot = load_plant(plant).robot(hand, seed)
    grasp = make_simulator(hand, item, robot).grasp(coordinates[None])
    if not grasp.valid[0]:
        raise SimulationError(
            f"Hand '{hand.name}' does not hold '{item.name}' at this pose; too few fingers touch."
        )
    rng = np.random.default_rng([seed, crc32(coordinates.tobytes())])
    sensor = Sensor(hand, robot, rng)
    joints = np.mean([sensor.read_joints(grasp.joints[0]) for _ in range(frames)], axis=0)
    return Touch(hand, TouchFrame(sensor.read(grasp.force[0], frames), joints.astype(np.float32)))


def load_bag(
    path: str | os.PathLike[str],
    hand: Hand,
    *,
    frames: int = 8,
    topics: Mapping[str, str] | None = None,
) -> list[Grasp]:
    """Every settled grasp of a recording, in the order in which they were made.

    `path` is a rosbag2 bag (MCAP or sqlite3; no ROS is needed) or a folder of bags. `frames` readings are averaged in
    each grasp. `topics` maps 'tactile', 'joint_states', 'wrist_pose' to the names in the bag where they differ.

    Raises DataError in one sentence where there is no bag, it cannot be read, or it is of another hand.
    """
    grasps: list[Grasp] = []
    for found in find_bags([Path(path)]):
        with Bag(found, topics) as bag:
            grasps += [
                Grasp(
                    Touch(hand, TouchFrame(one.tactile, one.joints)),
                    one.wrist,
                    one.frame_id,
                    one.stamp,
                    one.target,
                )
                for one in read_grasps(bag, hand, frames).grasps
            ]
    return grasps


def evaluate(
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    processes: int | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Refine many simulated grasps, and return the figures that `tacrefine evaluate --json` writes.

    `settings` are the fields of `tacrefine.evaluation.settings.EvaluationSettings`: hand, objects, plant, model,
    targets, steps, trials, seed, ... `progress(done, total)` counts trials. The same settings give the same figures.

    Raises ConfigError for an unknown setting, and what loading hand, objects, plant or model raises.
    """
    known = EvaluationSettings.__dataclass_fields__
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise ConfigError(f"evaluate has no setting '{unknown[0]}'; allowed are {', '.join(known)}.")
    return runner.evaluate(EvaluationSettings(**settings), progress, processes)


def _shipped(name: str) -> GraspObject:
    known = load_objects()
    if name not in known:
        raise ConfigError(f"Object '{name}' is unknown; the set 'fifteen' has {', '.join(known)}.")
    return known[name]
