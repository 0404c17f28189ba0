"""A `Robot` in this process: the simulated robot, the policy and the refinement loop of `refine_server`, without ROS.

Time is simulated, so a tree runs as fast as one core allows. The loop, the policy, their checks and their settings are
those of the nodes; what is missing is the wire between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.blackboard import Client as Blackboard
from py_trees.common import Access, Status
from scipy.spatial.transform import RigidTransform

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.errors import SimulationError, TacrefineError
from tacrefine.geometry import from_coordinates, transform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.planner.robot import Answer, Refined
from tacrefine.planner.trees import RESULT
from tacrefine.plants import Plant
from tacrefine.policy import Policy
from tacrefine.refine.capture import Capture
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.machine import RefineMachine
from tacrefine.refine.samples import CorrectionSample, Goal, Outcome
from tacrefine.refine.settings import RefineSettings
from tacrefine.refine.strategy import strategy_of
from tacrefine.refine.targets import StoredTarget
from tacrefine.sim.robot import BASE_FROM_OBJECT, Moment, Reading, SimulatedRobot
from tacrefine.sim.world import Cell
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand as Fingers
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import JointSample, WristSample
from tacrefine.touch import ContactState, RestDetector, TouchFrame, contact_state
from tacrefine.touch.comparison import TouchComparison
from tacrefine.touch.load import strongest_of

PERIOD = 0.01
"""s of simulated time between readings"""
CAPTURE_FRAMES = 10
REST_S = 0.5
"""simulated time that a closed hand is given before it is shown, or once a nest has opened"""
ARM_SPEEDS = (0.6, 1.5)
"""m/s and rad/s that the simulated arm can follow"""
HAND_SPEED = 1.5
"""rad/s"""
LONGEST_S = 180.0
"""simulated time after which a tree is taken for stuck"""
HOME = transform((0.0, 0.0, 0.06))
"""of the hand above the nominal grasp, where a try begins"""
SENSING = (HandPhase.PREPARING, HandPhase.SENSING)


@dataclass(frozen=True)
class Shown:
    """A grasp that was shown: its two captures, and the wrist in the part's frame while the hand held it."""

    targets: Mapping[str, StoredTarget]
    wrist: RigidTransform


