"""A fake robot on the wire and the real nodes in processes of their own, on a ROS domain of this test run's own."""

from __future__ import annotations

import os
import threading
import time
from array import array
from dataclasses import replace

import numpy as np

from tacrefine.supervision.domains import free_domain

os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(free_domain())

from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from trajectory_msgs.msg import JointTrajectory

from tacrefine.bringup.description import NodeSpec
from tacrefine.geometry import from_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import from_pose, pads_to_message, to_pose, to_stamp, to_transform
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.tools.client import StackClient

FAST = {
    "close_duration": 0.15,
    "open_duration": 0.1,
    "settled_window": 0.08,
    "settle_time": 0.03,
    "linear_speed": 0.1,
    "angular_speed": 1.5,
    "prepare_timeout": 2.0,
    "close_timeout": 2.0,
    "settle_timeout": 2.0,
    "sense_timeout": 3.0,
    "open_timeout": 2.0,
    "move_timeout": 3.0,
    "finish_timeout": 2.0,
    "tactile_timeout": 2.0,
    "heartbeat_timeout": 20.0,
    "capture_frames": 5,
}

PATIENT = {
    **dict.fromkeys(("prepare", "close", "settle", "sense", "open", "move", "finish"), 30.0),
    **dict.fromkeys(("sensor", "tactile"), 10.0),
    "heartbeat": 20.0,
}
"""seconds that a refine server waits for whom a busy machine holds up, by the first word of its `..._timeout`"""


def patient(nodes: list[NodeSpec]) -> list[NodeSpec]:
    """The same nodes; the refine server among them waits longer, for tests of something else than its timeouts."""
    waits = {f"{word}_timeout": seconds for word, seconds in PATIENT.items()}
    return [
        replace(node, parameters={**node.parameters, **waits}) if node.executable == "refine_server" else node
        for node in nodes
    ]


