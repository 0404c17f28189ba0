"""The policy node in a process of its own: it answers good touch, explains bad touch, and survives both."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fake_robot import FakeRobot
from tacrefine.msg import GraspTarget, TactileArray

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.core.convert import pads_to_message
from tacrefine.nodes.core.qos import LATCHED

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def policy():
    """A fake robot that feels its closed hand, and the policy node with the shipped model."""
    with NodeProcesses([NodeSpec("policy", "", {})]) as processes, FakeRobot() as robot:
        robot.check, robot.answers = processes.check, False
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        robot.targets = robot.node.create_publisher(GraspTarget, "grasp_target", LATCHED)
        for name in ("tactile", "joint_states", "grasp_target"):
            robot.wait_for(
                lambda name=name: robot.node.count_subscribers(name) >= 1, 60.0, f"a subscriber of {name}"
            )
        yield robot
        print(processes.log("policy"))


@pytest.fixture
def robot(policy):
    policy.spoil_tactile, policy.left_out_joint, policy.joints_flow = (lambda values: values), "", True
    send_target(policy)
    fresh_correction(policy)
    return policy


def send_target(robot, identity="target-1", tactile=None):
    message = GraspTarget(id=identity, name="shown", object="plate_6", hand=robot.hand.name)
    message.observable_axes = [False, False, True, True, True, False]
    values = np.full(robot.hand.taxel_count, 0.2, np.float32) if tactile is None else tactile
    message.tactile = TactileArray(pads=pads_to_message(robot.hand, values))
    message.joint_state.name = list(robot.hand.joint_names)
    message.joint_state.position = [0.1] * len(robot.hand.joint_names)
    robot.targets.publish(message)


def fresh_correction(robot, timeout=10.0):
    robot.correction = None
    robot.wait_for(lambda: robot.correction is not None, timeout, "correction")
    return robot.correction


def complaint(robot, word, timeout=8.0):
    def found():
        return word in robot.diagnostics.get("/tacrefine_policy", {}).get("last error", "")

    robot.wait_for(
        found, timeout, f"'{word}' on /diagnostics, there is {robot.diagnostics.get('/tacrefine_policy')}"
    )


def silent(robot, seconds=0.4):
    robot.correction = None
    time.sleep(seconds)  # nothing must happen, so there is nothing to wait for
    return robot.correction is None


def test_a_correction_quotes_its_tactile_message_target_and_model(robot):
    answer = fresh_correction(robot)
    assert answer.target_id == "target-1"
    assert answer.model_id
    assert answer.contact_state == 2
    assert answer.tactile_sequence > 0
    assert answer.header.stamp.sec > 0
    assert list(answer.observable_axes) == [False, False, True, True, True, False]
    sigma = np.array(answer.standard_deviation)
    assert (sigma[[2, 3, 4]] > 0).all()
    assert np.isfinite(sigma).all()
    assert (sigma[[0, 1, 5]] == 0).all()


def test_a_new_target_takes_effect(robot):
    send_target(robot, "target-2")
    robot.wait_for(lambda: robot.correction.target_id == "target-2", 30.0, "a correction for the new target")


def test_an_open_hand_gets_no_increment_and_infinite_uncertainty(robot):
    robot.spoil_tactile = lambda values: 0 * values
    robot.wait_for(lambda: fresh_correction(robot).contact_state == 0, 30.0, "no contact")
    answer = fresh_correction(robot)
    assert answer.increment.translation.z == 0.0
    assert answer.increment.rotation.w == 1.0
    assert np.isinf(np.array(answer.standard_deviation)[[2, 3, 4]]).all()


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda values: values[:-1], "expected 11 x 9"),
        (lambda values: np.full_like(values, np.nan), "NaN"),
        (lambda values: -values, "negative"),
    ],
)
def test_tactile_arrays_that_do_not_fit_are_explained_and_not_answered(robot, spoil, word):
    robot.spoil_tactile = spoil
    complaint(robot, word)
    assert "tactile" in robot.diagnostics["/tacrefine_policy"]["last error"]
    assert silent(robot)


def test_a_few_dead_taxels_are_no_reason_to_fall_silent(robot):
    def spoil(values):
        values = values.copy()
        values[:5] = np.nan
        return values

    robot.spoil_tactile = spoil
    answer = fresh_correction(robot)
    assert np.isfinite([answer.increment.translation.z, answer.increment.rotation.w]).all()


def test_a_missing_joint_is_named(robot):
    robot.left_out_joint = "index_mcp"
    complaint(robot, "index_mcp")
    assert silent(robot)


def test_joint_states_that_stop_are_noticed(robot):
    robot.joints_flow = False
    complaint(robot, "the nearest joint_states message is")
    assert silent(robot)


def test_a_target_that_does_not_fit_the_hand_is_refused_and_nothing_is_answered(robot):
    send_target(robot, "bad", np.full(robot.hand.taxel_count, np.inf, np.float32))
    complaint(robot, "grasp_target")
    assert silent(robot)


def test_latency_from_stamp_to_correction_is_reported(robot):
    key = "stamp to correction p99 [ms]"
    robot.wait_for(lambda: key in robot.diagnostics.get("/tacrefine_policy", {}), 30.0, key)
    assert float(robot.diagnostics["/tacrefine_policy"][key]) > 0.0
