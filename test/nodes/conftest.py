"""The refine server in a process of its own with a fake robot on the wire. Without ROS nothing here is collected."""

from __future__ import annotations

import gc
import importlib.util

import pytest

if importlib.util.find_spec("rclpy") is None:
    collect_ignore_glob = ["*/test_*.py"]
else:
    from fake_robot import FakeRobot, server_spec, show, wait_matched

    from tacrefine.bringup.processes import NodeProcesses


@pytest.fixture(scope="module", autouse=True)
def short_collections():
    """What the tests so far have loaded is not searched for garbage: that would silence a client for half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """One refine server in its own process and one fake robot, shared by a module's tests."""
    with NodeProcesses([server_spec(tmp_path_factory.mktemp("targets"))]) as processes, FakeRobot() as robot:
        robot.processes, robot.check = processes, processes.check
        robot.wait_ready(90.0, simulation=False)
        robot.wait_for(lambda: "refine_server" in robot.node.get_node_names(), 30.0, "the server's node")
        wait_matched(robot)
        yield robot
        print(processes.log("refine_server"))


@pytest.fixture
def robot(stack):
    """The shared robot, at rest, without faults, with the hand open and a target 'shown' captured."""
    stack.arm_moves = stack.hand_moves = stack.answers = True
    stack.tactile_flows = stack.wrist_flows = stack.joints_flow = True
    stack.stamp_shift = stack.tactile_stamp_shift = 0.0
    stack.left_out_joint = ""
    stack.spoil_tactile = lambda values: values
    stack.right = stack.wrist
    stack._path = None
    stack.actuated = dict(zip(stack.hand.actuated_joints, stack.hand.closed_positions, strict=True))
    if not stack.target_ids:
        stack.wait_for(lambda: stack.is_closed, 30.0, "the closed hand")
        answer = show(stack, "shown")
        assert answer.success, answer.message
        stack.object = answer.target.object
    stack.actuated = dict(zip(stack.hand.actuated_joints, stack.hand.open_positions, strict=True))
    stack.arm_commands.clear()
    stack.hand_commands.clear()
    return stack
