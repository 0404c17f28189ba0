"""Poses streamed to Cartesian controllers and to MoveIt Servo, against links that write down what they hear."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.arms.servo import ServoArm
from tacrefine.arms.settings import ArmSettings
from tacrefine.geometry import error_between, transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.samples import WristSample

START = transform((0.45, 0.10, 0.37), (0.0, 0.0, 0.6))
GOAL = START * transform((0.009, 0.0, 0.0))
SECONDS = 0.41  # 0.3 s at 0.03 m/s, 0.03 / 0.5 s to start and stop, 0.5 / 10 s for the change of acceleration

CENTRE = transform((0, 0, -0.07163))  # as in the guard of conftest.py


class FakeClock:
    """Stands still at `time`, s, until somebody sets it."""

    time, is_simulated = 100.0, False

    def now(self) -> float:
        return self.time

    def steady(self) -> float:
        return self.time


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
    assert cartesian.begin(START, GOAL, 5.0) == pytest.approx(SECONDS)
    assert not link.log
    assert tick_for(cartesian, 5.0, 0.45)
    assert len(link.poses) == 46
    assert max(distances(link.poses)) <= 0.03 * 0.01 + 1e-9
    assert error_between(link.poses[0], START)[0] < 1e-9
    assert link.poses[-1] is GOAL


def test_a_late_tick_does_not_make_the_target_jump(cartesian, link, tick_for):
    cartesian.begin(START, GOAL, 0.0)
    tick_for(cartesian, 0.0, 0.05)
    cartesian.tick(10.0)
    assert distances(link.poses)[-1] <= 0.03 * 0.05 + 1e-9
    assert tick_for(cartesian, 10.01, SECONDS)


def changes_of_speed(times, poses):
    """Speeds (N - 1,) m/s and rad/s between poses, and what each change of them may be at most, per unit of
    acceleration: half the time of both stretches.
    """
    seconds = np.diff([times[0] - 1e-9, *times])
    steps = np.array([error_between(a, b) for a, b in itertools.pairwise([poses[0], *poses])], float)
    return steps / seconds[:, None], 0.5 * (seconds[1:] + seconds[:-1])


@pytest.mark.parametrize("turning", [False, True])
@pytest.mark.parametrize("length", [0.0004, 0.003, 0.018])
@pytest.mark.parametrize("period", [0.002, 0.01, 0.04])
def test_no_change_of_speed_is_larger_than_the_acceleration_allows(link, make_guard, turning, length, period):
    values = {
        "linear_acceleration": 0.2,
        "linear_jerk": 3.0,
        "angular_acceleration": 2.0,
        "angular_jerk": 30.0,
    }
    guard = make_guard(wrist=START, **values)
    goal = START * (transform((0, 0, 0), (0, 0, 10 * length)) if turning else transform((length, 0, 0)))
    goal = START * CENTRE * (START.inv() * goal) * CENTRE.inv()
    guard.begin_move(START, goal)
    arm = CartesianArm(link, guard.gate, guard.limits)
    duration = arm.begin(START, goal, 0.0)
    random = np.random.default_rng(3)
    times, now, done = [], 0.0, False
    while not done:
        times.append(now)
        done = arm.tick(now)
        now += period * random.uniform(0.6, 1.2)
    assert times[-1] <= duration + 2 * period
    speeds, halves = changes_of_speed(times, [pose * CENTRE for pose in link.poses])
    for column, (speed, acceleration) in zip(speeds.T, ((0.03, 0.2), (0.3, 2.0)), strict=True):
        assert column.max() <= speed + 1e-6
        assert (np.abs(np.diff(column)) <= acceleration * halves + 1e-5).all()


def test_after_a_late_tick_the_target_speeds_up_again_within_the_acceleration(cartesian, link):
    cartesian.begin(START, GOAL, 0.0)
    times = [*np.arange(0.0, 0.2, 0.01), *np.arange(0.5, 1.2, 0.01)]
    for now in times:
        cartesian.tick(now)
    assert link.poses[-1] is GOAL
    speeds, halves = changes_of_speed(times, link.poses)
    speed = speeds[:, 0]
    assert speed[20] < 0.006
    assert speed[15] == pytest.approx(0.03, rel=1e-3)
    assert speed[21:].max() > 0.028
    assert (np.diff(speed) <= 1.05 * 0.5 * halves + 1e-5).all()


def test_a_target_that_jumps_or_starts_at_full_speed_does_not_pass_the_guard(link, make_guard):
    clock = FakeClock()
    guard = make_guard(wrist=START, clock=clock)
    guard.begin_move(START, GOAL)
    send = guard.gate(link.send)
    clock.time += 0.01
    with pytest.raises(errors.Internal, match="linear_acceleration"):
        send(START * transform((0.03 * 0.01, 0, 0)))
    assert not link.log


def test_the_next_motion_goes_on_from_where_the_target_is_not_from_where_the_arm_was_measured(link, guard):
    arm = Arm(CartesianArm(link, guard.gate, guard.limits), guard, RefineSettings(arrival_samples=1))
    sag = transform((0, 0, -0.0003))

    def measure(now, pose):
        for k in range(8):
            arm.observe(WristSample(now - 0.01 * (7 - k), pose))

    measure(-0.1, START)
    arm.move_to(GOAL, 0.0, 10.0)
    for k in range(60):
        arm.tick(0.01 * k)
    measure(0.6, GOAL * sag)
    assert arm.tick(0.61) is Progress.ARRIVED
    count = len(link.poses)
    arm.move_to(START, 1.0, 10.0)
    arm.tick(1.0)
    arm.tick(1.01)
    assert max(distances(link.poses[count - 1 :])) < 1e-5
    measure(1.1, START * transform((0.005, 0, 0)))  # somewhere else: the target begins where the arm is
    arm.move_to(START, 1.2, 10.0)
    arm.tick(1.2)
    assert error_between(link.poses[-1], START * transform((0.005, 0, 0)))[0] < 1e-9


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
    assert tick_for(servo, 0.22, 0.45)
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
