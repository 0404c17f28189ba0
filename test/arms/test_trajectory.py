"""Joint trajectories: planned whole, checked whole, sent once; or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacrefine.arms.settings import ArmSettings
from tacrefine.arms.trajectory import TrajectoryArm
from tacrefine.geometry import RigidTransform, error_between, transform
from tacrefine.sim.arm_kinematics import Kinematics
from tacrefine.sim.arm_model import load_arm
from tacrefine.supervision import errors
from tacrefine.supervision.motion_settings import MotionSettings

SETTINGS = ArmSettings(arm="trajectory", arm_model="seven_joint")
MODEL = load_arm("seven_joint")
START = MODEL.pose(MODEL.home)
GOAL = START * transform((0.012, -0.004, 0.008), (0.0, 0.2, 0.1))


@pytest.fixture
def make_arm(link, make_guard):
    def make(joints=MODEL.home, wrist=START, settings=SETTINGS, model=MODEL, **values) -> TrajectoryArm:
        guard = make_guard(wrist, max_total_rotation=1.0, **values)
        kinematics = Kinematics(model, settings.arm_joint_margin)
        arm = TrajectoryArm(link, kinematics, guard.admit_path, guard.limits, settings, MotionSettings())
        arm.guard, begin = guard, arm.begin

        def announced(start, goal, now: float) -> float:
            guard.begin_move(start, goal)  # as `tacrefine.supervision.arm.Arm` does
            return begin(start, goal, now)

        arm.begin = announced
        assert arm.observe(dict(zip(model.joint_names, joints, strict=True)), 10.0)
        return arm

    return make


@pytest.fixture
def arm(make_arm) -> TrajectoryArm:
    return make_arm()


def test_the_path_leads_to_the_goal_along_the_straight_way_of_the_grasp_centre(arm, link):
    arm.begin(START, GOAL, 10.0)
    assert not link.log
    arm.tick(10.0)
    ((kind, path),) = link.log
    assert kind == "path"
    assert path.names == MODEL.joint_names
    metres, radians = error_between(MODEL.pose(path.positions[-1]), GOAL)
    assert metres < 5e-5
    assert radians < 3e-4
    centre = RigidTransform.from_matrix(arm.guard.limits._centre)
    a, b = (START * centre).translation, (GOAL * centre).translation
    for joints in path.positions:
        off = np.cross(b - a, (MODEL.pose(joints) * centre).translation - a) / np.linalg.norm(b - a)
        assert np.linalg.norm(off) < 1e-4
    arm.tick(10.1)
    assert len(link.log) == 1


def test_joint_speeds_and_wrist_speeds_stay_within_their_limits_and_the_ends_are_at_rest(make_arm, link):
    for speed, linear in ((0.05, 0.03), (5.0, 0.01)):
        link.log.clear()
        arm = make_arm(settings=replace(SETTINGS, arm_joint_speed=speed), linear_speed=linear)
        arm.begin(START, GOAL, 10.0)
        arm.tick(10.0)
        path = link.log[0][1]
        times = np.concatenate([[0.0], path.times])
        rows = np.vstack([MODEL.home, path.positions])
        assert np.abs(np.diff(rows, axis=0) / np.diff(times)[:, None]).max() <= speed
        assert np.abs(path.velocities).max() <= speed
        assert np.allclose(path.velocities[-1], 0.0)
        centres = np.array(
            [
                (MODEL.pose(row) * RigidTransform.from_matrix(arm.guard.limits._centre)).translation
                for row in rows
            ]
        )
        assert (np.linalg.norm(np.diff(centres, axis=0), axis=1) / np.diff(times)).max() <= linear + 1e-4


def test_a_urdfs_own_speed_limit_counts_if_it_is_lower(make_arm, link):
    slow = load_arm("seven_joint")
    slow.speeds = np.full(7, 0.02)
    arm = make_arm(model=slow)
    arm.begin(START, GOAL, 10.0)
    arm.tick(10.0)
    path = link.log[0][1]
    assert np.abs(path.velocities).max() <= 0.02


def test_an_unreachable_pose_is_a_clear_outcome_and_nothing_is_sent(make_arm, link):
    arm = make_arm(max_total_translation=0.5, max_step_translation=0.5)
    with pytest.raises(errors.Unreachable, match=r"cannot reach|singular"):
        arm.begin(START, START * transform((0.0, 0.0, 0.45)), 10.0)
    assert arm.tick(10.0)
    assert not link.log


def test_a_path_that_leaves_the_limits_is_not_sent(make_arm, link):
    arm = make_arm(workspace_x_high=START.translation[0] + 0.002)
    with pytest.raises(errors.WorkspaceExceeded):
        arm.begin(START, GOAL, 10.0)
    assert not link.log


def test_a_model_of_another_robot_is_noticed_before_anything_moves(make_arm, link):
    arm = make_arm(wrist=START * transform((0.05, 0, 0)), max_step_translation=0.1, max_total_translation=0.1)
    with pytest.raises(errors.ArmUnavailable, match=r"50\.0 mm.*arm_tip"):
        arm.begin(START * transform((0.05, 0, 0)), GOAL, 10.0)
    assert not link.log


def test_a_small_disagreement_of_model_and_measurement_cancels_out(make_arm, link):
    off = transform((0.003, -0.002, 0.001), (0.0, 0.01, 0.0))
    wrist, goal = off * START, off * GOAL
    arm = make_arm(wrist=wrist)
    arm.begin(wrist, goal, 10.0)
    arm.tick(10.0)
    end = MODEL.pose(link.log[0][1].positions[-1])
    metres, radians = error_between(START.inv() * end, wrist.inv() * goal)
    assert metres < 5e-5
    assert radians < 3e-4


def test_a_hold_stops_the_joints_where_they_are(arm, link):
    arm.begin(START, GOAL, 10.0)
    arm.tick(10.0)
    here = MODEL.home + 0.01
    arm.observe(dict(zip(MODEL.joint_names, here, strict=True)), 10.2)
    arm.tick(10.2)
    arm.hold(MODEL.pose(here))
    kind, path = link.log[-1]
    assert kind == "stop"
    assert np.allclose(path.positions, here)
    assert np.allclose(path.velocities, 0.0)
    assert arm.tick(10.3)
    assert len(link.log) == 2


def test_a_hold_without_fresh_joint_states_stops_where_the_path_has_the_joints(arm, link):
    duration = arm.begin(START, GOAL, 10.0)
    arm.tick(10.0)
    arm.tick(10.0 + 2.0 * max(duration, 1.0))
    arm.hold(START)
    assert np.allclose(link.log[-1][1].positions[0], link.log[0][1].positions[-1])


def test_joint_states_that_are_missing_old_or_incomplete_are_named(make_arm):
    arm = make_arm()
    assert arm.missing(10.5) == ""
    assert "arm/joint_states" in arm.missing(11.5)
    assert not arm.observe({"arm_joint_1": 0.0}, 11.5)
    assert not arm.observe(dict.fromkeys(MODEL.joint_names, np.nan), 11.5)
    with pytest.raises(errors.ArmUnavailable, match="arm_joint_7"):
        arm.begin(START, GOAL, 11.5)


def test_joint_states_of_a_shared_topic_may_hold_other_joints_too(make_arm):
    arm = make_arm()
    assert arm.observe(dict(zip(MODEL.joint_names, MODEL.home, strict=True)) | {"index_mcp": 1.0}, 11.0)


def test_a_controller_that_gives_up_ends_the_goal(arm, link):
    arm.begin(START, GOAL, 10.0)
    arm.tick(10.0)
    link.failure = "arm/follow_joint_trajectory: the controller gave up with code -4 (no reason given)"
    with pytest.raises(errors.ArmUnavailable, match="code -4"):
        arm.tick(10.1)
