"""The simulated robot with an arm of seven joints: a whole refinement through joint trajectories, over ROS."""

from __future__ import annotations

import numpy as np
import pytest
from fake_robot import patient, wait_matched
from sensor_msgs.msg import JointState
from tacrefine.srv import ResetSim
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from truth_policy import TruthPolicy

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.demo.scenario import refine
from tacrefine.geometry import error_between
from tacrefine.nodes.core.convert import from_pose, joints_of, to_seconds
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.objects import load_objects
from tacrefine.sim.arm_model import load_arm

pytestmark = pytest.mark.ros
SPEED = 1.0  # arm_joint_speed of the bridge


class ArmWatcher(TruthPolicy):
    """Also hears the arm's joints and what is commanded to them."""

    def __init__(self) -> None:
        self.arm_states: list[JointState] = []
        self.paths: list[JointTrajectory] = []
        super().__init__()
        self.node.create_subscription(JointState, "arm/joint_states", self.arm_states.append, SENSOR)
        self.node.create_subscription(JointTrajectory, "arm/joint_trajectory", self.paths.append, RELIABLE)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    arguments = Arguments(
        arm="trajectory",
        real_time_factor=0.0,
        targets_folder=str(tmp_path_factory.mktemp("targets")),
        seed=5,
    )
    nodes = patient([node for node in describe(arguments) if node.executable != "policy"])
    with NodeProcesses(nodes) as processes, ArmWatcher() as client:
        client.check = processes.check
        client.wait_ready(60.0)
        wait_matched(client, "arm/joint_trajectory")
        yield client
        print(processes.log("mujoco_bridge"), processes.log("refine_server"))


def test_the_wrist_pose_is_that_of_the_arms_forward_kinematics(stack):
    arm = load_arm("seven_joint")
    stack.reset([0.0, 0.0, 0.002, 0.0, 0.05, 0.0], "plate_6")
    stack.wrist = None
    count = len(stack.arm_states)
    stack.wait_for(lambda: stack.wrist is not None and len(stack.arm_states) > count, 30.0, "readings")
    joints = joints_of(stack.arm_states[-1])
    assert tuple(joints) == arm.joint_names
    metres, radians = error_between(arm.pose(np.array(list(joints.values()))), from_pose(stack.wrist.pose))
    assert metres < 1e-9
    assert radians < 1e-7
    assert np.allclose(stack.fresh_truth(), [0.0, 0.0, 0.002, 0.0, 0.05, 0.0], atol=3e-4)


def test_the_whole_stack_refines_a_grasp_through_joint_trajectories(stack):
    obj = load_objects()["rod_10"]
    target, start = obj.half_range * 0.3, -obj.half_range * 0.4
    stack.goal = target
    stack.arm_states.clear()
    stack.paths.clear()
    run = refine(stack, stack.hand, obj, "nominal_elastic", target, start, seed=3, name="shown")
    assert run.code == 0, run.message
    assert run.safe_state == "holding"
    millimetres, degrees = run.errors[-1]
    assert millimetres < 0.5
    assert degrees < 0.5
    moves = [path for path in stack.paths if len(path.points) > 1]
    assert len(moves) == run.steps >= 1
    assert all(tuple(path.joint_names) == load_arm("seven_joint").joint_names for path in moves)


def test_the_arms_joints_follow_with_limited_speed_however_fast_they_are_asked_to(stack):
    stack.reset(np.zeros(6), "plate_6")
    stack.arm_states.clear()
    stack.wait_for(lambda: len(stack.arm_states) > 2, 30.0, "arm/joint_states")
    goal = np.array(stack.arm_states[-1].position) + 0.1
    publish(stack, stack.arm_states[-1].name, goal, 0.001)
    stack.wait_for(lambda: np.allclose(stack.arm_states[-1].position, goal, atol=1e-6), 30.0, "the arm")
    states = list(stack.arm_states)
    rows = np.array([state.position for state in states])
    times = np.array([to_seconds(state.header.stamp) for state in states])
    assert (np.abs(np.diff(rows, axis=0)) / np.diff(times)[:, None]).max() <= SPEED + 1e-6


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda names, goal: (names[:-1], goal[:-1], 1.0), "must name each"),
        (lambda names, goal: (names, goal + 9.0, 1.0), "allowed are"),
        (lambda names, goal: (names, goal, 0.0), "time_from_start"),
    ],
)
def test_a_trajectory_that_the_arm_cannot_follow_moves_nothing_and_says_why(stack, change, word):
    stack.reset(np.zeros(6), "plate_6")
    stack.arm_states.clear()
    stack.wait_for(lambda: len(stack.arm_states) > 0, 30.0, "arm/joint_states")
    names, before = list(stack.arm_states[-1].name), np.array(stack.arm_states[-1].position)
    publish(stack, *change(names, before.copy()))
    stack.wait_for(
        lambda: word in stack.diagnostics.get("/mujoco_bridge", {}).get("last error", ""),
        30.0,
        "the complaint",
    )
    assert np.allclose(stack.arm_states[-1].position, before)


def test_a_reset_that_the_arm_cannot_reach_is_refused_and_changes_nothing(stack):
    stack.reset(np.zeros(6), "plate_6")
    request = ResetSim.Request(pose=[1.5, 0.0, 0.0, 0.0, 0.0, 0.0])
    answer = stack.answer(stack._reset.call_async(request), 30.0, "sim/reset")
    assert not answer.success
    assert "cannot reach" in answer.message
    assert np.allclose(stack.fresh_truth(), np.zeros(6), atol=3e-4)


def publish(stack, names, positions, seconds) -> None:
    publisher = stack.node.create_publisher(JointTrajectory, "arm/joint_trajectory", RELIABLE)
    stack.wait_for(lambda: publisher.get_subscription_count() >= 2, 30.0, "the bridge")
    point = JointTrajectoryPoint(positions=[float(p) for p in positions])
    point.time_from_start.nanosec = int(seconds % 1 * 1e9)
    point.time_from_start.sec = int(seconds)
    publisher.publish(JointTrajectory(joint_names=list(names), points=[point]))
