"""Poses streamed to Cartesian controllers and to MoveIt Servo, against links that write down what they hear."""

from __future__ import annotations

import itertools

import pytest

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.arms.servo import ServoArm
from tacrefine.arms.settings import ArmSettings
from tacrefine.geometry import error_between, transform
from tacrefine.supervision import errors

START = transform((0.45, 0.10, 0.37), (0.0, 0.0, 0.6))
GOAL = START * transform((0.009, 0.0, 0.0))  # 0.3 s at 0.03 m/s


@pytest.fixture
def cartesian(link, guard) -> CartesianArm:
    guard.begin_move(START, GOAL)
    return CartesianArm(link, guard.gate, guard.limits)


@pytest.fixture
def servo(link, guard) -> ServoArm:
    guard.begin_move(START, GOAL)
    return ServoArm(link, guard.gate, guard.limits, ArmSettings(arm_answer_timeout=1.0))


def distances(poses) -> list[float]:
    return [float(error_between(a, b)[0]) for a, b in itertools.pairwise(poses)]


def test_the_stream_is_interpolated_at_the_rate_of_the_ticks_and_ends_at_the_goal(cartesian, link, tick_for):
    assert cartesian.begin(START, GOAL, 5.0) == pytest.approx(0.3)
    assert not link.log
    assert tick_for(cartesian, 5.0, 0.35)
    assert len(link.poses) == 36
    assert max(distances(link.poses)) <= 0.03 * 0.01 + 1e-9
    assert error_between(link.poses[0], START)[0] < 1e-9
    assert link.poses[-1] is GOAL


def test_a_late_tick_does_not_make_the_target_jump(cartesian, link, tick_for):
    cartesian.begin(START, GOAL, 0.0)
    tick_for(cartesian, 0.0, 0.05)
    cartesian.tick(10.0)
    assert distances(link.poses)[-1] <= 0.03 * 0.05 + 1e-9
    assert tick_for(cartesian, 10.01, 0.3)


def test_a_hold_ends_the_stream_at_the_measured_pose(cartesian, link, guard, tick_for):
    cartesian.begin(START, GOAL, 0.0)
    tick_for(cartesian, 0.0, 0.1)
    here = START * transform((0.002, 0, 0))
    guard.observe_wrist(here)
    cartesian.hold(here)
    count = len(link.log)
    assert cartesian.tick(0.2)
    assert link.poses[-1] is here
    assert len(link.log) == count


def test_a_waypoint_arm_gets_the_goal_now_and_then(link, guard, tick_for):
    arm = CartesianArm(link, guard.gate, guard.limits, "waypoint")
    guard.begin_move(START, GOAL)
    arm.begin(START, GOAL, 0.0)
    tick_for(arm, 0.0, 1.2)
    assert len(link.poses) == 3
    assert all(pose is GOAL for pose in link.poses)


def test_the_guard_stops_the_stream_in_the_middle(cartesian, link, guard, tick_for):
    cartesian.begin(START, GOAL, 0.0)
    tick_for(cartesian, 0.0, 0.1)
    guard.estop.observe(True, 0.0)
    count = len(link.log)
    with pytest.raises(errors.EmergencyStop):
        cartesian.tick(0.11)
    assert len(link.log) == count


def test_servo_is_told_to_expect_poses_and_woken_before_the_first_pose(servo, link, tick_for):
    servo.begin(START, GOAL, 0.0)
    assert not link.log
    assert not tick_for(servo, 0.0, 0.2)
    assert link.log == [("switch_command_type", "poses"), ("pause_servo", False)]
    link.answers[0].is_done = True
    assert not servo.tick(0.21)
    assert not link.poses
    link.answers[1].is_done = True
    assert tick_for(servo, 0.22, 0.35)
    assert error_between(link.poses[0], START)[0] < 1e-9  # the wait does not count as motion
    assert max(distances(link.poses)) <= 0.03 * 0.01 + 1e-9
    assert link.poses[-1] is GOAL


def test_the_goal_goes_on_being_sent_so_that_servo_never_sees_it_go_stale(servo, link, tick_for):
    servo.begin(START, GOAL, 0.0)
    servo.tick(0.0)
    for answer in link.answers:
        answer.is_done = True
    tick_for(servo, 0.0, 2.0)
    assert len(link.poses) > 190


def test_servo_is_paused_after_each_motion_and_by_a_hold(servo, link, guard):
    servo.begin(START, GOAL, 0.0)
    servo.tick(0.0)
    servo.rest()
    assert link.log[-1] == ("pause_servo", True)
    servo.begin(START, GOAL, 1.0)
    servo.tick(1.0)
    servo.hold(START)
    assert link.log[-2:] == [("pose", START), ("pause_servo", True)]
    assert servo.tick(1.1)
    assert len(link.poses) == 1


def test_a_servo_that_refuses_or_keeps_silent_ends_the_goal_and_no_pose_was_sent(servo, link):
    servo.begin(START, GOAL, 0.0)
    servo.tick(0.0)
    with pytest.raises(errors.ArmUnavailable, match=r"switch_command_type.*arm_answer_timeout"):
        servo.tick(1.1)
    servo.begin(START, GOAL, 2.0)
    servo.tick(2.0)
    link.answers[-1].failure = "servo_node/pause_servo: MoveIt Servo refused (no reason given)"
    with pytest.raises(errors.ArmUnavailable, match="refused"):
        servo.tick(2.01)
    assert not link.poses


def test_what_the_link_lacks_is_what_the_arm_lacks(cartesian, servo, link):
    link.lacks = "arm/target_frame: nobody listens"
    assert cartesian.missing(0.0) == servo.missing(0.0) == link.lacks
