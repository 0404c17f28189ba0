"""`tacrefine doctor --listen` beside a robot of other topics, over DDS: it writes an adapter that nodes take."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("rclpy") is None:
    pytest.skip("without ROS", allow_module_level=True)
sys.path.insert(0, str(Path(__file__).parents[1] / "nodes"))
import fake_robot  # noqa: F401 - chooses the ROS domain before rclpy is imported
import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float32MultiArray

from tacrefine.cli import main
from tacrefine.hands import load_hand
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.touch.adapters import load_adapter

pytestmark = pytest.mark.ros
HAND = load_hand()


@pytest.fixture
def robot():
    """Publishes a plain array, joints with a prefix and a transform, until the test is over."""
    context, over = Context(), threading.Event()
    rclpy.init(context=context)
    node = Node("other_robot", context=context)
    touch = node.create_publisher(Float32MultiArray, "/skin/raw", SENSOR)
    joints = node.create_publisher(JointState, "/robot/joints", 10)
    wrist = node.create_publisher(TransformStamped, "/arm/tool_pose", 10)
    rng = np.random.default_rng(0)

    def play():
        while not over.wait(0.02):
            touch.publish(Float32MultiArray(data=rng.random(495).tolist()))
            joints.publish(JointState(name=[f"rh_{n}" for n in HAND.joint_names], position=[0.1] * 11))
            wrist.publish(TransformStamped(child_frame_id="tool0"))

    player = threading.Thread(target=play, daemon=True)
    player.start()
    yield
    over.set()
    player.join()
    node.destroy_node()
    rclpy.try_shutdown(context=context)


def test_a_first_adapter_is_written_and_one_that_is_there_is_left_alone(robot, tmp_path, capsys):
    file, figures = tmp_path / "my_robot.yaml", tmp_path / "listened.json"
    command = ["doctor", "--listen", "--seconds", "6", "--write", str(file), "--json", str(figures)]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "/skin/raw (std_msgs/msg/Float32MultiArray" in out
    assert f"tacrefine up --mode real --adapter {file}" in out
    adapter = load_adapter(file, HAND)
    assert [entry.topic for entry in adapter.inputs] == ["/skin/raw", "/robot/joints", "/arm/tool_pose"]
    assert json.loads(figures.read_text())["note"] == 3
    before = file.read_text()
    file.write_text(before + "# mine\n")
    assert main([*command[:3], "1", *command[4:]]) in (0, 1)
    assert file.read_text().endswith("# mine\n")