class SimulatedStack:
    """See `tacrefine.planner.robot.Robot`. `looks` are where the camera will see the part, one pose each ``(6,)``.

    `object_pose` and `coordinates` are the truth, which only the judge of a try looks at.
    """

    is_simulated = True
    """for the loop's clock"""

    def __init__(
        self,
        hand: Hand,
        obj: GraspObject,
        plant: Plant,
        cell: Cell,
        policy: Policy,
        seed: int,
        settings: RefineSettings | None = None,
        on_reading: Callable[[Reading], None] = lambda reading: None,
    ) -> None:
        self.hand, self.obj, self.cell, self._plant, self._policy = hand, obj, cell, plant, policy
        self._seed, self._on_reading = seed, on_reading
        self.settings = settings or RefineSettings()
        self.robot = SimulatedRobot(hand, *ARM_SPEEDS, HAND_SPEED, PERIOD, cell=cell)
        self.looks: list[NDArray[np.float64]] = []
        self.targets: dict[str, StoredTarget] = {}
        self._shown: dict[str, TouchFrame] = {}
        self._machine: RefineMachine | None = None
        self._target_id = ""
        self._outcome: Outcome | None = None
        self._rest = RestDetector(self.settings.settled_window, self.settings.settled_speed)
        self._prepare(np.zeros(6))

    # ---- tacrefine.planner.robot.Robot
    @property
    def now(self) -> float:
        """Simulated time, s."""
        return self._reading.time

    @property
    def wrist(self) -> RigidTransform:
        """As the arm reports it."""
        return self._reading.wrist

    @property
    def feels(self) -> bool:
        """Whether thumb and two fingers touch."""
        return contact_state(self.hand, self._frame) is ContactState.GOOD

    @property
    def object_pose(self) -> RigidTransform:
        """True pose of the part in the base frame."""
        return self._reading.object_pose

    @property
    def coordinates(self) -> NDArray[np.float64]:
        """True pose ``(6,)`` of the grasp centre in the part's grasp frame, m and rad."""
        return self._reading.coordinates

    def send_wrist(self, pose: RigidTransform) -> None:
        """Command a wrist pose."""
        self.robot.command_wrist(pose)

    def lead_hand(self, positions: Mapping[str, float], seconds: float) -> None:
        """Lead actuated joints there."""
        self.robot.command_hand(list(positions), [(list(positions.values()), seconds)])

    def look(self) -> RigidTransform | None:
        """The next of `looks`."""
        return self.wrist_at(self.looks.pop(0)) if self.looks else None

    def ask(self, what: str, **_: Any) -> Answer:
        """`release` or `recall`."""
        try:
            {"release": self.robot.release, "recall": self.robot.recall}[what]()
            answer = (True, "done")
        except SimulationError as error:
            answer = (False, str(error))
        self.advance()
        return lambda: answer

    def refine_leaf(self, name: str, target: str, strategy: str) -> Behaviour:
        """A goal of the refinement loop."""
        return RefineInProcess(name, self, target, strategy)

    @property
    def last(self) -> Refined | None:
        """How the newest goal of the refinement loop has ended, None if there was none or it runs."""
        outcome = self._outcome
        if outcome is None:
            return None
        held = outcome.held
        compensation = RigidTransform.identity() if held is None else held.compensation
        return Refined(
            outcome.code,
            outcome.message,
            outcome.steps,
            compensation,
            outcome.remaining_m,
            outcome.remaining_rad,
        )

    def recall(self, moment: Moment) -> None:
        """Back to a moment that `robot.mark` gave."""
        self.robot.recall(moment)
        self._machine = None
        self.advance()

    # ---- time
    def advance(self) -> None:
        """One reading further; a running goal sees it."""
        self.robot.advance()
        self._read()
        if self._machine is not None and self._outcome is None:
            self._feed(self._machine)
            self._outcome = self._machine.tick()

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        until = self.now + seconds
        while self.now < until - 1e-9:
            self.advance()

    def run(self, root: Behaviour) -> Status:
        """Tick a tree at every reading until it has ended; raises SimulationError if it does not."""
        until = self.now + LONGEST_S
        while self.now < until:
            self.advance()
            root.tick_once()
            if root.status is not Status.RUNNING:
                return root.status
        raise SimulationError(f"the tree '{root.name}' has not ended after {LONGEST_S:g} s of simulated time")

    # ---- tries
    def wrist_at(self, coordinates: NDArray[np.float64]) -> RigidTransform:
        """Wrist pose of a grasp of the part in its nest, ``(6,)`` m and rad."""
        return BASE_FROM_OBJECT * from_coordinates(coordinates) * self.hand.centre_from_wrist

    def begin(self, looks: list[NDArray[np.float64]]) -> None:
        """A try: the part in its nest, the open hand above it."""
        self._prepare(np.array([*HOME.translation, 0.0, 0.0, 0.0]))
        self.looks = list(looks)

    def show(self, coordinates: NDArray[np.float64], in_nest: str = "in_nest", held: str = "held") -> Shown:
        """Close the hand at a pose ``(6,)``, capture the grasp, open the nest, capture it again.

        Raises NoContact if the hand does not hold the part there.
        """
        self._prepare(coordinates, close=True)
        self.wait(REST_S)
        self._capture(in_nest)
        self.robot.release()
        self.wait(REST_S)
        self._capture(held)
        return Shown(dict(self.targets), self.object_pose.inv() * self.wrist)

    def _prepare(self, coordinates: NDArray[np.float64], close: bool = False) -> None:
        self.robot.reset(self.obj, self._plant, coordinates, close=close, seed=self._seed)
        self._machine = self._outcome = None
        self.robot.advance()
        self._read()

    def _capture(self, name: str) -> None:
        capture = Capture(self.hand, CAPTURE_FRAMES)
        while not capture.is_full:
            self.advance()
            capture.add(self._frame)
        target = capture.target(name, self.obj, self.now, "base", self.wrist)
        touch = target.touch(self.hand)
        self.targets[name] = target
        self._shown[name] = TouchFrame(touch.tactile.astype(np.float32), touch.joints.astype(np.float32))

    def _read(self) -> None:
        self._reading = reading = self.robot.read()
        self._frame = TouchFrame(reading.tactile, reading.joints)
        self._on_reading(reading)

    # ---- the loop of refine_server

    def start(self, name: str, strategy: str) -> None:
        """Begin a goal of refine_grasp towards a captured target."""
        target = self.targets[name]
        self._target_id, self._target_frame = target.id, self._shown[name]
        self._outcome, self._machine = None, self._make_machine()
        self._machine.start(
            Goal(
                target.id,
                np.array(target.observable_axes, bool),
                self.settings.max_steps,
                self.settings.position_tolerance,
                self.settings.rotation_tolerance,
                self.obj.half_range / np.sqrt(3.0),
                target.touch(self.hand),
                strategy_of(strategy),
            )
        )

    def _make_machine(self) -> RefineMachine:
        s, hand, clock = self.settings, self.hand, _Clock(self)
        limits = Limits(s, hand.wrist_from_centre)
        guard = Guard(s, limits, clock)
        arm = Arm(CartesianArm(_ArmLink(self), guard.gate, limits), guard, s)
        open_, closed = (
            dict(zip(hand.actuated_joints, map(float, positions), strict=True))
            for positions in (hand.open_positions, hand.closed_positions)
        )
        fingers = Fingers(guard.gate_fingers(self.lead_hand), hand.joint_names, open_, closed, s)
        self._guard, self._arm, self._clock = guard, arm, clock
        return RefineMachine(
            s, clock, arm, fingers, guard, hand, self._make_estimator, compare=TouchComparison(hand)
        )

    def _make_estimator(self, goal: Goal) -> TargetEstimator:
        return TargetEstimator(EstimatorSettings.of(goal, self.settings), goal.prior)

    def _feed(self, machine: RefineMachine) -> None:
        reading, now = self._reading, self.now
        machine.observe_wrist(WristSample(now, reading.wrist))
        joints = dict(zip(self.hand.joint_names, map(float, reading.joints), strict=True))
        machine.observe_joints(JointSample(now, joints))
        self._guard.observe_force(*strongest_of(self.hand, reading.tactile), now)
        if machine.phase not in SENSING:
            return  # what the policy says is not listened to
        machine.observe_touch(now, self._frame)
        contact = contact_state(self.hand, self._frame)
        correction = self._policy.predict(self._frame, self._target_frame, self._observable)
        deviation = correction.standard_deviation
        if contact is ContactState.NONE:
            deviation = np.where(self._observable, np.inf, 0.0)
        machine.observe_correction(
            CorrectionSample(
                now, self._target_id, int(contact), correction.increment, deviation, self._observable
            )
        )

    @property
    def _observable(self) -> NDArray[np.bool_]:
        return self.obj.observable


