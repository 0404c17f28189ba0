"""The simulated robot without ROS: it follows like a driven one and reads like a sensed one."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tacrefine.errors import SimulationError
from tacrefine.geometry import error_between, transform
from tacrefine.hands import load_hand
from tacrefine.joint_trajectory import JointTrajectoryFollower
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.pace import Pace
from tacrefine.sim.pose_follower import PoseFollower
from tacrefine.sim.robot import SimulatedRobot

CENTRE = transform((0, 0, -0.07))


def test_a_pose_is_followed_with_limited_speed_and_exactly_in_the_end():
    follower = PoseFollower(transform(), linear_speed=0.1, angular_speed=1.0, wrist_from_centre=CENTRE)
    follower.target = transform((0.01, 0, 0), (0, 0.05, 0))
    steps = 0
    while True:
        before = follower.pose
        if not follower.advance(0.01):
            break
        metres, radians = error_between(before * CENTRE, follower.pose * CENTRE)
        assert metres <= 0.001 + 1e-12
        assert radians <= 0.01 + 1e-12
        steps += 1
    assert steps == pytest.approx(10, abs=5)
    assert follower.pose is follower.target


def test_joints_are_led_through_the_points_of_a_trajectory_in_time():
    follower = JointTrajectoryFollower(np.zeros(2), speed=10.0)
    follower.follow([(np.array([1.0, 0.0]), 1.0), (np.array([1.0, 2.0]), 2.0)], now=5.0)
    seen = []
    for tick in range(1, 251):
        follower.advance(5.0 + tick * 0.01, 0.01)
        seen.append(follower.positions.copy())
    assert np.allclose(seen[49], [0.5, 0.0], atol=1e-9)
    assert np.allclose(seen[149], [1.0, 1.0], atol=1e-9)
    assert np.allclose(seen[-1], [1.0, 2.0])


def test_joints_never_move_faster_than_their_limit():
    follower = JointTrajectoryFollower(np.zeros(1), speed=1.0)
    follower.follow([(np.array([1.0]), 0.01)], now=0.0)
    follower.advance(1.0, 0.01)
    assert follower.positions[0] == pytest.approx(0.01)


def test_the_pace_follows_the_wall_clock_and_does_not_rush_after_a_stall():
    pace = Pace(10.0)
    began = time.monotonic()
    for _ in range(20):
        pace.wait(0.1)
    assert time.monotonic() - began == pytest.approx(0.2, abs=0.1)
    time.sleep(0.5)
    began = time.monotonic()
    for _ in range(20):
        pace.wait(0.1)
    assert time.monotonic() - began >= 0.05


@pytest.fixture(scope="module")
def robot() -> SimulatedRobot:
    return SimulatedRobot(load_hand(), linear_speed=0.1, angular_speed=1.0, hand_speed=1.5)


@pytest.fixture(scope="module")
def parts():
    return load_objects()["plate_6"], load_plant("nominal_elastic")


def test_a_closed_hand_feels_the_object_and_an_open_one_nothing(robot, parts):
    robot.reset(*parts, np.zeros(6))
    robot.advance()
    assert np.nansum(robot.read().tactile) < 0.05 * robot.hand.taxel_count
    robot.reset(*parts, np.zeros(6), close=True)
    touching = robot.hand.fingers_in_contact(robot._world.taxel_force())
    assert touching[0]
    assert touching.sum() >= 3


def test_time_goes_on_through_resets(robot, parts):
    times = []
    for _ in range(3):
        robot.reset(*parts, np.zeros(6))
        for _ in range(3):
            robot.advance()
            times.append(robot.read().time)
    assert (np.diff(times) > 0.0).all()


def test_what_the_arm_reports_and_the_truth_agree_up_to_the_frames(robot, parts):
    pose = np.array([0.001, 0.002, 0.003, 0.01, 0.02, 0.03])
    robot.reset(*parts, pose)
    reading = robot.read()
    assert np.allclose(reading.coordinates, pose, atol=1e-9)
    assert np.linalg.norm(reading.wrist.translation) > 0.1, "the base frame is not the object's frame"


def test_the_same_seed_gives_the_same_robot_and_readings(robot, parts):
    readings = []
    for seed in (1, 1, 2):
        robot.reset(*parts, np.zeros(6), seed=seed)
        robot.advance()
        readings.append(robot.read().tactile)
    assert np.array_equal(readings[0], readings[1], equal_nan=True)
    assert not np.array_equal(readings[0], readings[2], equal_nan=True)


def test_wrong_requests_are_refused_in_one_sentence(robot, parts):
    obj, plant = parts
    with pytest.raises(SimulationError, match="six finite numbers"):
        robot.reset(obj, plant, [0, 0, np.inf, 0, 0, 0])
    with pytest.raises(SimulationError, match="quasistatic"):
        robot.reset(obj, load_plant("nominal"), np.zeros(6))
    robot.reset(obj, plant, np.zeros(6))
    with pytest.raises(SimulationError, match="elbow"):
        robot.command_hand(["elbow"], [([0.0], 1.0)])


def test_a_robot_at_rest_is_not_stepped_and_reads_as_one_that_is(robot, parts, monkeypatch):
    """Nothing moves an open hand around a fixed object, so its physics may wait; a command wakes it."""
    robot.reset(*parts, np.zeros(6))
    world, began = robot._world, robot.time
    steps = []
    step = world.step
    monkeypatch.setattr(world, "step", lambda count: (steps.append(count), step(count)))
    before = world.data.qpos.copy()
    for _ in range(20):
        robot.advance()
    assert len(steps) <= 2
    assert robot.time - began == pytest.approx(0.2)
    assert np.allclose(world.data.qpos, before, atol=1e-9)
    for _ in range(20):
        step(5)
    assert np.allclose(world.data.qpos, before, atol=1e-9), "it is at rest indeed"
    robot.command_hand(robot.hand.actuated_joints, [(robot.hand.closed_positions, 0.5)])
    for _ in range(100):
        robot.advance()
    assert robot.hand.fingers_in_contact(world.taxel_force()).any()
