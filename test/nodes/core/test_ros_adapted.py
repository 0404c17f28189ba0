"""A robot that speaks other topics: the server refines its grasps, and its recording is read, with the same file."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml
from fake_robot import FAST, FakeRobot, server_spec, show
from geometry_msgs.msg import TransformStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Float32MultiArray
from tacrefine.msg import PoseCorrection

from tacrefine.bags.dataset import read_bags
from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.core.convert import to_pose, to_stamp, to_transform
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.objects import load_objects
from tacrefine.touch import SourceSettings

pytestmark = [pytest.mark.ros, pytest.mark.slow]
tf2 = pytest.importorskip("tf2_msgs.msg")
ADAPTER = {
    "touch": [
        {
            "topic": "/skin/raw",
            "type": "std_msgs/msg/Float32MultiArray",
            "stamp": "received",
            "unit": "counts",
            "full_scale": 1000.0,
            "field": "data",
        }
    ],
    "joints": [{"topic": "/robot/joints", "prefix": "rh_"}],
    "wrist": {"tf": {"base": "base", "tip": "hand_wrist"}},
}


class OtherRobot(FakeRobot):
    """Publishes the same as a plain array, joints with a prefix, and TF."""

    _foreign: dict | None = None

    def _publish(self, now: float) -> None:
        if self._foreign is None:
            self._foreign = {
                "touch": self.node.create_publisher(Float32MultiArray, "/skin/raw", SENSOR),
                "joints": self.node.create_publisher(JointState, "/robot/joints", RELIABLE),
                "tf": self.node.create_publisher(tf2.TFMessage, "/tf", RELIABLE),
            }
        stamp = to_stamp(now)
        positions = self.hand.joint_positions_at(
            np.array([self.actuated[name] for name in self.hand.actuated_joints])
        )
        joints = JointState(
            name=[f"rh_{name}" for name in self.hand.joint_names], position=list(map(float, positions))
        )
        joints.header.stamp = stamp
        self._foreign["joints"].publish(joints)
        entry = TransformStamped(child_frame_id="hand_wrist", transform=to_transform(self.wrist))
        entry.header.frame_id, entry.header.stamp = "base", stamp
        self._foreign["tf"].publish(tf2.TFMessage(transforms=[entry]))
        self._foreign["touch"].publish(Float32MultiArray(data=(1000.0 * self.touch()).tolist()))
        self._answer(stamp)

    def _answer(self, stamp) -> None:
        if not (self.answers and self.target_ids):
            return
        answer = PoseCorrection(target_id=self.target_ids[-1], model_id="truth")
        answer.header.stamp = stamp
        answer.increment = to_transform(self.wrist.inv() * self.right)
        answer.observable_axes = [True] * 6
        answer.standard_deviation = np.repeat([1e-4, 1e-3], 3)
        answer.contact_state = 2 if self.is_closed else 0
        self._publishers["correction"].publish(answer)


def test_a_robot_of_other_topics_is_refined_and_its_recording_is_read_with_one_file(tmp_path):
    file = tmp_path / "my_robot.yaml"
    file.write_text(yaml.safe_dump(ADAPTER))
    recorder = NodeSpec(
        "recorder",
        "",
        {
            "adapter": str(file),
            "bag": str(tmp_path / "bag"),
            "object": "plate_6",
            "object_fixed": True,
            "settled": json.dumps({name: FAST[name] for name in ("settled_window", "settle_time")}),
        },
    )
    # Grasps as long as the reader wants them, and patience with a busy machine.
    patient = {
        "sensor_timeout": 10.0,
        "stamp_tolerance": 5.0,
        "frames_per_grasp": 15,
        "capture_frames": 15,
        "sense_timeout": 20.0,
        "capture_timeout": 20.0,
        "close_timeout": 10.0,
        "settle_timeout": 10.0,
    }
    nodes = [server_spec(tmp_path / "targets", adapter=str(file), **patient), recorder]
    with NodeProcesses(nodes) as processes, OtherRobot() as robot:
        robot.processes, robot.check = processes, processes.check
        robot.wait_action(90.0)
        for topic in ("/skin/raw", "/robot/joints", "/tf"):
            robot.wait_for(
                lambda topic=topic: robot.node.count_subscribers(topic) >= 2,
                60.0,
                f"both listeners of {topic}",
            )
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        answer = show(robot, "shown", obj="plate_6")
        assert answer.success, answer.message
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.open_positions, strict=True))
        robot.disturb()
        _, result = robot.send("shown").result()
        assert result.error_code == 0, result.message
        assert result.final_wrist_pose.header.frame_id == "base"
        assert to_pose(robot.wrist).position.x == pytest.approx(to_pose(robot.right).position.x, abs=1e-3)
    recorded = read_bags([tmp_path / "bag"], robot.hand, load_objects(), source=SourceSettings(), cut="bag")
    assert recorded.grasps >= 2
