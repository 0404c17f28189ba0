"""A chunk of simulated robots, each holding the same object: pose in, touch out, moves with the arm's own error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import SimulationError
from tacrefine.geometry import RigidTransform, from_coordinates, to_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant, PlantSample
from tacrefine.sim import GraspBatch, QuasistaticSimulator, make_simulator
from tacrefine.touch import Sensor

MAX_TRIES = 200


def _joined(grasps: Sequence[GraspBatch]) -> GraspBatch:
    """Several batches as one."""
    return GraspBatch(
        np.concatenate([grasp.force for grasp in grasps]),
        np.concatenate([grasp.joints for grasp in grasps]),
        np.concatenate([grasp.valid for grasp in grasps]),
    )


def _one(batch: GraspBatch, index: int) -> GraspBatch:
    """One grasp of a batch, still as a batch."""
    part = slice(index, index + 1)
    return GraspBatch(batch.force[part], batch.joints[part], batch.valid[part])


@dataclass(frozen=True)
class Trials:
    """N robots with the pose coordinates ``(N, 6)`` of target and start, and the touch of the closed hands there."""

    robots: Robots
    target: NDArray[np.float64]
    start: NDArray[np.float64]
    at_target: GraspBatch
    at_start: GraspBatch


class Robots:
    """N robots sampled from one plant. Closes them on one object at N poses; the base frame is the grasp frame."""

    def __init__(self, hand: Hand, item: GraspObject, samples: Sequence[PlantSample]) -> None:
        self.hand, self.item, self.samples = hand, item, list(samples)
        self._batched = QuasistaticSimulator(hand) if samples[0].tactile_model == "quasistatic" else None
        self._single = None if self._batched else [make_simulator(hand, item, sample) for sample in samples]

    def close(self, coordinates: NDArray[np.float64]) -> GraspBatch:
        """Close every robot's hand at its pose, ``(N, 6)`` m and rad."""
        if self._batched is not None:
            return self._batched.grasp(self.item, coordinates, self.samples)
        assert self._single is not None
        return _joined(
            [simulator.grasp(x[None]) for simulator, x in zip(self._single, coordinates, strict=True)]
        )

    def close_again(
        self, coordinates: NDArray[np.float64], moved: NDArray[np.bool_], before: GraspBatch
    ) -> GraspBatch:
        """As :meth:`close`, but hands that did not move have the touch of before."""
        if self._single is None:
            return self.close(coordinates)
        again = [
            simulator.grasp(x[None]) if new else _one(before, i)
            for i, (simulator, x, new) in enumerate(zip(self._single, coordinates, moved, strict=True))
        ]
        return _joined(again)

    def wrists(self, coordinates: NDArray[np.float64]) -> RigidTransform:
        """Wrist poses in the base frame."""
        return from_coordinates(coordinates) * self.hand.centre_from_wrist

    def move(self, wrists: Sequence[RigidTransform], rng: np.random.Generator) -> NDArray[np.float64]:
        """Pose coordinates ``(N, 6)`` after moving there, with the arms' repeatability."""
        noise = rng.standard_normal((len(wrists), 6))
        noise[:, :3] *= np.array([[sample.wrist_position_sigma] for sample in self.samples])
        noise[:, 3:] *= np.array([[sample.wrist_rotation_sigma] for sample in self.samples])
        reached = [
            wrist * from_coordinates(e) * self.hand.wrist_from_centre
            for wrist, e in zip(wrists, noise, strict=True)
        ]
        return np.stack([to_coordinates(pose) for pose in reached])


def sample_trials(
    hand: Hand,
    item: GraspObject,
    plant: Plant,
    count: int,
    fixed_target: bool,
    scales: tuple[float, float],
    rng: np.random.Generator,
) -> Trials:
    """Robots, targets and starts; `scales` widen the box of targets and the box of starts.

    Trials without valid contact at both are sampled anew, robot included. Raises SimulationError when the boxes hold
    hardly any valid grasp.
    """
    samples: list[PlantSample] = []
    poses: list[NDArray[np.float64]] = []
    grasps: list[tuple[GraspBatch, GraspBatch]] = []
    for _ in range(MAX_TRIES):
        missing = count - len(samples)
        if missing == 0:
            target, start = np.stack(poses).transpose(1, 0, 2)
            at_target, at_start = (_joined(side) for side in zip(*grasps, strict=True))
            return Trials(Robots(hand, item, samples), target, start, at_target, at_start)
        candidates = [plant.sample(hand, rng) for _ in range(missing)]
        target = np.zeros((missing, 6)) if fixed_target else item.sample_poses(rng, missing, scales[0])
        start = item.sample_poses(rng, missing, scales[1])
        robots = Robots(hand, item, candidates)
        at_target, at_start = robots.close(target), robots.close(start)
        for i in map(int, np.nonzero(at_target.valid & at_start.valid)[0]):
            samples.append(candidates[i])
            poses.append(np.stack([target[i], start[i]]))
            grasps.append((_one(at_target, i), _one(at_start, i)))
    raise SimulationError(
        f"Object '{item.name}': only {len(samples)} of {count} trials found poses where {hand.grasp_sentence} "
        f"of {hand.name} touch; narrow its half_range."
    )


def read_frames(
    sensor: Sensor, batch: GraspBatch, frames: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`frames` successive readings of every robot: tactile ``(N, frames, T)`` and joints ``(N, frames, J)``."""
    tactile = [sensor.read(batch.force) for _ in range(frames)]
    joints = [sensor.read_joints(batch.joints) for _ in range(frames)]
    return np.stack(tactile, axis=1), np.stack(joints, axis=1)