class FakeRobot(StackClient):
    """Publishes what a robot and a policy would, from a thread; attributes switch its faults on and off.

    `wrist` is the pose of the wrist, `right` the one at which the grasp is as it was shown.
    """

    def __init__(self) -> None:
        self.hand = load_hand()
        self.wrist = self._wrist_goal = transform((0.4, 0.0, 0.3))
        self.right = self.wrist
        self.actuated = dict(zip(self.hand.actuated_joints, self.hand.open_positions, strict=True))
        self.arm_moves = self.hand_moves = True
        self.answers = True
        self.stamp_shift = 0.0
        self.tactile_stamp_shift = 0.0
        self.tactile_flows = self.wrist_flows = self.joints_flow = True
        self.left_out_joint = ""
        self.spoil_tactile, self.silent_pad = lambda values: values, ""
        self.target_ids: list[str] = []
        self.arm_commands: list = []
        self.hand_commands: list[str] = []
        self._path = None
        self._sequence = 0
        self._noise = np.random.default_rng(0)
        super().__init__(name="fake_robot")
        self._publishers = {
            "tactile": self.node.create_publisher(TactileArray, "tactile", SENSOR),
            "joints": self.node.create_publisher(JointState, "joint_states", SENSOR),
            "wrist": self.node.create_publisher(PoseStamped, "wrist_pose", SENSOR),
            "correction": self.node.create_publisher(PoseCorrection, "correction", RELIABLE),
        }
        self.node.create_subscription(PoseStamped, "arm/target_frame", self._on_arm, RELIABLE)
        self.node.create_subscription(JointTrajectory, "hand/joint_trajectory", self._on_hand, RELIABLE)
        self.node.create_subscription(GraspTarget, "grasp_target", self._on_grasp_target, LATCHED)
        self._alive = True
        self._player = threading.Thread(target=self._play, daemon=True)
        self._player.start()

    def close(self) -> None:
        self._alive = False
        self._player.join(timeout=2.0)
        super().close()

    @property
    def is_open(self) -> bool:
        return np.allclose(list(self.actuated.values()), self.hand.open_positions, atol=0.02)

    @property
    def is_closed(self) -> bool:
        return np.allclose(list(self.actuated.values()), self.hand.closed_positions, atol=0.02)

    def disturb(self, x=(0.003, 0.0, 0.004, 0.0, 0.05, 0.0)) -> None:
        """Move the wrist off the right pose, as if the object had been pushed; pose coordinates m, rad."""
        off = self.hand.wrist_from_centre * from_coordinates(x) * self.hand.centre_from_wrist
        self.right = self.wrist * off

    def _on_arm(self, message) -> None:
        self._wrist_goal = from_pose(message.pose)
        self.arm_commands.append(self._wrist_goal)

    def _on_hand(self, message) -> None:
        end = dict(zip(message.joint_names, message.points[-1].positions, strict=True))
        seconds = message.points[-1].time_from_start.sec + message.points[-1].time_from_start.nanosec * 1e-9
        self._path = (time.time(), dict(self.actuated), end, seconds)
        is_open = np.allclose(list(end.values()), self.hand.open_positions)
        self.hand_commands.append("open" if is_open else "closed")

    def _on_grasp_target(self, message) -> None:
        self.target_ids.append(message.id)

    def _play(self) -> None:
        while self._alive:
            self._move(time.time())
            self._publish(time.time())
            time.sleep(0.01)

    def _move(self, now: float) -> None:
        if self.arm_moves:
            self.wrist = self._wrist_goal
        if self._path and self.hand_moves:
            began, start, end, seconds = self._path
            share = min(1.0, (now - began) / seconds)
            self.actuated = {name: start[name] + share * (end[name] - start[name]) for name in end}

    def touch(self) -> np.ndarray:
        """Readings (T,): every taxel feels the closed hand; no two readings are the same."""
        noise = self._noise.uniform(0.0, 0.01, self.hand.taxel_count)
        return (noise + (0.3 if self.is_closed else 0.0)).astype(np.float32)

    def _publish(self, now: float) -> None:
        stamp = to_stamp(now + self.stamp_shift)
        joints = self.hand.joint_positions_at(np.array([self.actuated[n] for n in self.hand.actuated_joints]))
        state = {
            n: float(v)
            for n, v in zip(self.hand.joint_names, joints, strict=True)
            if n != self.left_out_joint
        }
        message = JointState(name=list(state), position=list(state.values()))
        message.header.stamp = stamp
        if self.joints_flow:
            self._publishers["joints"].publish(message)
        wrist = PoseStamped(pose=to_pose(self.wrist))
        wrist.header.stamp, wrist.header.frame_id = stamp, "base"
        if self.wrist_flows:
            self._publishers["wrist"].publish(wrist)
        self._sequence += 1
        tactile_stamp = to_stamp(now + self.stamp_shift + self.tactile_stamp_shift)
        tactile = TactileArray(sequence=self._sequence, pads=pads_to_message(self.hand, self.touch()))
        for pad in tactile.pads:
            pad.data = array("f", self.spoil_tactile(np.array(pad.data, np.float32)).tobytes())
            if pad.name == self.silent_pad:
                pad.data = array("f", [np.nan] * len(pad.data))
        tactile.header.stamp = tactile_stamp
        if self.tactile_flows:
            self._publishers["tactile"].publish(tactile)
        if self.answers and self.target_ids:
            answer = PoseCorrection(
                target_id=self.target_ids[-1], model_id="truth", tactile_sequence=self._sequence
            )
            answer.header.stamp = tactile_stamp
            answer.increment = to_transform(self.wrist.inv() * self.right)
            answer.observable_axes = [True] * 6
            answer.standard_deviation = np.repeat([1e-4, 1e-3], 3)
            answer.contact_state = 2 if self.is_closed else 0
            self._publishers["correction"].publish(answer)


def server_spec(folder, **parameters) -> NodeSpec:
    return NodeSpec("refine_server", "", {**FAST, "targets_folder": str(folder), **parameters})


def wait_matched(robot, arm: str = "arm/target_frame", hand: str = "hand/joint_trajectory") -> None:
    """Wait until the server hears the robot and the robot hears the server."""
    for name in ("tactile", "wrist_pose", "joint_states", "correction"):
        robot.wait_for(
            lambda name=name: robot.node.count_subscribers(name) >= 1, 60.0, f"a subscriber of {name}"
        )
    for name in (arm, hand, "grasp_target"):
        robot.wait_for(
            lambda name=name: robot.node.count_publishers(name) >= 1, 60.0, f"a publisher of {name}"
        )


def show(robot, name, **options):
    """Capture the present grasp once the hand has rested."""
    from tacrefine.objects import load_objects

    obj = options.pop("obj", next(iter(load_objects())))
    deadline = time.monotonic() + 60.0
    while True:
        answer = robot.capture(name, obj, **options)
        if answer.success or answer.error_code not in (201, 204, 205, 301) or time.monotonic() > deadline:
            return answer
