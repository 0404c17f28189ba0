"""The refinement loop on a chunk of trials: sense, predict, fuse, move, close again; errors against the truth."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tacrefine.evaluation.calibrated import CalibratedRefiners
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.world import Robots, draw_trials, read_frames
from tacrefine.geometry import error_between, from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant
from tacrefine.policy import Corrections, Policy
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.sim import GraspBatch
from tacrefine.synthesis import Observed, SynthesisRefiner
from tacrefine.touch import Sensor

CHUNK = 10
"""trials that share one generator; a constant, so that results do not depend on how work is split"""


@dataclass(frozen=True)
class TrialErrors:
    """Errors of the grasp centre against the target: ``(trials, steps + 1)`` in mm and deg, column 0 the start.

    `covered` and `predicted` count axes: predictions in all, and those whose error was within one predicted sigma.
    """

    object_name: str
    millimetres: NDArray[np.float64]
    degrees: NDArray[np.float64]
    moves: NDArray[np.int64]
    covered: int
    predicted: int


def run_chunk(
    settings: EvaluationSettings, hand: Hand, policy: Policy, plant: Plant, item: GraspObject, number: int
) -> TrialErrors:
    """Run chunk `number` of the trials on one object; the same arguments give the same errors."""
    count = min(CHUNK, settings.trials - number * CHUNK)
    rng = np.random.default_rng([settings.seed, crc32(item.name.encode()), number])
    trials = draw_trials(hand, item, plant, count, settings.targets == "fixed", settings.range_scale, rng)
    synthesis = _synthesis(settings, hand, policy, item, trials.robots, number)
    loop = Loop(settings, policy, trials.robots, trials.target, trials.at_target, rng, synthesis)
    return loop.refine(trials.start, trials.at_start)


class Loop:
    """N robots that were shown their target ``(N, 6)`` once, and refine towards it from wherever they are."""

    def __init__(
        self,
        settings: EvaluationSettings,
        policy: Policy,
        robots: Robots,
        target: NDArray[np.float64],
        at_target: GraspBatch,
        rng: np.random.Generator,
        synthesis: SynthesisRefiner | CalibratedRefiners | None = None,
    ) -> None:
        self._settings, self._policy, self._robots, self._target = settings, policy, robots, target
        self._rng, self._synthesis = rng, synthesis
        self._sensor = Sensor(robots.hand, robots.draws, rng)
        tactile, joints = (
            array.mean(axis=1) for array in read_frames(self._sensor, at_target, settings.target_frames)
        )
        self._shown = Observed(tactile, joints, settings.target_frames)

    def refine(self, x: NDArray[np.float64], felt: GraspBatch) -> TrialErrors:
        """One refinement from pose coordinates `x` ``(N, 6)``, where the closed hands feel `felt`."""
        settings, robots, shown, count = self._settings, self._robots, self._shown, len(x)
        estimators = [TargetEstimator(settings.estimator) for _ in range(count)]
        active = np.ones(count, bool)
        moves = np.zeros(count, np.int64)
        errors = [error_between(from_coordinates(x), from_coordinates(self._target))]
        covered = predicted = 0
        for step in range(settings.steps):
            self._sensor.release()
            tactile, joints = read_frames(self._sensor, felt, settings.frames)
            corrections = _predict(
                self._policy, tactile, joints, shown.readings, shown.joints, robots.item.observable
            )
            repeats = np.full(count, settings.frames)
            if self._synthesis is not None:
                sensed = Observed(tactile.mean(axis=1), joints.mean(axis=1), settings.frames)
                corrections, repeats = self._synthesis.blend(corrections, sensed, shown)
            inside, axes = _coverage(corrections, x, self._target, repeats)
            covered, predicted = covered + inside, predicted + axes
            x, active = _move(robots, estimators, corrections, x, active, repeats, self._rng)
            moves += active
            errors.append(error_between(from_coordinates(x), from_coordinates(self._target)))
            if step + 1 < settings.steps:
                felt = robots.close_again(x, active, felt)
        distance, angle = (np.stack(column, axis=1) for column in zip(*errors, strict=True))
        return TrialErrors(robots.item.name, distance * 1e3, np.rad2deg(angle), moves, covered, predicted)


def _synthesis(
    settings: EvaluationSettings, hand: Hand, policy: Policy, item: GraspObject, robots: Robots, number: int
) -> SynthesisRefiner | CalibratedRefiners | None:
    """What refines the network's corrections, if anything."""
    if settings.calibrate:
        return CalibratedRefiners(settings, hand, policy, item, robots.draws, number)
    return SynthesisRefiner(hand, item, settings.synthesis) if settings.synthesis else None


def _predict(
    policy: Policy,
    tactile: NDArray[np.float32],
    joints: NDArray[np.float32],
    shown_tactile: NDArray[np.float32],
    shown_joints: NDArray[np.float32],
    observable: NDArray[np.bool_],
) -> Corrections:
    """One correction for each frame of each trial, trials outermost."""
    frames = tactile.shape[1]
    return policy.predict_batch(
        tactile.reshape(-1, tactile.shape[-1]),
        joints.reshape(-1, joints.shape[-1]),
        np.repeat(shown_tactile, frames, axis=0),
        np.repeat(shown_joints, frames, axis=0),
        observable,
    )


def _move(
    robots: Robots,
    estimators: list[TargetEstimator],
    corrections: Corrections,
    x: NDArray[np.float64],
    active: NDArray[np.bool_],
    repeats: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Fuse and move those that are still active; who has converged stays where it is.

    `repeats` says how many of the corrections belong to each robot.
    """
    ends = np.cumsum(repeats)
    wrists = robots.wrists(x)
    goals, still = [], active.copy()
    for i, estimator in enumerate(estimators):
        wrist = wrists[i]
        goals.append(wrist)
        if not active[i]:
            continue
        estimator.start_grasp()
        for j in range(ends[i] - repeats[i], ends[i]):
            estimator.add(wrist, corrections[j])
        decision = estimator.decide(wrist, robots.hand)
        still[i] = not decision.converged
        if still[i]:
            goals[-1] = decision.next_wrist
    return np.where(still[:, None], robots.move(goals, rng), x), still


def _coverage(
    corrections: Corrections, x: NDArray[np.float64], target: NDArray[np.float64], repeats: NDArray[np.int64]
) -> tuple[int, int]:
    """How many predicted axes lie within one sigma of the true difference of coordinates, and how many there are."""
    error = np.abs(corrections.differences - np.repeat(target - x, repeats, axis=0))
    seen = corrections.observable
    return int((error < corrections.standard_deviation)[seen].sum()), int(seen.sum())
