"""The task as behaviour trees: grasp a plate, refine the grasp, take the plate out of its fixture, insert it.

Behaviours are ticked and never block. All they know of the world is a `Robot`, so that they run against anything that
answers like one; `insertion_robot.py` is the one that talks to the ROS nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from insertion_cell import KnownCell
from py_trees.behaviour import Behaviour
from py_trees.behaviours import Failure
from py_trees.common import Status
from py_trees.composites import Selector, Sequence
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.hands import Hand
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.limits import Limits


class Robot(Protocol):
    """What the tree needs of a robot. Times are those of stamps, s; requests return at once."""

    @property
    def now(self) -> float:
        """Stamp of the newest reading."""

    @property
    def wrist(self) -> RigidTransform:
        """Newest measured wrist pose."""

    @property
    def joints(self) -> Mapping[str, float]:
        """Newest measured joint positions, rad."""

    def send_wrist(self, pose: RigidTransform) -> None:
        """Command a wrist pose."""

    def lead_hand(self, positions: Mapping[str, float], seconds: float) -> None:
        """Lead actuated joints to positions, rad."""

    def ask(self, what: str, **request: Any) -> Callable[[], tuple[bool, str] | None]:
        """Call a service or the action; the returned function tells success and a sentence once there is an answer."""


@dataclass(frozen=True)
class Motion:
    """Heights in m above the seat or the fixture, speeds in m/s; `press` goes on below the seat, so that it seats."""

    lift: float = 0.06
    near: float = 0.03
    press: float = 0.002
    carry: RefineSettings = field(default_factory=lambda: RefineSettings(linear_speed=0.4, angular_speed=1.0))
    insert: RefineSettings = field(
        default_factory=lambda: RefineSettings(linear_speed=0.04, angular_speed=0.4)
    )


def grasp_tree(
    robot: Robot, hand: Hand, start: Mapping[str, Any], target: str, refine: bool, max_steps: int = 0
) -> Behaviour:
    """The hand gets the plate: placed where execution error left it, closed or refined, fixture released.

    The drives stay where they came to rest, so that the hand goes on holding when the fixture no longer opposes it.
    """
    closed = dict(zip(hand.actuated_joints, hand.closed_positions, strict=True))

    close = LeadHand("close the hand", robot, lambda: closed, hand.closing_time, settle=0.4)
    grasp = Ask("refine the grasp", robot, "refine", target=target, max_steps=max_steps) if refine else close
    return _sequence(
        "grasp",
        Ask("place the object", robot, "place", **start),
        grasp,
        Ask("open the fixture", robot, "release"),
    )


def insert_tree(
    robot: Robot,
    hand: Hand,
    cell: KnownCell,
    slot: str,
    is_in: Callable[[], bool],
    motion: Motion | None = None,
) -> Behaviour:
    """The hand, which has the plate, takes it out of the fixture and inserts it; one that is stuck is taken back."""
    m = motion or Motion()

    def move(name: str, goal: Callable[[], RigidTransform], settings: RefineSettings) -> Behaviour:
        return MoveWrist(name, robot, Limits(settings, hand.wrist_from_centre), settings, goal)

    insert = _sequence(
        f"insert into slot {slot}",
        move("lift", lambda: cell.raised(robot.wrist, m.lift), m.carry),
        move("go to the slot", lambda: cell.wrist_for(slot, m.lift), m.carry),
        move("go near", lambda: cell.wrist_for(slot, m.near), m.carry),
        move("insert", lambda: cell.wrist_for(slot, -m.press), m.insert),
        Check("is it in", is_in),
    )
    back = _sequence(
        "take it back",
        move("withdraw", lambda: cell.raised(robot.wrist, m.near), m.carry),
        Failure("not inserted"),
    )
    return Selector(f"slot {slot}", memory=True, children=[insert, back])


class Ask(Behaviour):
    """One request; runs until it is answered."""

    def __init__(self, name: str, robot: Robot, what: str, **request: Any) -> None:
        super().__init__(name)
        self._robot, self._what, self._request = robot, what, request

    def initialise(self) -> None:
        """Ask."""
        self._answer = self._robot.ask(self._what, **self._request)

    def update(self) -> Status:
        """Look for the answer."""
        answer = self._answer()
        if answer is None:
            return Status.RUNNING
        self.feedback_message = answer[1]
        return Status.SUCCESS if answer[0] else Status.FAILURE


class LeadHand(Behaviour):
    """Leads the fingers and gives them time to settle."""

    def __init__(
        self,
        name: str,
        robot: Robot,
        posture: Callable[[], Mapping[str, float]],
        seconds: float,
        settle: float,
    ) -> None:
        super().__init__(name)
        self._robot, self._posture, self._seconds, self._settle = robot, posture, seconds, settle

    def initialise(self) -> None:
        """Send the trajectory."""
        self._robot.lead_hand(self._posture(), self._seconds)
        self._until = self._robot.now + self._seconds + self._settle

    def update(self) -> Status:
        """Wait."""
        return Status.SUCCESS if self._robot.now >= self._until else Status.RUNNING


class MoveWrist(Behaviour):
    """Moves the grasp centre on a straight line within the limits on motion, until the measured pose is there."""

    PATIENCE_S = 2.0
    """beyond the time that the way takes"""

    def __init__(
        self,
        name: str,
        robot: Robot,
        limits: Limits,
        settings: RefineSettings,
        goal: Callable[[], RigidTransform],
    ) -> None:
        super().__init__(name)
        self._robot, self._limits, self._settings, self._goal = robot, limits, settings, goal

    def initialise(self) -> None:
        """Plan from where the wrist is."""
        self._from, self._to, self._began = self._robot.wrist, self._goal(), self._robot.now
        self._profile = self._limits.profile(self._from, self._to)

    def update(self) -> Status:
        """Send what is due and look whether the arm is there."""
        elapsed = self._robot.now - self._began
        self._robot.send_wrist(
            self._limits.interpolate(self._from, self._to, self._profile.fraction(elapsed))
        )
        metres, radians = error_between(self._robot.wrist, self._to)
        if metres <= self._settings.arrival_position and radians <= self._settings.arrival_rotation:
            return Status.SUCCESS
        if elapsed > self._profile.duration + self.PATIENCE_S:
            self.feedback_message = f"the arm is still {metres * 1e3:.1f} mm away"
            return Status.FAILURE
        return Status.RUNNING


class Check(Behaviour):
    """Asks once."""

    def __init__(self, name: str, holds: Callable[[], bool]) -> None:
        super().__init__(name)
        self._holds = holds

    def update(self) -> Status:
        """Success if it holds."""
        return Status.SUCCESS if self._holds() else Status.FAILURE


def _sequence(name: str, *children: Behaviour) -> Sequence:
    return Sequence(name, memory=True, children=list(children))
