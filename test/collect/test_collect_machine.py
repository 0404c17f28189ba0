"""The collection loop against a fake robot and a fake clock: every pose once, skipped ones, and how it ends."""

from __future__ import annotations

import numpy as np
import pytest
from collect_world import POSES

from tacrefine.collect.machine import MOST_SKIPPED
from tacrefine.collect.poses import poses_around, wrist_poses
from tacrefine.geometry import error_between, from_coordinates, to_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase

GRASP = [HandPhase.CLOSING, HandPhase.SETTLING, HandPhase.SENSING, HandPhase.DECIDING]
FAR = np.array([0.3, 0, 0, 0, 0, 0])


def grasped_at(world) -> list:
    """Run to the end; wrist poses in which the hand rested closed while readings were counted, and the outcome."""
    wrists, sensing = [], False
    while (outcome := world.step()) is None:
        if world.machine.phase is HandPhase.SENSING and not sensing:
            wrists.append(world.wrist)
        sensing = world.machine.phase is HandPhase.SENSING
    return [*wrists, outcome]


def offsets(world, start, wrists) -> np.ndarray:
    centre = world.centre.wrist_from_centre
    return np.array([to_coordinates((start * centre).inv() * wrist * centre) for wrist in wrists])


def test_all_grasps_made_is_a_success_with_code_0_and_the_hand_open(world):
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.SUCCESS, "open")
    assert outcome.message == "all 4 grasps were made"
    assert (outcome.made, outcome.skipped) == (4, 0)
    assert world.joints["a"] < 0.1


def test_the_first_grasp_is_made_where_the_hand_stands_and_the_others_at_their_poses(world):
    start = world.wrist
    world.machine.start(world.goal())
    *wrists, outcome = grasped_at(world)
    assert outcome.code == errors.SUCCESS
    np.testing.assert_allclose(offsets(world, start, wrists), [np.zeros(6), *POSES], atol=1e-3)


def test_poses_count_from_the_reference_where_there_is_one(world):
    reference = world.wrist * transform((0.0, 0.004, 0.0))
    world.machine.start(world.goal(reference=reference))
    *wrists, outcome = grasped_at(world)
    assert outcome.code == errors.SUCCESS
    np.testing.assert_allclose(offsets(world, reference, wrists[1:]), POSES, atol=1e-3)


def test_a_pose_out_of_reach_is_skipped_and_the_others_are_made(world):
    start = world.wrist
    world.machine.start(world.goal(np.array([POSES[0], FAR, POSES[2]])))
    *wrists, outcome = grasped_at(world)
    assert (outcome.code, outcome.made, outcome.skipped) == (errors.SUCCESS, 3, 1)
    assert "skipped: 1" in outcome.message
    np.testing.assert_allclose(offsets(world, start, wrists), [np.zeros(6), POSES[0], POSES[2]], atol=1e-3)
    warnings = [feedback.warning for feedback in world.feedback if feedback.warning]
    assert len(warnings) == 1
    assert "max_total_translation" in warnings[0]


@pytest.mark.parametrize("last", [False, True])
def test_a_pose_that_the_arm_cannot_move_to_is_skipped_with_the_hand_open(world, last):
    begin, refused = world.adapter.begin, 3 if last else 2
    begun = []

    def unreachable(start, goal, now):
        begun.append(goal)
        if len(begun) == refused:
            raise errors.Unreachable("joint 4 would pass its limit")
        return begin(start, goal, now)

    world.adapter.begin = unreachable
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.made, outcome.skipped) == (errors.SUCCESS, 3, 1)
    assert [posture for _, posture in world.hand_log].count("closed") == 3
    assert outcome.safe_state == "open"


def test_where_no_pose_can_be_reached_the_limit_is_the_result(make_world):
    world = make_world(max_total_translation=0.0005)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.LimitExceeded.code, "open")
    assert (outcome.made, outcome.skipped) == (1, 2)
    assert all(error_between(pose, world.wrist)[0] < 1e-9 for pose in world.arm_log)


def test_too_many_poses_out_of_reach_end_the_collection(world):
    poses = np.array([POSES[0], *[FAR] * (MOST_SKIPPED + 1), POSES[2]])
    world.machine.start(world.goal(poses))
    outcome = world.run()
    assert (outcome.code, outcome.made, outcome.skipped) == (errors.LimitExceeded.code, 2, MOST_SKIPPED)


def test_skipped_poses_do_not_widen_the_limits_of_the_goal(make_world):
    world = make_world(max_total_translation=0.0045, max_step_translation=0.004)
    start = world.wrist * world.centre.wrist_from_centre
    steps = np.array([[0.004 * k, 0, 0, 0, 0, 0] for k in (1, 2, 3, 4)])
    world.machine.start(world.goal(steps))
    outcome = world.run()
    assert (outcome.code, outcome.made, outcome.skipped) == (errors.SUCCESS, 2, 3)
    for pose in world.arm_log:
        assert error_between(start, pose * world.centre.wrist_from_centre)[0] <= 0.0045 + 1e-9


def test_feedback_counts_grasps_and_phases_follow_each_other(world):
    world.machine.start(world.goal(POSES[:1]))
    world.run()
    move = [HandPhase.OPENING, HandPhase.MOVING]
    assert [feedback.phase for feedback in world.feedback] == [*GRASP, *move, *GRASP, HandPhase.FINISHING]
    assert [feedback.made for feedback in world.feedback] == [0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2]


def test_readings_are_counted_by_their_own_stamps(make_world):
    world = make_world(frames_per_grasp=5)
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    world.policy_answers = False
    stamp = world.clock.now() + 0.001
    for _ in range(30):  # one reading that comes again and again
        world.machine.observe_reading(stamp)
        world.step()
    assert world.machine.phase is HandPhase.SENSING
    for k in range(4):
        world.machine.observe_reading(stamp + 0.001 * (k + 1))
    world.step()
    assert world.machine.phase is HandPhase.OPENING


@pytest.mark.parametrize(
    ("age", "error", "word"),
    [
        (10.0, errors.StaleTactile, "too old"),
        (-5.0, errors.StaleTactile, "ahead"),
        (None, errors.NoTactile, "0 of"),
    ],
)
def test_readings_that_do_not_come_or_cannot_be_true_end_the_collection_and_are_named(
    world, age, error, word
):
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    world.policy_answers, world.correction_age = age is not None, age
    outcome = world.run()
    assert (outcome.code, outcome.safe_state, outcome.made) == (error.code, "open", 0)
    assert word in outcome.message
    assert "sense_timeout" in outcome.message


def test_without_touch_nothing_is_closed(world):
    world.policy_answers = False
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.NoTactile.code, "untouched")
    assert "prepare_timeout" in outcome.message
    assert not world.hand_log


def test_cancelling_the_last_opening_does_not_take_back_the_success(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.FINISHING)
    world.machine.stop(errors.Canceled("canceled"))
    assert world.run().code == errors.SUCCESS


def test_a_hand_that_does_not_open_at_the_end_is_said(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.FINISHING)
    world.hand_moves = False
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert "was not seen open" in outcome.message


def test_wrist_poses_have_the_asked_coordinates_at_the_grasp_centre():
    hand = load_hand()
    coordinates = poses_around(load_objects()["plate_6"], 4, 0)
    start = from_coordinates([0.4, 0, 0.3, 0, 0, 0.2])
    for pose, x in zip(wrist_poses(hand, start, coordinates), coordinates, strict=True):
        relative = (start * hand.wrist_from_centre).inv() * pose * hand.wrist_from_centre
        np.testing.assert_allclose(to_coordinates(relative), x, atol=1e-9)
