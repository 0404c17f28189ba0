"""The simulated robot on the wire: readings, controllers, services, and a whole refinement steered by the truth."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fake_robot import patient, wait_matched
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from tacrefine.srv import ResetSim
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from truth_policy import TruthPolicy

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.demo.scenario import error_of, refine
from tacrefine.geometry import from_coordinates
from tacrefine.nodes.core.convert import from_pose, to_pose
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.tools.client import ClientError
from tacrefine.objects import load_objects

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    arguments = Arguments(
        real_time_factor=0.0, targets_folder=str(tmp_path_factory.mktemp("targets")), seed=5
    )
    nodes = patient([node for node in describe(arguments) if node.executable != "policy"])
    with NodeProcesses(nodes) as processes, TruthPolicy() as client:
        client.check = processes.check
        client.wait_ready()
        wait_matched(client)
        yield client
        print(processes.log("mujoco_bridge"), processes.log("refine_server"))


def command_hand(client, positions, seconds=0.7):
    publisher = client.node.create_publisher(JointTrajectory, "hand/joint_trajectory", RELIABLE)
    client.wait_for(lambda: publisher.get_subscription_count() > 0, 30.0, "the bridge")
    point = JointTrajectoryPoint(positions=[float(p) for p in positions])
    point.time_from_start.sec, point.time_from_start.nanosec = divmod(round(seconds * 1e9), 10**9)
    publisher.publish(JointTrajectory(joint_names=list(client.hand.actuated_joints), points=[point]))


def test_readings_carry_one_stamp_and_count_up(stack):
    first = stack.fresh_tactile()
    second = stack.fresh_tactile()
    assert second.sequence > first.sequence
    assert [pad.name for pad in first.pads] == [pad.name for pad in stack.hand.pads]
    assert all(len(pad.data) == pad.rows * pad.cols and pad.unit == 1 for pad in first.pads)
    gap = (second.header.stamp.sec - first.header.stamp.sec) + (
        second.header.stamp.nanosec - first.header.stamp.nanosec
    ) * 1e-9
    assert gap == pytest.approx(0.01 * (second.sequence - first.sequence), abs=1e-6)


def test_a_reset_puts_the_hand_where_it_was_asked_to_be_and_closes_it(stack):
    pose = [0.0, 0.0, 0.002, 0.0, 0.05, 0.0]
    stack.reset(pose, "plate_6", close=True)
    assert np.allclose(stack.fresh_truth(), pose, atol=1e-9)
    touched = [np.nansum(pad.data) for pad in stack.fresh_tactile().pads]
    assert touched[0] > 1.0
    assert sum(total > 1.0 for total in touched) >= 3


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"object": "banana"}, "banana"),
        ({"plant": "nowhere"}, "nowhere"),
        ({"plant": "nominal"}, "elastic"),
        ({"pose": [float("nan")] * 6}, "finite"),
    ],
)
def test_a_reset_that_makes_no_sense_is_refused_in_one_sentence(stack, request_, word):
    answer = stack.answer(stack._reset.call_async(ResetSim.Request(**request_)), 10.0, "sim/reset")
    assert not answer.success
    assert word in answer.message
    assert "\n" not in answer.message


def test_tare_refuses_while_the_hand_touches_and_zeroes_when_it_is_open(stack):
    stack.reset(np.zeros(6), "plate_6", close=True)
    with pytest.raises(ClientError, match="touches"):
        stack.tare()
    stack.reset(np.zeros(6), "plate_6")
    stack.tare()


def test_tare_refuses_while_the_hand_closes(stack):
    stack.reset(np.zeros(6), "plate_6")
    seen: list[JointState] = []
    listener = stack.node.create_subscription(JointState, "joint_states", seen.append, SENSOR)
    command_hand(stack, stack.hand.closed_positions, seconds=5.0)
    stack.wait_for(lambda: seen and max(seen[-1].position) > 0.05, 30.0, "the hand on its way")
    with pytest.raises(ClientError, match=r"tare: a (joint moved|finger touches)"):
        stack.tare()
    stack.node.destroy_subscription(listener)
    stack.reset(np.zeros(6), "plate_6")


def test_the_arm_follows_its_target_with_limited_speed(stack):
    stack.reset(np.zeros(6), "plate_6")
    stack.wait_for(lambda: stack.wrist is not None, 30.0, "wrist_pose")
    publisher = stack.node.create_publisher(PoseStamped, "arm/target_frame", RELIABLE)
    stack.wait_for(lambda: publisher.get_subscription_count() > 0, 30.0, "the bridge")
    goal = from_pose(stack.wrist.pose) * from_coordinates([0.02, 0, 0, 0, 0, 0])
    message = PoseStamped(pose=to_pose(goal))
    message.header.frame_id = "somewhere"
    publisher.publish(message)
    before = stack.fresh_truth()
    assert np.linalg.norm(stack.fresh_truth() - before) < 1e-6, (
        "a pose in another frame must not move the arm"
    )
    message.header.frame_id = stack.wrist.header.frame_id
    publisher.publish(message)
    stack.wait_for(lambda: abs(stack.truth[0] - 0.02) < 1e-4, 30.0, "the arm to arrive")


def test_a_trajectory_for_unknown_joints_moves_nothing(stack):
    stack.reset(np.zeros(6), "plate_6")
    publisher = stack.node.create_publisher(JointTrajectory, "hand/joint_trajectory", RELIABLE)
    stack.wait_for(lambda: publisher.get_subscription_count() > 0, 30.0, "the bridge")
    publisher.publish(JointTrajectory(joint_names=["elbow"], points=[JointTrajectoryPoint(positions=[1.0])]))
    stack.wait_for(
        lambda: "elbow" in stack.diagnostics.get("/mujoco_bridge", {}).get("last error", ""),
        5.0,
        "the complaint",
    )


@pytest.mark.parametrize("name", ["rod_10", "disk_90x8"])
def test_the_whole_stack_refines_a_grasp_on_true_corrections(stack, name):
    obj = load_objects()[name]
    target, start = obj.half_range * 0.3, -obj.half_range * 0.4
    stack.goal = target
    run = refine(stack, stack.hand, obj, "nominal_elastic", target, start, seed=3, name=f"shown_{name}")
    assert run.code == 0, run.message
    assert run.safe_state == "holding"
    millimetres, degrees = run.errors[-1]
    assert millimetres < 0.5
    assert degrees < 0.5
    assert run.errors[0] == pytest.approx(error_of(start, target), abs=1e-3)
    assert 1 <= run.steps <= 2


def test_a_loose_hand_is_no_target(stack):
    stack.reset(np.zeros(6), "plate_6")
    time.sleep(0.5)
    answer = stack.capture("loose", "plate_6")
    assert not answer.success
    assert answer.error_code == 207
    assert "the hand is open, so it does not hold the object" in answer.message
    assert "sim/reset with close_hand" in answer.message


def test_a_simulation_knows_which_object_its_hand_holds_and_no_target_gets_another_name(stack):
    stack.reset(np.zeros(6), "plate_6", close=True)
    answer = stack.capture("mistaken", "plate_8")
    assert not answer.success
    assert answer.error_code == 102
    assert "'plate_6', not 'plate_8'" in answer.message
    stack.reset(np.zeros(6), "plate_8", close=True)
    stack.wait_for(lambda: stack.capture("right", "plate_8", overwrite=True).success, 30.0, "the other name")
