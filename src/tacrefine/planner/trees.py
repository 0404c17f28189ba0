"""The task as behaviour trees: look for a part, grasp until it holds, refine, take it out of its nest, insert it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.behaviours import Failure
from py_trees.blackboard import Client as Blackboard
from py_trees.common import Access, Status
from py_trees.composites import Selector, Sequence
from py_trees.decorators import Retry
from scipy.spatial.transform import RigidTransform

from tacrefine.hands import Hand
from tacrefine.planner.behaviours import Ask, Check, LeadHand, Look, MoveWrist, SpiralSearch, Wait
from tacrefine.planner.grip import SETTLE_S, TIGHTEN_S, tightened
from tacrefine.planner.places import KnownCell
from tacrefine.planner.robot import Refined, Robot
from tacrefine.refine.settings import RefineSettings
from tacrefine.sim.world import Cell
from tacrefine.supervision.limits import Limits

RESULT = "result"
"""blackboard key of what the last refinement came to"""


class Way(StrEnum):
    """How touch is used between grasping and inserting."""

    NONE = "none"
    IN_PLACE = "in_place"
    COMPENSATE = "compensate"
    BOTH = "in_place+compensate"
    PUT_DOWN = "put_down"

    @property
    def refines_in_nest(self) -> bool:
        """Whether the grasp is refined while the nest holds the part."""
        return self in (Way.IN_PLACE, Way.BOTH)

    @property
    def puts_down(self) -> bool:
        """Whether the held part is put down again and grasped anew."""
        return self is Way.PUT_DOWN

    def is_possible_in(self, cell: Cell) -> bool:
        """Whether there is something to stand on, where the way needs it."""
        return not self.puts_down or cell.table is not None

    @property
    def compensates(self) -> bool:
        """Whether the plan is corrected by how touch says that the part is held."""
        return self in (Way.COMPENSATE, Way.BOTH)


@dataclass(frozen=True)
class Targets:
    """Names of the two captures of one grasp that was shown: in the nest, and held after the nest had opened."""

    in_nest: str = "in_nest"
    held: str = "held"


@dataclass(frozen=True)
class Motion:
    """Heights in m above the seat or the nest, speeds in m/s; `press` goes on below the seat, so that it seats."""

    above: float = 0.04
    lift: float = 0.06
    near: float = 0.03
    off_the_table: float = 0.01
    """before a part is put down: so far, that nothing but the hand holds it"""
    press: float = 0.002
    tries: int = 3
    """looks and grasps until the part is held"""
    search_radius: float = 0.0
    """of the spiral on which a part that stands on the rim is led until it falls in; 0: it goes straight down"""
    search_press: float = 0.002
    """below the rim, while it is led there"""
    search_pitch: float = 0.00025
    search_speed: float = 0.004
    streams: bool = True
    """poses on the way are sent; else, but for inserting, where to go, to an arm that plans the way itself"""
    carry: RefineSettings = field(
        default_factory=lambda: RefineSettings(linear_speed=0.25, angular_speed=0.6)
    )
    insert: RefineSettings = field(
        default_factory=lambda: RefineSettings(linear_speed=0.04, angular_speed=0.4)
    )


class Planner:
    """Builds the trees for one robot in one cell."""

    def __init__(
        self,
        robot: Robot,
        hand: Hand,
        cell: KnownCell,
        motion: Motion | None = None,
        targets: Targets | None = None,
    ) -> None:
        self._robot, self._hand, self._cell = robot, hand, cell
        self._motion, self._targets = motion or Motion(), targets or Targets()
        self._seen: RigidTransform | None = None
        self._board = Blackboard(name="planner")
        self._board.register_key(RESULT, access=Access.READ)
        self.compensation: RigidTransform | None = None
        """the correction of every pose of the plan, once touch has said it"""

    # ---- grasping
    def task(self, way: Way, slot: str, is_in: Callable[[], bool]) -> Behaviour:
        """All of it: pick, refine, insert."""
        feel = [self.feel()] if way.compensates else []
        return _sequence(
            "pick, refine, insert", self.hold(way), *feel, self.carry(slot), self.insert(slot, is_in)
        )

    def hold(self, way: Way) -> Behaviour:
        """The hand gets the part: looked for and grasped until it is held, refined, and taken over from the nest.

        Fingers whose drives lock press on while it opens.
        """
        m, robot, hand = self._motion, self._robot, self._hand
        closed, opened = (
            dict(zip(hand.actuated_joints, map(float, positions), strict=True))
            for positions in (hand.closed_positions, hand.open_positions)
        )
        self.compensation = None
        if way.refines_in_nest:
            hold: Behaviour = robot.refine_leaf("refine in the nest", self._targets.in_nest, "in_place")
        else:
            hold = _sequence(
                "close",
                LeadHand("close the hand", robot, closed, hand.closing_time, settle=0.4),
                Check(
                    "is it felt", lambda: robot.feels, "the hand does not touch the part with enough fingers"
                ),
            )
        again = _sequence(
            "away",
            LeadHand("open the hand", robot, opened, 0.7, settle=0.2),
            self._move("rise", lambda: self._cell.raised(robot.wrist, m.above), m.carry),
            Failure("grasp again"),
        )
        try_once = _sequence(
            "try",
            Look("look for the part", robot, self._keep),
            self._move("go above it", lambda: self._cell.raised(self._where, m.above), m.carry),
            self._move("go down", lambda: self._where, m.carry),
            Selector("hold or rise", memory=True, children=[hold, again]),
        )
        firmly = tightened(hand)
        return _sequence(
            "hold",
            Retry("until it holds", try_once, m.tries),
            *([LeadHand("grip it firmly", robot, firmly, TIGHTEN_S, settle=-TIGHTEN_S)] if firmly else []),
            *([] if self._cell.cell.fixture is None else [Ask("open the nest", robot, "release")]),
            Wait("let it settle", robot, SETTLE_S),
            Check("is it held", lambda: robot.feels, "the part was lost when the nest opened"),
            *(self._put_down() if way.puts_down else []),
        )

    def _put_down(self) -> list[Behaviour]:
        """What is held askew stands again, is grasped anew and lifted."""
        m, robot, again = self._motion, self._robot, "put it down, grasp it anew"
        return [
            self._move("lift it a little", lambda: self._cell.raised(robot.wrist, m.off_the_table), m.carry),
            robot.refine_leaf(again, self._targets.in_nest, "put_down"),
        ]

    def feel(self) -> Behaviour:
        """Touch says how the held part sits in the hand, and from then on the plan is corrected by that."""
        return _sequence(
            "feel",
            self._robot.refine_leaf("feel how it is held", self._targets.held, "compensate"),
            Check("lead the wrist by it", self._lead),
        )

    def _keep(self, seen: RigidTransform) -> None:
        self._seen = seen

    @property
    def _where(self) -> RigidTransform:
        assert self._seen is not None
        return self._seen

    def _lead(self) -> bool:
        result: Refined = self._board.get(RESULT)
        self.compensation = result.compensation
        return True

    # ---- inserting
    def carry(self, slot: str) -> Behaviour:
        """The hand, which has the part, lifts it out of the nest and takes it to a slot."""
        m, robot, cell = self._motion, self._robot, self._cell
        return _sequence(
            f"carry to slot {slot}",
            self._move("lift it", lambda: cell.raised(robot.wrist, m.lift), m.carry),
            self._move("go to the slot", lambda: cell.wrist_for(slot, m.lift, self.compensation), m.carry),
            self._move("go near", lambda: cell.wrist_for(slot, m.near, self.compensation), m.carry),
            Check("is it still held", lambda: robot.feels, "the part was lost while it was carried"),
        )

    def insert(self, slot: str, is_in: Callable[[], bool], take_back: bool = True) -> Behaviour:
        """Insert what was carried near; a part that is stuck is taken back, and the tree fails."""
        m, robot, cell = self._motion, self._robot, self._cell
        insert = _sequence(
            f"insert into slot {slot}",
            self._move("go over it", lambda: cell.wrist_for(slot, m.near, self.compensation), m.carry),
            *(self._search(slot) if m.search_radius > 0.0 else []),
            self._move("insert", lambda: cell.wrist_for(slot, -m.press, self.compensation), m.insert),
            Check("is it in", is_in, "a lower corner of the part is outside the slot or not deep enough"),
        )
        if not take_back:
            return insert
        back = _sequence(
            "take it back",
            self._move("withdraw", lambda: cell.raised(robot.wrist, m.near), m.carry),
            Failure("not inserted"),
        )
        return Selector(f"slot {slot}", memory=True, children=[insert, back])

    def _search(self, slot: str) -> list[Behaviour]:
        """Down to the rim, and about there until the part falls in."""
        m, cell = self._motion, self._cell

        def pressed() -> RigidTransform:
            return cell.wrist_for(slot, cell.place(slot).depth - m.search_press, self.compensation)

        def plane() -> NDArray[np.float64]:
            return cell.seat(slot).rotation.as_matrix().T[:2]

        return [
            self._move("touch the rim", pressed, m.insert),
            SpiralSearch(
                "search for the hole",
                self._robot,
                pressed,
                plane,
                m.search_radius,
                m.search_pitch,
                m.search_speed,
            ),
        ]

    def _move(self, name: str, goal: Callable[[], RigidTransform], settings: RefineSettings) -> Behaviour:
        limits, m = Limits(settings, self._hand.wrist_from_centre), self._motion
        return MoveWrist(name, self._robot, limits, settings, goal, m.streams or settings is m.insert)


def failed_leaf(root: Behaviour) -> Behaviour | None:
    """The first leaf that failed and says why, or any that failed; None if the tree did not fail."""
    if root.status is not Status.FAILURE:
        return None
    leaves = [leaf for leaf in root.iterate() if not leaf.children and leaf.status is Status.FAILURE]
    return next((leaf for leaf in leaves if leaf.feedback_message), leaves[0] if leaves else root)


def _sequence(name: str, *children: Behaviour) -> Sequence:
    return Sequence(name, memory=True, children=list(children))