class RefineInProcess(Behaviour):
    """A leaf: a goal of the refinement loop in this process."""

    def __init__(self, name: str, stack: SimulatedStack, target: str, strategy: str) -> None:
        super().__init__(name)
        self._stack, self._target, self._strategy = stack, target, strategy
        self._board = Blackboard(name=name)
        self._board.register_key(RESULT, access=Access.WRITE)

    def initialise(self) -> None:
        """Send the goal."""
        self._refused = ""
        try:
            self._stack.start(self._target, self._strategy)
        except TacrefineError as error:
            self._refused = str(error)

    def update(self) -> Status:
        """Look for the result."""
        if self._refused:
            self.feedback_message = self._refused
            return Status.FAILURE
        result = self._stack.last
        if result is None:
            return Status.RUNNING
        self._board.set(RESULT, result)
        self.feedback_message = result.message
        return Status.SUCCESS if result.holds else Status.FAILURE


class _Clock:
    is_simulated = True

    def __init__(self, stack: SimulatedStack) -> None:
        self._stack = stack

    def now(self) -> float:
        """Simulated time, s."""
        return self._stack.now

    def steady(self) -> float:
        """The same: nothing is late here."""
        return self._stack.now


class _ArmLink:
    def __init__(self, stack: SimulatedStack) -> None:
        self._stack = stack

    def missing(self) -> str:
        """Nothing."""
        return ""

    def send(self, pose: RigidTransform) -> None:
        """To the simulated arm."""
        self._stack.send_wrist(pose)
