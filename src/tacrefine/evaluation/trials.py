"""The refinement loop on a chunk of trials: sense, predict, fuse, move, close again; errors against the truth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tacrefine.evaluation.calibrated import CalibratedRefiners
from tacrefine.evaluation.coverage import Coverage
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.world import Robots, read_frames, sample_trials
from tacrefine.geometry import RigidTransform, error_between, from_coordinates, to_coordinates
from tacrefine.hands import Hand
from tacrefine.identification.model_based import ModelBasedRefiner, Observed
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant
from tacrefine.policy import Corrections, Policy
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.sim import GraspBatch
from tacrefine.touch import Sensor

CHUNK = 10
"""trials that share one generator; a constant, so that results do not depend on how work is split"""


@dataclass(frozen=True)
class TrialErrors:
    """Errors of the grasp centre against the target: ``(trials, steps + 1)`` in mm and deg, column 0 the start.

    `single` counts how often the corrections' own deviations cover their errors, `fused` the same of the estimate that
    a trial ended with. `weak` (trials, 6) are the axes that were weakly observable in the end, `final` (trials, 6) the
    errors in pose coordinates then, m and rad.
    """

    object_name: str
    millimetres: NDArray[np.float64]
    degrees: NDArray[np.float64]
    moves: NDArray[np.int64]
    single: Coverage = field(default_factory=Coverage)
    fused: Coverage = field(default_factory=Coverage)
    weak: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 6), bool))
    final: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 6)))


def run_chunk(
    settings: EvaluationSettings, hand: Hand, policy: Policy, plant: Plant, item: GraspObject, number: int
) -> TrialErrors:
    """Run chunk `number` of the trials on one object; the same arguments give the same errors."""
    count = min(CHUNK, settings.trials - number * CHUNK)
    rng = np.random.default_rng([settings.seed, crc32(item.name.encode()), number])
    trials = sample_trials(hand, item, plant, count, settings.targets == "fixed", settings.scales, rng)
    refiner = _refiner(settings, hand, policy, item, trials.robots, number)
    loop = Loop(settings, policy, trials.robots, trials.target, trials.at_target, rng, refiner)
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
        refiner: ModelBasedRefiner | CalibratedRefiners | None = None,
    ) -> None:
        self._settings, self._policy, self._robots, self._target = settings, policy, robots, target
        self._rng, self._refiner = rng, refiner
        self._sensor = Sensor(robots.hand, robots.samples, rng)
        tactile, joints = (
            array.mean(axis=1) for array in read_frames(self._sensor, at_target, settings.target_frames)
        )
        self._shown = Observed(tactile, joints, settings.target_frames)

    def refine(self, x: NDArray[np.float64], grasp: GraspBatch) -> TrialErrors:
        """One refinement from pose coordinates `x` ``(N, 6)``, with the closed hands' touch there."""
        settings, robots, shown, count = self._settings, self._robots, self._shown, len(x)
        arms = _Arms(settings.estimator, robots, x)
        moves = np.zeros(count, np.int64)
        errors = [error_between(from_coordinates(x), from_coordinates(self._target))]
        single, fused = Coverage(), Coverage()
        for step in range(settings.steps):
            self._sensor.release()
            tactile, joints = read_frames(self._sensor, grasp, settings.frames)
            corrections = predict_frames(
                self._policy, tactile, joints, shown.readings, shown.joints, robots.item.observable
            )
            repeats = np.full(count, settings.frames)
            if self._refiner is not None:
                sensed = Observed(tactile.mean(axis=1), joints.mean(axis=1), settings.frames)
                corrections, repeats = self._refiner.blend(corrections, sensed, shown)
            wrong = corrections.differences - np.repeat(self._target - x, repeats, axis=0)
            single.count(wrong, corrections.standard_deviation, corrections.observable)
            arms.decide(corrections, repeats, x, refined=self._refiner is not None)
            x = arms.move(x, self._rng)
            moves += arms.active
            errors.append(error_between(from_coordinates(x), from_coordinates(self._target)))
            if step + 1 < settings.steps:
                grasp = robots.close_again(x, arms.active, grasp)
        if settings.steps:
            fused.count(arms.estimate - self._target, arms.deviation, robots.item.observable)
        distance, angle = (np.stack(column, axis=1) for column in zip(*errors, strict=True))
        mm, deg = distance * 1e3, np.rad2deg(angle)
        return TrialErrors(robots.item.name, mm, deg, moves, single, fused, arms.weak, x - self._target)


class _Arms:
    """The decisions of N robots and the moves that follow; who has converged stays where it is.

    An arm believes that it arrived where it was sent: its repeatability is what it does not measure, and what its
    data sheet tells the estimator.
    """

    def __init__(self, settings: EstimatorSettings, robots: Robots, x: NDArray[np.float64]) -> None:
        count = len(x)
        prior = robots.item.half_range / np.sqrt(3.0)
        self._robots = robots
        self._estimators = [
            TargetEstimator(
                replace(
                    settings,
                    wrist_position_noise=sample.wrist_position_sigma,
                    wrist_rotation_noise=sample.wrist_rotation_sigma,
                ),
                prior,
            )
            for sample in robots.samples
        ]
        wrists = robots.wrists(x)
        self._wrists: list[RigidTransform] = [wrists[i] for i in range(count)]
        self.active = np.ones(count, bool)
        """(N,), who has not converged yet"""
        self.estimate = np.zeros((count, 6))
        """(N, 6) pose coordinates of the target, by the latest estimate seen from where the hand truly is"""
        self.deviation = np.zeros((count, 6))
        self.weak = np.zeros((count, 6), bool)

    def decide(
        self, corrections: Corrections, repeats: NDArray[np.int64], x: NDArray[np.float64], refined: bool
    ) -> None:
        """Fuse what was measured at pose coordinates `x` ``(N, 6)``; `repeats` corrections belong to each robot.

        With `refined`, one that is alone stands for all readings of its grasp.
        """
        ends = np.cumsum(repeats)
        hand = self._robots.hand
        for i in np.flatnonzero(self.active):
            wrist, estimator = self._wrists[i], self._estimators[i]
            estimator.start_grasp()
            use = estimator.refine if refined and repeats[i] == 1 else estimator.add
            for j in range(ends[i] - repeats[i], ends[i]):
                use(wrist, corrections[j])
            decision = estimator.decide(wrist, hand)
            step = (wrist * hand.wrist_from_centre).inv() * decision.target_wrist * hand.wrist_from_centre
            self.estimate[i] = to_coordinates(from_coordinates(x[i]) * step)
            self.deviation[i], self.weak[i] = decision.standard_deviation, decision.weak_axes
            self.active[i] = not decision.converged
            if self.active[i]:
                self._wrists[i] = decision.next_wrist

    def move(self, x: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """True pose coordinates ``(N, 6)`` after those that are active have moved from `x`."""
        reached = self._robots.move(self._wrists, rng)
        return np.where(self.active[:, None], reached, x)


def _refiner(
    settings: EvaluationSettings, hand: Hand, policy: Policy, item: GraspObject, robots: Robots, number: int
) -> ModelBasedRefiner | CalibratedRefiners | None:
    """What refines the network's corrections, if anything."""
    if settings.calibrate:
        return CalibratedRefiners(settings, hand, policy, item, robots.samples, number)
    return ModelBasedRefiner(hand, item, settings.model_based) if settings.model_based else None


def predict_frames(
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
