"""Live nodes with an adapter: foreign messages go straight into their subscriptions, corrections are the same."""

from __future__ import annotations

import time

import fake_robot  # noqa: F401 - chooses the ROS domain before rclpy is imported
import numpy as np
import pytest
import rclpy
import yaml
from geometry_msgs.msg import PoseStamped, TransformStamped
from nav_msgs.msg import Odometry
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Float32MultiArray
from tacrefine.msg import GraspTarget, TactileArray

from tacrefine.errors import ConfigError
from tacrefine.geometry import from_coordinates
from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import pads_to_message, to_pose, to_stamp
from tacrefine.nodes.core.message_types import known_class
from tacrefine.nodes.hand.policy import PolicyNode
from tacrefine.nodes.hand.refine_server import RefineServer

pytestmark = pytest.mark.ros
HAND = load_hand()
OPEN = HAND.joint_positions_at(HAND.open_positions)
ARRAY = {"topic": "/raw", "type": "std_msgs/msg/Float32MultiArray", "stamp": "received", "unit": "normalized"}
TOUCH = [ARRAY | {"field": "data"}]
JOINTS = [{"topic": "/hand/joints", "prefix": "rh_"}]
WRIST = from_coordinates(np.array([0.4, 0.1, 0.3, 0.1, 0.2, 0.3]))


@pytest.fixture
def make(tmp_path):
    context, made = Context(), []
    rclpy.init(context=context)

    def start(kind, content=None, **values):
        if content is not None:
            (tmp_path / "my_robot.yaml").write_text(yaml.safe_dump(content))
            values["adapter"] = str(tmp_path / "my_robot.yaml")
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        node = kind("node", context=context, parameter_overrides=overrides)
        made.append(node)
        if isinstance(node, PolicyNode | RefineServer):
            node.autostart()
        return node

    start.context = context
    yield start
    for node in made:
        node.destroy_node()
    rclpy.try_shutdown(context=context)


def send(node, topic, message):
    """As if the message had come on the topic."""
    (subscription,) = [s for s in node.subscriptions if s.topic_name == topic]
    subscription.callback(message)


def joints(seconds, prefix=""):
    message = JointState(name=[prefix + name for name in HAND.joint_names], position=list(map(float, OPEN)))
    message.header.stamp = to_stamp(seconds)
    return message


def target():
    message = GraspTarget(id="one", name="one", object="plate_6", hand=HAND.name, observable_axes=[True] * 6)
    values = np.linspace(0.2, 0.8, HAND.taxel_count).astype(np.float32)
    message.tactile = TactileArray(pads=pads_to_message(HAND, values))
    message.joint_state = joints(0.0)
    return message


def corrections_of(node, values, touch):
    """What the policy answers to readings that `touch` sends."""
    found = []
    node._corrections.publish = found.append
    send(node, "/grasp_target", target())
    touch(values)
    assert found, node.health.last_error
    return found[-1]


def test_the_policy_answers_foreign_touch_as_it_answers_its_usual_message(make):
    values = np.random.default_rng(0).random(HAND.taxel_count).astype(np.float32)
    adapted = make(PolicyNode, {"touch": TOUCH, "joints": JOINTS})
    now = adapted.get_clock().now().nanoseconds * 1e-9
    send(adapted, "/hand/joints", joints(now, "rh_"))
    foreign = corrections_of(
        adapted, values, lambda v: send(adapted, "/raw", Float32MultiArray(data=v.tolist()))
    )

    usual = make(PolicyNode)
    send(usual, "/joint_states", joints(now))
    message = TactileArray(pads=pads_to_message(HAND, values))
    message.header.stamp = to_stamp(now + 0.001)
    same = corrections_of(usual, values, lambda _: send(usual, "/tactile", message))
    assert foreign.increment == same.increment
    assert foreign.contact_state == same.contact_state
    assert foreign.header.stamp.sec == pytest.approx(now, abs=2.0)
    assert foreign.tactile_sequence == 1


def test_a_message_that_the_file_does_not_describe_is_told_with_what_arrived(make):
    node = make(PolicyNode, {"touch": TOUCH, "joints": JOINTS})
    send(node, "/raw", Float32MultiArray(data=[0.0] * 7))
    assert "/raw: field 'data' gives 7 values; pads" in node.health.last_error
    node.before_report()
    assert "gives 7 values" in node.health.values["touch input"]


