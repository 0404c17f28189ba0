"""A `Robot` in this process: the simulated robot, the policy and the refinement loop of `refine_server`, without ROS.

Time is simulated, so a tree runs as fast as one core allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import SimulationError
from tacrefine.geometry import from_coordinates, transform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.planner.grip import LIFT_M, LIFT_S, SETTLE_S, TIGHTEN_S, tightened
from tacrefine.planner.in_process import RefineInProcess, RefinementLoop
from tacrefine.planner.robot import Answer, Refined
from tacrefine.plants import Plant
from tacrefine.policy import Policy
from tacrefine.refine.capture import Capture
from tacrefine.refine.settings import RefineSettings
from tacrefine.refine.targets import StoredTarget
from tacrefine.sim.robot import BASE_FROM_OBJECT, Moment, Reading, SimulatedRobot
from tacrefine.sim.world import Cell
from tacrefine.touch import ContactState, TouchFrame, contact_state

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


@dataclass(frozen=True)
class Shown:
    """A grasp that was shown: its two captures, and the wrist in the part's frame while the hand held it."""

    targets: Mapping[str, StoredTarget]
    wrist: RigidTransform


class SimulatedStack:
    """See `tacrefine.planner.robot.Robot`. `looks` are where the camera will see the part, one pose each ``(6,)``.

    `object_pose` and `coordinates` are the truth, which only the judge of a try looks at.
    """

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
        model_based: str = "",
    ) -> None:
        self.hand, self.obj, self.cell, self._plant = hand, obj, cell, plant
        self._seed, self._on_reading = seed, on_reading
        self.settings = settings or RefineSettings()
        self.robot = SimulatedRobot(hand, *ARM_SPEEDS, HAND_SPEED, PERIOD, cell=cell)
        self.looks: list[NDArray[np.float64]] = []
        self.targets: dict[str, StoredTarget] = {}
        self._loop = RefinementLoop(self, hand, obj, policy, self.settings, model_based)
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
        """Open the nest (`release`) or put everything back (`recall`); returns the answer."""
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

    def start(self, target: str, strategy: str) -> None:
        """Begin a goal of the refinement loop towards a captured target; raises TacrefineError where it is refused."""
        self._loop.start(self.targets[target], strategy)

    @property
    def last(self) -> Refined | None:
        """How the newest goal of the refinement loop has ended, None if there was none or it runs."""
        return self._loop.result

    def recall(self, moment: Moment) -> None:
        """Back to a moment that `robot.mark` gave."""
        self.robot.recall(moment)
        self._loop.forget()
        self.advance()

    # ---- time
    def advance(self) -> None:
        """One reading further; a running goal sees it."""
        self.robot.advance()
        self._read()
        self._loop.observe(self._reading, self._frame)

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
        """Close the hand at a pose ``(6,)``, capture the grasp; open the nest, or lift what stands free; grip firmly,
        and capture it again.

        Raises NoContact if the hand does not hold the part there.
        """
        self._prepare(coordinates, close=True)
        self.wait(REST_S)
        self._capture(in_nest)
        firmly = tightened(self.hand)
        if firmly:
            self.lead_hand(firmly, TIGHTEN_S)
        if self.cell.fixture is not None:
            self.robot.release()
        self.wait(SETTLE_S)
        if self.cell.table is not None:
            self.send_wrist(transform((0.0, 0.0, LIFT_M)) * self.wrist)
            self.wait(LIFT_S)
        self._capture(held)
        return Shown(dict(self.targets), self.object_pose.inv() * self.wrist)

    def _prepare(self, coordinates: NDArray[np.float64], close: bool = False) -> None:
        self.robot.reset(self.obj, self._plant, coordinates, close=close, seed=self._seed)
        self._loop.forget()
        self.robot.advance()
        self._read()

    def _capture(self, name: str) -> None:
        capture = Capture(self.hand, CAPTURE_FRAMES)
        while not capture.is_full:
            self.advance()
            capture.add(self._frame)
        self.targets[name] = capture.target(name, self.obj, self.now, "base", self.wrist)

    def _read(self) -> None:
        self._reading = reading = self.robot.read()
        self._frame = TouchFrame(reading.tactile, reading.joints)
        self._on_reading(reading)
