"""The live nodes with drivers that publish in other ways: messages go straight into their callbacks."""

from __future__ import annotations

import fake_robot  # noqa: F401 - chooses the ROS domain before rclpy is imported
import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from tacrefine.msg import TactileArray

from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import pads_to_message, to_stamp
from tacrefine.nodes.hand.policy import PolicyNode
from tacrefine.nodes.hand.refine_server import RefineServer

pytestmark = pytest.mark.ros
HAND = load_hand()
COUPLED = [joint.name for joint in HAND.joints if joint.mimic]
OPEN = dict(zip(HAND.joint_names, HAND.joint_positions_at(HAND.open_positions), strict=True))
START = 1000.0


class Messages:
    """A node that is active and has no target; time goes on by `tick`."""

    def __init__(self, kind, context, **values):
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        self.node = kind("node", context=context, parameter_overrides=overrides)
        self.node.autostart()
        assert self.node.is_active, self.node.health.failure
        self.now, self.sequence = START, 0

    @property
    def error(self) -> str:
        return self.node.health.last_error

    def joints(self, names, prefix=""):
        message = JointState(name=[prefix + n for n in names], position=[float(OPEN[n]) for n in names])
        message.header.stamp = to_stamp(self.now)
        self.node._on_joints(message)

    def touch(self, values):
        self.sequence += 1
        pads = pads_to_message(HAND, np.asarray(np.broadcast_to(values, HAND.taxel_count), np.float32))
        message = TactileArray(sequence=self.sequence, pads=pads)
        message.header.stamp = to_stamp(self.now)
        self.node._on_tactile(message)

    def tick(self, values=0.0, parts=(HAND.joint_names,), prefix="", times=1):
        for _ in range(times):
            self.now += 0.01
            for names in parts:
                self.joints(names, prefix)
            self.now += 0.001
            self.touch(values)


@pytest.fixture
def make():
    context, made = Context(), []
    rclpy.init(context=context)

    def start(kind=PolicyNode, **values):
        made.append(Messages(kind, context, **values))
        return made[-1]

    yield start
    for messages in made:
        messages.node.destroy_node()
    rclpy.try_shutdown(context=context)


def test_readings_are_judged_without_a_target(make):
    policy = make()
    policy.tick(times=3)
    assert policy.error == ""
    policy.tick(values=-0.3)
    assert "negative_limit" in policy.error
    policy.node.before_report()


def test_slightly_negative_readings_are_counted_on_diagnostics_and_no_error(make):
    policy = make()
    policy.tick(values=-0.01, times=3)
    policy.node.before_report()
    assert policy.error == ""
    assert policy.node.health.values["clipped readings"] == str(3 * HAND.taxel_count)


@pytest.mark.parametrize(("drift", "told"), [(0.02, False), (0.08, True)])
def test_a_drifted_zero_is_told_and_becomes_an_error_beyond_the_limit(make, drift, told):
    policy = make()
    policy.tick(values=drift, times=80)
    policy.node.before_report()
    assert policy.node.health.values["zero drift"].startswith(f"{drift:.1%}")
    assert ("drift_limit" in policy.error) is told


@pytest.mark.parametrize("kind", [PolicyNode, RefineServer])
def test_two_publishers_and_coupled_joints_that_nobody_measures_make_no_errors(make, kind, tmp_path):
    values = {} if kind is PolicyNode else {"targets_folder": str(tmp_path)}
    node = make(kind, **values)
    driven = list(HAND.actuated_joints)
    node.tick(parts=[HAND.joint_names], times=1)
    node.node.health.last_error = ""
    node.tick(parts=(driven[:3], driven[3:]), times=40)
    assert node.error == ""
    stamp, joints = (
        node.node._stream.joints.latest() if kind is PolicyNode else node.node.stream.joints.latest()
    )
    assert stamp == pytest.approx(node.now - 0.001)
    assert joints == pytest.approx(OPEN)
    assert set(COUPLED) <= joints.keys()


@pytest.mark.parametrize("kind", [PolicyNode, RefineServer])
def test_joints_with_a_prefix_are_told_with_the_parameter_and_read_with_it(make, kind, tmp_path):
    values = {} if kind is PolicyNode else {"targets_folder": str(tmp_path)}
    node = make(kind, **values)
    for _ in range(30):
        node.joints(HAND.joint_names, "rh_")
    assert "joint_prefix 'rh_' would fit" in node.error
    node = make(kind, joint_prefix="rh_", **values)
    node.tick(prefix="rh_", times=3)
    assert node.error == ""


def test_the_server_tells_bad_touch_on_diagnostics_without_a_goal(make, tmp_path):
    server = make(RefineServer, targets_folder=str(tmp_path))
    server.now = server.node.clock.now() - 0.01
    server.tick(values=-0.3)
    server.node.before_report()
    assert "negative_limit" in server.node.health.values["touch"]
    assert "negative_limit" in server.error