def pose_stamped():
    message = PoseStamped(pose=to_pose(WRIST))
    message.header.frame_id = "base"
    return message


def transform_stamped():
    message = TransformStamped(child_frame_id="hand_wrist")
    message.header.frame_id = "base"
    pose = to_pose(WRIST)
    t, p = message.transform.translation, pose.position
    t.x, t.y, t.z = p.x, p.y, p.z
    message.transform.rotation = pose.orientation
    return message


def odometry():
    message = Odometry()
    message.header.frame_id = "base"
    message.pose.pose = to_pose(WRIST)
    return message


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("geometry_msgs/msg/TransformStamped", transform_stamped),
        ("nav_msgs/msg/Odometry", odometry),
        ("geometry_msgs/msg/PoseStamped", pose_stamped),
    ],
)
def test_the_server_reads_the_wrist_from_every_usual_message(make, tmp_path, kind, message):
    server = make(RefineServer, {"wrist": {"topic": "/arm", "type": kind}}, targets_folder=str(tmp_path))
    arrived = message()
    arrived.header.stamp = to_stamp(server.clock.now())
    send(server, "/arm", arrived)
    assert server.health.last_error == ""
    assert np.allclose(server.arm.pose.as_matrix(), WRIST.as_matrix(), atol=1e-6)
    assert server.base_frame == "base"
    assert server.sole_topics() == ("tactile", "/arm", "correction")


def test_the_server_reads_the_wrist_from_tf(make, tmp_path):
    messages = pytest.importorskip("tf2_msgs.msg")
    wrist = {"tf": {"base": "base", "tip": "hand_wrist"}}
    server = make(RefineServer, {"wrist": wrist}, targets_folder=str(tmp_path))
    fixed = TransformStamped(child_frame_id="hand_wrist")
    fixed.header.frame_id = "tool0"
    fixed.transform.rotation.w = 1.0
    send(server, "/tf_static", messages.TFMessage(transforms=[fixed]))
    moving = transform_stamped()
    moving.child_frame_id = "tool0"
    moving.header.stamp = to_stamp(server.clock.now())
    send(server, "/tf", messages.TFMessage(transforms=[moving]))
    assert np.allclose(server.arm.pose.as_matrix(), WRIST.as_matrix(), atol=1e-6)
    assert server.sole_topics() == ("tactile", "correction")


def test_a_type_whose_package_is_not_installed_is_one_sentence_and_the_node_stays_up(make):
    node = make(PolicyNode, {"touch": [TOUCH[0] | {"type": "skin_driver_msgs/msg/Skin"}]})
    assert not node.is_active
    assert (
        "topic /raw is of type skin_driver_msgs/msg/Skin, and the ROS package 'skin_driver_msgs' is not"
        in (node.health.failure)
    )
    with pytest.raises(ConfigError, match=r"'std_msgs' has no message 'Flaot'; it has .*Bool"):
        known_class("std_msgs/msg/Flaot", "/raw", "my_robot.yaml")


def test_what_is_published_in_the_place_of_touch_is_told(make):
    """Of another type, under another name, or nothing at all: by the graph, without a message."""
    node = make(PolicyNode)
    elsewhere = Context()  # of one process two types may not share a topic
    rclpy.init(context=elsewhere)
    other = Node("driver", context=elsewhere)
    assert node._inputs.problem("touch").startswith("/tactile: nobody publishes it; there is ")
    wrong = other.create_publisher(Float32MultiArray, "tactile", 1)
    _until(lambda: node.count_publishers("tactile") == 1)
    _until(lambda: "/driver" in node._inputs.problem("touch"))
    assert node._inputs.problem("touch") == (
        "/tactile: /driver publishes it as std_msgs/msg/Float32MultiArray, not as tacrefine/msg/TactileArray"
    )
    other.destroy_publisher(wrong)
    other.create_publisher(TactileArray, "skin", 1)
    _until(lambda: node.count_publishers("skin") == 1 and node.count_publishers("tactile") == 0)
    assert node._inputs.problem("touch") == (
        "/tactile: nobody publishes it; of type tacrefine/msg/TactileArray there is /skin"
    )
    other.destroy_node()
    rclpy.shutdown(context=elsewhere)


def _until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
