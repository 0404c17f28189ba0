"""A robot, a policy and a clock without ROS and without physics, which tests bend out of shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.geometry import RigidTransform, transform
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.machine import RefineMachine
from tacrefine.refine.samples import CorrectionSample, Feedback, Goal, Outcome
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import JointSample, WristSample

OPEN, CLOSED = {"a": 0.0, "b": 0.1}, {"a": 1.0, "b": 0.9}
OBSERVABLE = np.array([True, False, True, False, True, False])


@dataclass
class FakeClock:
    time: float = 1000.0
    frozen: bool = False
    wall: float = 5.0
    is_simulated: bool = False
    factor: float = 1.0

    def now(self) -> float:
        return self.time

    def steady(self) -> float:
        return self.wall

    def advance(self, seconds: float) -> None:
        self.wall += seconds / self.factor
        self.time += 0.0 if self.frozen else seconds


class FakeWorld:
    """Closes the loop around a RefineMachine in steps of 10 ms; switches turn single parts off or bad."""

    def __init__(self, settings: RefineSettings, arm_backend: str = "streaming") -> None:
        self.clock = FakeClock()
        self.settings = settings
        self.centre = SimpleNamespace(
            wrist_from_centre=transform((0, 0, -0.1)), centre_from_wrist=transform((0, 0, 0.1))
        )
        self.wrist = transform((0.3, 0.1, 0.4))
        self.target = self.wrist * transform((0.004, 0.0, -0.005), (0.0, 0.08, 0.0))
        self.joints = dict(OPEN)
        self.arm_log: list[RigidTransform] = []
        self.hand_log: list[tuple[float, str]] = []
        self.feedback: list[Feedback] = []
        self._goal_wrist = self.wrist
        self._told: object = None
        self._hand_path = None
        self.arm_moves = self.hand_moves = True
        self.hand_delay = 0.0  # s, from a command to the first motion
        self.wrist_flows = self.joints_flow = self.policy_answers = True
        self.missing_joint = False
        self.hand_jitter = 0.0
        self.arm_lacks = ""
        self.force: float | None = 0.0
        self.contact = 2
        self.correction_age = 0.0
        self.correction_id = "goal-1"
        self.spoil = lambda sample: sample
        limits = Limits(settings, self.centre.wrist_from_centre)
        self.guard = Guard(settings, limits, self.clock)
        self.adapter = CartesianArm(self, self.guard.gate, limits, arm_backend)
        self.arm = Arm(self.adapter, self.guard, settings)
        self.hand = Hand(self.guard.gate_fingers(self._take_hand), ("a", "b"), OPEN, CLOSED, settings)
        self.machine = self.make_machine()

    def make_machine(self) -> RefineMachine:
        return RefineMachine(
            self.settings,
            self.clock,
            self.arm,
            self.hand,
            self.guard,
            self.centre,
            self._estimator,
            self.feedback.append,
        )

    def _estimator(self, goal: Goal) -> TargetEstimator:
        return TargetEstimator(
            EstimatorSettings(
                position_tolerance=goal.position_tolerance, rotation_tolerance=goal.rotation_tolerance
            ),
            goal.prior,
        )

    def goal(self, **changes) -> Goal:
        return replace(Goal("goal-1", OBSERVABLE, 5, 0.001, 0.02), **changes)

    def missing(self) -> str:
        return self.arm_lacks

    def send(self, pose: RigidTransform) -> None:
        self.arm_log.append(pose)
        self._goal_wrist = pose

    def _take_hand(self, positions, seconds: float) -> None:
        posture = "open" if dict(positions) == OPEN else "closed"
        self.hand_log.append((self.clock.now(), posture))
        self._hand_path = (self.clock.now() + self.hand_delay, dict(self.joints), dict(positions), seconds)

    @property
    def is_closed(self) -> bool:
        return abs(self.joints["a"] - CLOSED["a"]) < 0.01

    def step(self, seconds: float = 0.01) -> Outcome | None:
        self.clock.advance(seconds)
        now = self.clock.now()
        if self.arm_moves:
            self.wrist = self._goal_wrist
        if self._hand_path and self.hand_moves:
            began, start, end, duration = self._hand_path
            share = min(1.0, max(0.0, now - began) / duration)
            self.joints = {name: start[name] + share * (end[name] - start[name]) for name in start}
        if self.wrist_flows:
            self.machine.observe_wrist(WristSample(now, self.wrist))
        if self.joints_flow:
            jitter = self.hand_jitter * np.sin(30.0 * now)
            shown = {name: value + jitter for name, value in self.joints.items()}
            if self.missing_joint:
                del shown["b"]
            try:
                self.machine.observe_joints(JointSample(now, shown))
            except Exception as error:
                self.last_error = error
        if self.force is not None:
            self.guard.observe_force("index_tip", self.force, self.clock.steady())
        if self.policy_answers:
            self.answer(now)
        return self.machine.tick()

    def answer(self, now: float) -> None:
        """What the machine needs to sense."""
        sigma = np.where(OBSERVABLE, 1e-4, 0.0)
        contact = self.contact if self.is_closed else 0
        if (self.wrist, self.target) != self._told:
            self._told, self._increment = (self.wrist, self.target), self.wrist.inv() * self.target
        increment = self._increment
        sample = CorrectionSample(
            now - self.correction_age, self.correction_id, contact, increment, sigma, OBSERVABLE
        )
        self.machine.observe_correction(self.spoil(sample))

    def run(self, seconds: float = 120.0, until=None) -> Outcome | None:
        """Step until the goal ends or `until(self)` holds."""
        for _ in range(int(seconds / 0.01)):
            outcome = self.step()
            if outcome is not None or (until is not None and until(self)):
                return outcome
        raise AssertionError(f"nothing happened for {seconds} s in state {self.machine.phase}")

    def run_to(self, state: HandPhase) -> None:
        outcome = self.run(until=lambda world: world.machine.phase is state)
        assert outcome is None, outcome
