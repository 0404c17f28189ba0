"""A planner's robot that is nothing but its commands."""

from __future__ import annotations

from py_trees.behaviour import Behaviour
from py_trees.blackboard import Client as Blackboard
from py_trees.common import Access, Status

from tacrefine.geometry import RigidTransform, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.planner.places import KnownCell
from tacrefine.planner.robot import Refined
from tacrefine.planner.trees import RESULT
from tacrefine.sim.world import load_cell

CELL = load_cell("slots")
HAND = load_hand()
PLATE = load_objects()["plate_8"]
NEST = transform((0.4, 0.1, 0.3), (0, 0, 0.5))
IN_PART = transform((0, 0, 0.07), (0, 0.05, 0))
SHOWN = NEST * IN_PART


def cell() -> KnownCell:
    return KnownCell(CELL, PLATE, NEST, IN_PART)


class Robot:
    """Time passes with every tick; the arm is where it was told to be unless it is stuck.

    `felt` is what the hand feels after each closing, the last one from then on.
    """

    def __init__(self) -> None:
        self.now, self.wrist, self.stuck = 0.0, SHOWN, False
        self.felt, self.results = [True], {}
        self.looks = [SHOWN * transform((0.001 * i, 0, 0)) for i in range(1, 10)]
        self.sent, self.hand, self.did = [], [], []
        self.refusals = {}

    @property
    def feels(self) -> bool:
        return self.felt[0] if len(self.felt) == 1 else self.felt.pop(0)

    def send_wrist(self, pose: RigidTransform) -> None:
        self.sent.append((self.now, pose))
        if not self.stuck:
            self.wrist = pose

    def lead_hand(self, positions, seconds) -> None:
        is_open = dict(positions) == dict(zip(HAND.actuated_joints, HAND.open_positions, strict=True))
        is_part = len(positions) < len(HAND.actuated_joints)
        self.did.append("open" if is_open else "grip firmly" if is_part else "close")

    def look(self) -> RigidTransform | None:
        self.did.append("look")
        return self.looks.pop(0) if self.looks else None

    def ask(self, what, **request):
        self.did.append(what)
        asked_at = self.now
        answer = (what not in self.refusals, self.refusals.get(what, "done"))
        return lambda: answer if self.now > asked_at + 0.1 else None

    def refine_leaf(self, name, target, strategy) -> Behaviour:
        return Leaf(name, self, target, strategy)

    def run(self, tree) -> Status:
        for _ in range(8000):
            self.now += 0.02
            tree.tick_once()
            if tree.status is not Status.RUNNING:
                return tree.status
        raise AssertionError("the tree never ended")


class Leaf(Behaviour):
    def __init__(self, name, robot, target, strategy) -> None:
        super().__init__(name)
        self._robot, self._target, self._strategy = robot, target, strategy
        self._board = Blackboard(name=name)
        self._board.register_key(RESULT, access=Access.WRITE)

    def update(self) -> Status:
        robot = self._robot
        robot.did.append(f"{self._strategy} {self._target}")
        results = robot.results.get(self._strategy, [])
        result = results.pop(0) if results else Refined(0, "fits", 1, RigidTransform.identity())
        self._board.set(RESULT, result)
        self.feedback_message = result.message
        return Status.SUCCESS if result.holds else Status.FAILURE
