"""The refinement loop of `refine_server` and the policy's node in this process: the same loop, policy and settings.

What is missing is the wire between them. Model-based refinement is asked once for each grasp, when the mean of its
readings is full; the loop does not wait for it, simulated time stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.blackboard import Client as Blackboard
from py_trees.common import Access, Status
from scipy.spatial.transform import RigidTransform

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.errors import TacrefineError
from tacrefine.hands import Hand
from tacrefine.identification.model_based import ModelBasedRefiner, Observed
from tacrefine.identification.model_based.grasp_mean import GraspMean
from tacrefine.objects import GraspObject
from tacrefine.planner.robot import Refined
from tacrefine.planner.trees import RESULT
from tacrefine.policy import Policy
from tacrefine.policy.correction import deviation_without_contact
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.machine import RefineMachine
from tacrefine.refine.samples import CorrectionSample, Goal, Outcome
from tacrefine.refine.settings import RefineSettings
from tacrefine.refine.strategy import strategy_of
from tacrefine.refine.targets import StoredTarget
from tacrefine.sim.robot import Reading
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand as Fingers
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import JointSample, WristSample
from tacrefine.touch import ContactState, TouchFrame, contact_state
from tacrefine.touch.comparison import TouchComparison
from tacrefine.touch.load import strongest_of

SENSING = (HandPhase.PREPARING, HandPhase.SENSING)
CARRYING = (HandPhase.LOWERING, HandPhase.LIFTING)
MODEL_BASED_FRAMES = 10
"""readings of a grasp at rest that a fit rests on"""
REFINED_S = 0.5
"""simulated time after which a grasp without a good fit is decided by the network"""


class Commanded(Protocol):
    """The robot that the loop commands."""

    @property
    def now(self) -> float:
        """Stamp of the newest reading, s."""

    def send_wrist(self, pose: RigidTransform) -> None:
        """Command a wrist pose."""

    def lead_hand(self, positions: Mapping[str, float], seconds: float) -> None:
        """Lead actuated joints to positions, rad, within that time."""


class RefinementLoop:
    """One goal at a time: `start`, then `observe` every reading until there is a `result`.

    `model_based` is the plant that model-based refinement assumes; empty: the network's corrections are all there is.
    """

    def __init__(
        self,
        robot: Commanded,
        hand: Hand,
        obj: GraspObject,
        policy: Policy,
        settings: RefineSettings,
        model_based: str = "",
    ) -> None:
        self._robot, self._hand, self._obj, self._policy = robot, hand, obj, policy
        self._settings = replace(settings, refined_timeout=REFINED_S) if model_based else settings
        self._refiner = ModelBasedRefiner(hand, obj, model_based) if model_based else None
        self._mean = GraspMean(hand, MODEL_BASED_FRAMES)
        self.forget()

    def forget(self) -> None:
        """As if no goal had ever been."""
        self._machine: RefineMachine | None = None
        self._outcome: Outcome | None = None

    def start(self, target: StoredTarget, strategy: str) -> None:
        """Begin a goal towards a captured target; raises TacrefineError where it is refused."""
        s, touch = self._settings, target.touch(self._hand)
        self._target = target
        self._shown = TouchFrame(touch.tactile.astype(np.float32), touch.joints.astype(np.float32))
        self._observable = np.array(target.observable_axes, bool)
        self._outcome, self._machine = None, self._make_machine()
        self._mean.clear()
        self._machine.start(
            Goal(
                target.id,
                self._observable,
                s.max_steps,
                s.position_tolerance,
                s.rotation_tolerance,
                self._obj.half_range / np.sqrt(3.0),
                touch,
                strategy_of(strategy),
            )
        )

    @property
    def result(self) -> Refined | None:
        """How the newest goal has ended, None if there was none or it runs."""
        outcome = self._outcome
        if outcome is None:
            return None
        held = outcome.held
        return Refined(
            outcome.code,
            outcome.message,
            outcome.steps,
            RigidTransform.identity() if held is None else held.compensation,
            outcome.remaining_m,
            outcome.remaining_rad,
        )

    def observe(self, reading: Reading, frame: TouchFrame) -> None:
        """One reading further; a goal that runs sees it and commands what it decides."""
        machine = self._machine
        if machine is None or self._outcome is not None:
            return
        now = self._robot.now
        machine.observe_wrist(WristSample(now, reading.wrist))
        joints = dict(zip(self._hand.joint_names, map(float, reading.joints), strict=True))
        machine.observe_joints(JointSample(now, joints))
        self._guard.observe_force(*strongest_of(self._hand, reading.tactile), now)
        if machine.phase in SENSING or machine.phase in CARRYING:
            machine.observe_touch(now, frame)
        if machine.phase in SENSING:  # else what the policy says is not listened to
            for sample in self._corrections(now, frame):
                machine.observe_correction(sample)
        else:
            self._mean.clear()
        self._outcome = machine.tick()

    def _corrections(self, now: float, frame: TouchFrame) -> list[CorrectionSample]:
        """What the policy's node would publish for this reading."""
        contact, observable = contact_state(self._hand, frame), self._observable

        def sample(
            increment: RigidTransform, deviation: NDArray[np.float64], frames: int = 1
        ) -> CorrectionSample:
            return CorrectionSample(
                now, self._target.id, int(contact), increment, deviation, observable, frames
            )

        if contact is ContactState.NONE:
            return [sample(RigidTransform.identity(), deviation_without_contact(observable))]
        plain = self._policy.predict(frame, self._shown, observable)
        samples = [sample(plain.increment, plain.standard_deviation)]
        if self._refiner is None or contact is not ContactState.GOOD:
            return samples
        was_full = self._mean.is_full
        self._mean.add(frame)
        if self._mean.is_full and not was_full:
            here = self._mean.observed()
            there = Observed(
                self._shown.tactile[None], self._shown.joints[None], float(max(self._target.frames, 1))
            )
            proposal = self._policy.predict_batch(
                here.readings, here.joints, there.readings, there.joints, observable
            )
            refined, improved = self._refiner(proposal, here, there)
            if improved[0]:
                answer = refined[0]
                samples.append(sample(answer.increment, answer.standard_deviation, int(here.frames)))
        return samples

    def _make_machine(self) -> RefineMachine:
        s, hand, robot = self._settings, self._hand, self._robot
        clock, limits = _Clock(robot), Limits(s, hand.wrist_from_centre)
        guard = Guard(s, limits, clock)
        arm = Arm(CartesianArm(_ArmLink(robot), guard.gate, limits), guard, s)
        open_, closed = (
            dict(zip(hand.actuated_joints, map(float, positions), strict=True))
            for positions in (hand.open_positions, hand.closed_positions)
        )
        fingers = Fingers(guard.gate_fingers(robot.lead_hand), hand.joint_names, open_, closed, s)
        self._guard = guard
        return RefineMachine(
            s, clock, arm, fingers, guard, hand, self._make_estimator, compare=TouchComparison(hand)
        )

    def _make_estimator(self, goal: Goal) -> TargetEstimator:
        return TargetEstimator(EstimatorSettings.of(goal, self._settings), goal.prior)


