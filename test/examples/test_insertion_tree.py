"""The planner's trees against a robot that is nothing but its commands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from insertion_cell import KnownCell, is_inserted
from insertion_tree import Motion, grasp_tree, insert_tree
from py_trees.common import Status

from tacrefine.geometry import RigidTransform, error_between, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.sim.world import load_cell

CELL = load_cell("slots")
HAND = load_hand()
PLATE = load_objects()["plate_8"]
FIXTURE = transform((0.4, 0.1, 0.3), (0, 0, 0.5))
SHOWN = FIXTURE * transform((0, 0, 0.07), (0, 0.05, 0))
START = {"pose": [0.0] * 6}


class Robot:
    """Time passes with every tick; the arm is where it was told to be unless it is stuck."""

    def __init__(self) -> None:
        self.now, self.wrist, self.stuck = 0.0, SHOWN, False
        self.joints = dict.fromkeys(HAND.joint_names, 0.5)
        self.sent, self.hand, self.asked = [], [], []
        self.refusals = {}

    def send_wrist(self, pose: RigidTransform) -> None:
        self.sent.append((self.now, pose))
        if not self.stuck:
            self.wrist = pose

    def lead_hand(self, positions, seconds) -> None:
        self.hand.append(dict(positions))

    def ask(self, what, **request):
        self.asked.append((what, request))
        asked_at = self.now
        answer = (what not in self.refusals, self.refusals.get(what, "done"))
        return lambda: answer if self.now > asked_at + 0.1 else None


def run(robot: Robot, tree) -> Status:
    for _ in range(5000):
        robot.now += 0.02
        tree.tick_once()
        if tree.status is not Status.RUNNING:
            return tree.status
    raise AssertionError("the tree never ended")


def cell() -> KnownCell:
    return KnownCell(CELL, PLATE, FIXTURE, SHOWN)


def test_without_refinement_the_hand_closes_by_itself_before_the_fixture_opens():
    robot = Robot()
    assert run(robot, grasp_tree(robot, HAND, START, "shown", refine=False)) is Status.SUCCESS
    assert [what for what, _ in robot.asked] == ["place", "release"]
    assert robot.hand[0] == dict(zip(HAND.actuated_joints, HAND.closed_positions, strict=True))
    assert len(robot.hand) == 1


def test_with_refinement_the_action_closes_the_hand():
    robot = Robot()
    assert run(robot, grasp_tree(robot, HAND, START, "shown", refine=True)) is Status.SUCCESS
    assert [what for what, _ in robot.asked] == ["place", "refine", "release"]
    assert robot.asked[1][1]["target"] == "shown"
    assert robot.hand == []


def test_a_refinement_that_lost_the_object_leaves_the_fixture_closed():
    robot = Robot()
    robot.refusals["refine"] = "the closed hand does not touch the object"
    tree = grasp_tree(robot, HAND, START, "shown", refine=True)
    assert run(robot, tree) is Status.FAILURE
    assert [what for what, _ in robot.asked] == ["place", "refine"]
    assert any("does not touch" in leaf.feedback_message for leaf in tree.iterate())


def test_the_fingers_stay_as_they_are_when_the_fixture_opens():
    robot = Robot()
    run(robot, grasp_tree(robot, HAND, START, "shown", refine=False))
    assert robot.hand[-1] == dict(zip(HAND.actuated_joints, HAND.closed_positions, strict=True))


def test_the_wrist_goes_to_the_slot_as_if_the_plate_were_held_as_shown():
    robot, motion = Robot(), Motion()
    tree = insert_tree(robot, HAND, cell(), "1", lambda: True, motion)
    assert run(robot, tree) is Status.SUCCESS
    last = robot.sent[-1][1]
    pressed = CELL.slots["1"].pose * transform((0, 0, -motion.press))
    metres, radians = error_between(FIXTURE.inv() * last, pressed * FIXTURE.inv() * SHOWN)
    assert metres < motion.insert.arrival_position
    assert radians < motion.insert.arrival_rotation
    heights = [(FIXTURE.inv() * pose).translation[2] for _, pose in robot.sent]
    assert max(heights) >= 0.07 + motion.lift - 1e-3, "lifted out of the fixture before it goes sideways"


def test_the_way_into_the_slot_is_slow():
    robot, motion = Robot(), Motion()
    run(robot, insert_tree(robot, HAND, cell(), "1", lambda: True, motion))
    seat = FIXTURE * CELL.slots["1"].pose * FIXTURE.inv() * SHOWN
    near = [
        (t, p) for t, p in robot.sent if np.linalg.norm(p.translation - seat.translation) < motion.near * 0.9
    ]
    speeds = [
        np.linalg.norm(b[1].translation - a[1].translation) / (b[0] - a[0]) for a, b in pairwise(near[1:])
    ]
    assert max(speeds) <= motion.insert.linear_speed * 1.01


def test_a_plate_that_did_not_go_in_is_taken_back_and_the_tree_fails():
    robot = Robot()
    tree = insert_tree(robot, HAND, cell(), "1", lambda: False)
    assert run(robot, tree) is Status.FAILURE
    assert (FIXTURE.inv() * robot.wrist).translation[2] > 0.07 + 0.01


def test_an_arm_that_does_not_arrive_ends_the_tree():
    robot = Robot()
    robot.stuck = True
    tree = insert_tree(robot, HAND, cell(), "1", lambda: True)
    assert run(robot, tree) is Status.FAILURE
    assert any("mm away" in leaf.feedback_message for leaf in tree.iterate())


@pytest.mark.parametrize(
    ("offset", "inserted"),
    [
        (transform(), True),
        (transform((0, 0.02, 0)), True),  # along the open slot
        (transform((0, 0, 0.004)), True),
        (transform((0, 0, 0.006)), False),  # not deep enough
        (transform((0.02, 0, 0)), False),  # beside the slot
        (transform((0, 0, 0), (0.1, 0, 0)), False),  # one corner sticks out
    ],
)
def test_inserted_means_all_lower_corners_deep_between_the_walls(offset, inserted):
    truth = FIXTURE * CELL.slots["1"].pose * offset
    assert is_inserted(cell(), "1", truth)[0] is inserted
