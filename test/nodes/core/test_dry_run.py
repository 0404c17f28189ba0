"""A dry run over DDS: what would be commanded is received under dry_run/, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from fake_robot import FakeRobot, server_spec, show
from geometry_msgs.msg import PoseStamped
from trajectory_msgs.msg import JointTrajectory

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.geometry import error_between
from tacrefine.nodes.core.convert import from_pose
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.supervision.errors import all_errors

pytestmark = pytest.mark.ros


def test_a_dry_run_publishes_hand_and_arm_commands_apart_and_moves_neither(tmp_path):
    with (
        NodeProcesses([server_spec(tmp_path, dry_run=True)]) as processes,
        FakeRobot() as robot,
    ):
        robot.check = processes.check
        poses: list[PoseStamped] = []
        fingers: list[JointTrajectory] = []
        robot.node.create_subscription(PoseStamped, "dry_run/arm/target_frame", poses.append, RELIABLE)
        robot.node.create_subscription(
            JointTrajectory, "dry_run/hand/joint_trajectory", fingers.append, RELIABLE
        )
        robot.wait_ready(simulation=False)
        for topic in ("dry_run/arm/target_frame", "dry_run/hand/joint_trajectory", "grasp_target"):
            robot.wait_for(lambda topic=topic: robot.node.count_publishers(topic) >= 1, 30.0, topic)
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        answer = show(robot, "shown")
        assert answer.success, answer.message
        robot.disturb()
        wrist, joints = robot.wrist, dict(robot.actuated)
        _, result = robot.send("shown").result()
        assert result.error_code == all_errors()["DRY_RUN"].code, result.message
        assert (result.safe_state, result.steps) == ("untouched", 0)
        robot.wait_for(
            lambda: error_between(from_pose(poses[-1].pose), robot.right)[0] < 1e-3, 30.0, "the move"
        )
        robot.wait_for(lambda: len(fingers) == 2, 30.0, "closing and opening")
        assert not robot.arm_commands
        assert not robot.hand_commands
        assert robot.actuated == joints
        assert np.allclose(robot.wrist.as_matrix(), wrist.as_matrix())
