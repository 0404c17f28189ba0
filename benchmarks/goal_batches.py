"""Goals of `refine_grasp` on simulated robots, in batches: the decisions of the ROS server, without its nodes.

The same estimator, comparison and judge as in `tacrefine.refine.machine`, with the server's tolerances. The object in
the hand may be another than the target's.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tacrefine.evaluation.trials import predict_frames
from tacrefine.evaluation.world import Robots, read_frames, sample_trials
from tacrefine.geometry import RigidTransform, error_between, from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant
from tacrefine.policy import Corrections, Policy
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.judge import Judge
from tacrefine.refine.samples import Estimate, Goal
from tacrefine.refine.settings import RefineSettings
from tacrefine.sim import GraspBatch
from tacrefine.supervision.errors import SUCCESS, NoContact
from tacrefine.touch import Sensor
from tacrefine.touch.comparison import MeanTouch, TouchComparison

MOST_TRIES = 20


@dataclass(frozen=True)
class GoalResult:
    """How one goal ended: code, moves, true error along the observable axes and the expected one (m, rad)."""

    object: str
    held: str
    code: int
    moves: int
    true_m: float
    true_rad: float
    expected_m: float
    expected_rad: float
    touch_difference: float
    differing_finger: str


def run_goals(
    hand: Hand,
    policy: Policy,
    plant: Plant,
    item: GraspObject,
    count: int,
    seed: int,
    held: GraspObject | None = None,
    settings: RefineSettings | None = None,
    target_frames: int = 10,
    target_scale: float = 1.0,
    compare: bool = True,
) -> list[GoalResult]:
    """`count` goals with the target of `item`, each on another robot; `held` is the object in the hand, if another.

    Without `compare` touch is not compared with the target's. A start at which the hand does not hold the other object
    is drawn anew. The same arguments give the same results.
    """
    settings = settings or RefineSettings()
    rng = np.random.default_rng([seed, crc32(item.name.encode()), crc32((held or item).name.encode())])
    trials = sample_trials(hand, item, plant, count, False, (target_scale, 1.0), rng)
    sensor = Sensor(hand, trials.robots.samples, rng)
    tactile, joints = read_frames(sensor, trials.at_target, target_frames)
    shown = [MeanTouch.of(hand, tactile[i], joints[i]) for i in range(count)]
    robots, x, grasp = trials.robots, trials.start, trials.at_start
    if held is not None:
        robots = Robots(hand, held, trials.robots.samples)
        x, grasp = _held(robots, item, rng)
    goals = [_Goal(hand, robots, item, settings, touch, i, compare) for i, touch in enumerate(shown)]
    wrists = robots.wrists(x)
    for i, goal in enumerate(goals):
        goal.wrist = wrists[i]
    while any(goal.is_running for goal in goals):
        sensor.release()
        tactile, joints = read_frames(sensor, grasp, settings.frames_per_grasp)
        targets = (np.stack([touch.tactile for touch in shown]), np.stack([touch.joints for touch in shown]))
        corrections = predict_frames(policy, tactile, joints, *targets, item.observable)
        for i, goal in enumerate(goals):
            if goal.is_running:
                goal.sense(corrections, MeanTouch.of(hand, tactile[i], joints[i]), bool(grasp.valid[i]))
        moving = np.array([goal.is_running for goal in goals])
        x = np.where(moving[:, None], robots.move([goal.wrist for goal in goals], rng), x)
        if moving.any():
            grasp = robots.close_again(x, moving, grasp)
    return [goal.result(x[i], trials.target[i]) for i, goal in enumerate(goals)]


class _Goal:
    """One robot's goal; what `RefineMachine.decide` does, without phases and clocks."""

    def __init__(
        self,
        hand: Hand,
        robots: Robots,
        item: GraspObject,
        settings: RefineSettings,
        shown: MeanTouch,
        index: int,
        compare: bool,
    ) -> None:
        sample = robots.samples[index]
        self._hand, self._held, self._item, self._index = hand, robots.item, item, index
        self._frames, self._shown = settings.frames_per_grasp, shown
        self._compare = TouchComparison(hand) if compare else None
        goal = Goal(
            "",
            item.observable,
            settings.max_steps,
            settings.position_tolerance,
            settings.rotation_tolerance,
            item.half_range / np.sqrt(3.0),
            shown,
        )
        self._judge = Judge(goal, settings.mismatch_moves)
        estimator = EstimatorSettings(
            position_tolerance=goal.position_tolerance,
            rotation_tolerance=goal.rotation_tolerance,
            wrist_position_noise=sample.wrist_position_sigma,
            wrist_rotation_noise=sample.wrist_rotation_sigma,
        )
        self._estimator = TargetEstimator(estimator, goal.prior)
        self.wrist = RigidTransform.identity()
        self.moves, self.code = 0, -1
        self._estimate = Estimate()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.code < 0

    def sense(self, corrections: Corrections, felt: MeanTouch, valid: bool) -> None:
        """Judge a grasp by its frames among the corrections of all; `valid`: the hand holds the object."""
        if not valid:
            self.code = self._judge.lost_contact(NoContact("too few fingers touch")).code
            return
        self._estimator.start_grasp()
        for row in range(self._index * self._frames, (self._index + 1) * self._frames):
            self._estimator.add(self.wrist, corrections[row])
        decision = self._estimator.decide(self.wrist, self._hand)
        difference = (
            self._compare(felt, self._shown, decision.expected, self._item.observable)
            if self._compare
            else None
        )
        self._estimate = Estimate.of(decision, difference)
        verdict = self._judge.verdict(decision, difference, self.moves)
        if verdict.error is not None:
            self.code = verdict.error.code
        elif verdict.next_wrist is None:
            self.code = SUCCESS
        else:
            self.wrist, self.moves = verdict.next_wrist, self.moves + 1

    def result(self, x: NDArray[np.float64], target: NDArray[np.float64]) -> GoalResult:
        """With the hand at pose coordinates `x` ``(6,)``; what touch cannot tell is no error of the estimate."""
        at = np.where(self._item.observable, x, target)
        metres, radians = error_between(from_coordinates(at), from_coordinates(target))
        known = self._estimate
        return GoalResult(
            self._item.name,
            self._held.name,
            self.code,
            self.moves,
            float(metres),
            float(radians),
            known.error_m,
            known.error_rad,
            known.touch_difference,
            known.differing_finger,
        )


def _held(
    robots: Robots, item: GraspObject, rng: np.random.Generator
) -> tuple[NDArray[np.float64], GraspBatch]:
    """Poses ``(N, 6)`` of the target's range at which the hands hold the other object, if it can be held there."""
    count = len(robots.samples)
    x = item.sample_poses(rng, count)
    grasp = robots.close(x)
    for _ in range(MOST_TRIES):
        if grasp.valid.all():
            break
        x = np.where(grasp.valid[:, None], x, item.sample_poses(rng, count))
        grasp = robots.close_again(x, ~grasp.valid, grasp)
    return x, grasp
