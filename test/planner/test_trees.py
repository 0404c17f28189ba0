"""The planner's trees against a robot that is nothing but its commands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from fake_planner_robot import CELL, HAND, IN_PART, NEST, SHOWN, Robot, cell
from py_trees.common import Status

from tacrefine.geometry import RigidTransform, error_between, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.planner.places import KnownCell, is_inserted, misfit
from tacrefine.planner.robot import Refined
from tacrefine.planner.trees import Motion, Planner, Way, failed_leaf
from tacrefine.sim.world import load_cell


@pytest.fixture
def robot() -> Robot:
    return Robot()


@pytest.fixture
def planner(robot) -> Planner:
    return Planner(robot, HAND, cell())


def test_without_touch_the_hand_closes_where_the_camera_saw_the_part_and_the_nest_opens(robot, planner):
    seen = robot.looks[0]
    assert robot.run(planner.hold(Way.NONE)) is Status.SUCCESS
    assert robot.did == ["look", "close", "grip firmly", "release"]
    assert error_between(robot.wrist, seen)[0] < 1e-3


def test_with_refinement_the_action_closes_the_hand_and_the_nest_opens_after_it(robot, planner):
    assert robot.run(planner.hold(Way.IN_PLACE)) is Status.SUCCESS
    assert robot.did == ["look", "in_place in_nest", "grip firmly", "release"]


def test_a_hand_that_feels_nothing_opens_rises_and_grasps_again(robot, planner):
    robot.felt = [False, True]
    assert robot.run(planner.hold(Way.NONE)) is Status.SUCCESS
    assert robot.did == ["look", "close", "open", "look", "close", "grip firmly", "release"]
    heights = [pose.translation[2] for _, pose in robot.sent]
    assert max(heights) >= SHOWN.translation[2] + Motion().above - 1e-3


def test_a_part_that_is_never_held_stays_in_its_nest(robot, planner):
    robot.felt = [False]
    tree = planner.hold(Way.NONE)
    assert robot.run(tree) is Status.FAILURE
    assert robot.did.count("close") == Motion().tries
    assert "release" not in robot.did
    assert robot.did[-1] == "open"


def test_a_refinement_that_lost_the_part_grasps_again(robot, planner):
    lost = Refined(207, "the hand does not hold the object", 0, RigidTransform.identity())
    robot.results["in_place"] = [lost]
    assert robot.run(planner.hold(Way.IN_PLACE)) is Status.SUCCESS
    assert robot.did == [
        "look",
        "in_place in_nest",
        "open",
        "look",
        "in_place in_nest",
        "grip firmly",
        "release",
    ]


def test_a_camera_that_sees_nothing_fails_the_tree_with_a_sentence(robot, planner):
    robot.looks = []
    tree = planner.hold(Way.NONE)
    assert robot.run(tree) is Status.FAILURE
    assert failed_leaf(tree).feedback_message == "the camera sees no part"
    assert robot.sent == []


def test_what_touch_says_of_the_held_part_leads_the_wrist_into_the_slot(robot, planner):
    compensation = transform((0.002, 0, 0), (0, 0.1, 0))
    robot.results["compensate"] = [Refined(0, "sits askew", 0, compensation)]
    tree = planner.task(Way.COMPENSATE, "1", lambda: True)
    assert robot.run(tree) is Status.SUCCESS
    assert "compensate held" in robot.did
    assert robot.did.index("release") < robot.did.index("compensate held"), "felt as it is carried"
    wanted = NEST * CELL.slots["1"].pose * transform((0, 0, -Motion().press)) * IN_PART * compensation
    metres, radians = error_between(robot.wrist, wanted)
    assert metres < Motion().insert.arrival_position
    assert radians < Motion().insert.arrival_rotation


def test_without_touch_the_part_is_taken_to_sit_as_it_was_shown(robot, planner):
    assert robot.run(planner.task(Way.NONE, "1", lambda: True)) is Status.SUCCESS
    wanted = NEST * CELL.slots["1"].pose * transform((0, 0, -Motion().press)) * IN_PART
    assert error_between(robot.wrist, wanted)[0] < Motion().insert.arrival_position


def test_an_estimate_that_fails_ends_the_task_before_the_part_is_carried(robot, planner):
    robot.results["compensate"] = [Refined(303, "too far off", 0, RigidTransform.identity())]
    tree = planner.task(Way.COMPENSATE, "1", lambda: True)
    assert robot.run(tree) is Status.FAILURE
    assert failed_leaf(tree).feedback_message == "too far off"
    assert robot.did[-1] == "compensate held"


def test_an_arm_that_plans_itself_is_told_where_to_go_but_is_led_into_the_slot(robot):
    planner = Planner(robot, HAND, cell(), Motion(streams=False))
    assert robot.run(planner.carry("1")) is Status.SUCCESS
    assert len(robot.sent) == 3
    assert robot.run(planner.insert("1", lambda: True)) is Status.SUCCESS
    assert len(robot.sent) > 20


def test_the_way_into_the_slot_is_slow(robot, planner):
    motion = Motion()
    robot.run(planner.insert("1", lambda: True))
    seat = cell().wrist_for("1", 0.0)
    near = [
        (t, p) for t, p in robot.sent if np.linalg.norm(p.translation - seat.translation) < motion.near * 0.9
    ]
    speeds = [
        np.linalg.norm(b[1].translation - a[1].translation) / (b[0] - a[0]) for a, b in pairwise(near[1:])
    ]
    assert max(speeds) <= motion.insert.linear_speed * 1.01


def test_a_part_that_did_not_go_in_is_taken_back_and_the_tree_fails(robot, planner):
    tree = planner.insert("1", lambda: False)
    assert robot.run(tree) is Status.FAILURE
    seat = cell().wrist_for("1", 0.0)
    assert robot.wrist.translation[2] > seat.translation[2] + 0.02


def test_a_part_that_is_lost_on_the_way_is_not_inserted(robot, planner):
    robot.felt = [False]
    tree = planner.carry("1")
    assert robot.run(tree) is Status.FAILURE
    assert "lost while it was carried" in failed_leaf(tree).feedback_message


def test_an_arm_that_does_not_arrive_ends_the_tree(robot, planner):
    robot.stuck = True
    tree = planner.carry("1")
    assert robot.run(tree) is Status.FAILURE
    assert "mm away" in failed_leaf(tree).feedback_message


def test_a_part_that_is_held_askew_is_lifted_a_little_put_down_and_grasped_anew(robot, planner):
    assert robot.run(planner.hold(Way.PUT_DOWN)) is Status.SUCCESS
    assert robot.did == ["look", "close", "grip firmly", "release", "put_down in_nest"]
    assert robot.wrist.translation[2] == pytest.approx(
        SHOWN.translation[2] + Motion().off_the_table, abs=1e-3
    )


def test_a_part_is_put_down_only_where_there_is_something_to_stand_on():
    assert not Way.PUT_DOWN.is_possible_in(CELL)
    assert Way.PUT_DOWN.is_possible_in(load_cell("peg_table"))
    assert Way.IN_PLACE.is_possible_in(CELL)


def test_what_stands_free_needs_no_nest_to_open(robot):
    part = load_objects("pegs")["peg_12x80"]
    free = KnownCell(load_cell("peg_table"), part, NEST, IN_PART)
    assert robot.run(Planner(robot, load_hand("parallel_gel"), free).hold(Way.NONE)) is Status.SUCCESS
    assert "release" not in robot.did


@pytest.mark.parametrize(
    ("offset", "inserted"),
    [
        (transform(), True),
        (transform((0, 0, 0), (0, 0, 1.0)), True),  # about its own axis
        (transform((0.0004, 0.0, 0.005)), True),
        (transform((0.002, 0.0, 0.0)), False),  # in the wall
        (transform((0.0, 0.0, 0.008)), False),  # not deep enough
        (transform((0, 0, 0), (0.05, 0, 0)), False),  # leans out
    ],
)
def test_an_inserted_peg_has_its_whole_lower_edge_deep_in_the_hole(offset, inserted):
    known = KnownCell(load_cell("peg_table"), load_objects("pegs")["peg_12x80"], NEST, IN_PART)
    assert is_inserted(known, "1", known.seat("1") * offset)[0] is inserted


def test_a_fit_does_not_mind_how_a_peg_is_turned_about_its_axis_nor_where_along_its_edge_a_plate_is_held():
    peg, plate = load_objects("pegs")["peg_12x80"], load_objects()["plate_8"]
    shown = transform((0, 0, 0.001), (0.1, 0, 0))
    turned, along = transform((0, 0, 0), (0, 0, 0.2)), transform((0, 0.003, 0))
    assert misfit(plate, shown, along * shown) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert misfit(plate, shown, turned * shown)[1] == pytest.approx(0.2, abs=1e-6)
    assert misfit(peg, shown, turned * shown)[1] == pytest.approx(0.0, abs=2e-3)
    assert misfit(peg, shown, along * shown)[0] == pytest.approx(0.003, abs=1e-6)


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
    assert is_inserted(cell(), "1", cell().seat("1") * offset)[0] is inserted


def test_a_search_covers_the_rim_within_its_radius_at_a_steady_pace_and_ends_in_the_hole(robot):
    motion = Motion(search_radius=0.0008)
    tree = Planner(robot, HAND, cell(), motion).insert("1", lambda: True)
    assert robot.run(tree) is Status.SUCCESS
    pressed = cell().wrist_for("1", CELL.slots["1"].depth - motion.search_press)
    local = [(t, pressed.inv() * pose) for t, pose in robot.sent]
    level = pressed.rotation.inv().apply(cell().seat("1").rotation.apply([0.0, 0.0, 1.0]))
    spiral = [(t, p.translation) for t, p in local if abs(p.translation @ level) < 1e-6]
    aside = np.array([np.linalg.norm(place) for _, place in spiral])
    assert aside.max() == pytest.approx(motion.search_radius, abs=2e-5)
    assert np.diff(np.sort(aside)).max() < motion.search_pitch, "no ring is left out"
    speeds = [
        np.linalg.norm(b[1] - a[1]) / (b[0] - a[0])
        for a, b in pairwise(spiral[len(spiral) // 4 :])
        if b[0] > a[0]
    ]
    assert max(speeds) < 1.3 * motion.search_speed
    assert (
        error_between(robot.wrist, cell().wrist_for("1", -motion.press))[0] < motion.insert.arrival_position
    )