class RefinesInProcess(Protocol):
    """What the leaf needs of the robot."""

    @property
    def last(self) -> Refined | None:
        """How the newest goal has ended, None if it runs."""

    def start(self, target: str, strategy: str) -> None:
        """Begin a goal; raises TacrefineError where it is refused."""


class RefineInProcess(Behaviour):
    """A leaf: a goal of the refinement loop in this process."""

    def __init__(self, name: str, robot: RefinesInProcess, target: str, strategy: str) -> None:
        super().__init__(name)
        self._robot, self._target, self._strategy = robot, target, strategy
        self._board = Blackboard(name=name)
        self._board.register_key(RESULT, access=Access.WRITE)

    def initialise(self) -> None:
        """Send the goal."""
        self._refused = ""
        try:
            self._robot.start(self._target, self._strategy)
        except TacrefineError as error:
            self._refused = str(error)

    def update(self) -> Status:
        """Look for the result."""
        if self._refused:
            self.feedback_message = self._refused
            return Status.FAILURE
        result = self._robot.last
        if result is None:
            return Status.RUNNING
        self._board.set(RESULT, result)
        self.feedback_message = result.message
        return Status.SUCCESS if result.holds else Status.FAILURE


class _Clock:
    is_simulated = True

    def __init__(self, robot: Commanded) -> None:
        self._robot = robot

    def now(self) -> float:
        """Simulated time, s."""
        return self._robot.now

    def steady(self) -> float:
        """The same: nothing is late here."""
        return self._robot.now


class _ArmLink:
    def __init__(self, robot: Commanded) -> None:
        self._robot = robot

    def missing(self) -> str:
        """Return an empty sentence: nothing is missing in a simulation."""
        return ""

    def send(self, pose: RigidTransform) -> None:
        """To the simulated arm."""
        self._robot.send_wrist(pose)
