"""What hears a driver node over DDS in the tests."""

from __future__ import annotations

import numpy as np
from fake_robot import FAST  # noqa: F401  (sets this run's ROS domain before rclpy is imported)
from sensor_msgs.msg import Image, JointState
from std_srvs.srv import Trigger
from tacrefine.msg import TactileArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.bringup.description import NodeSpec
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.tools.client import StackClient

WAIT = 60.0


class Listener(StackClient):
    """Keeps what the driver sends."""

    def __init__(self, namespace: str) -> None:
        self.arrays: list[TactileArray] = []
        self.joints: JointState | None = None
        self.shear: TactileArray | None = None
        self.images: list[Image] = []
        super().__init__(namespace=namespace, name="listener")
        node = self.node
        node.create_subscription(TactileArray, "tactile", self.arrays.append, SENSOR)
        node.create_subscription(TactileArray, "tactile_shear", lambda m: setattr(self, "shear", m), SENSOR)
        node.create_subscription(JointState, "joint_states", lambda m: setattr(self, "joints", m), SENSOR)
        node.create_subscription(Image, "image_raw", self.images.append, SENSOR)
        self.hand_commands = node.create_publisher(JointTrajectory, "hand/joint_trajectory", RELIABLE)
        self.clear = node.create_client(Trigger, "clear_errors")

    def told(self, key: str) -> str:
        """A line of the driver's diagnostics."""
        name = f"{self.node.get_namespace().rstrip('/')}/tacrefine_driver"
        return self.diagnostics.get(name, {}).get(key, "")

    def wait_told(self, key: str, text: str) -> None:
        self.wait_for(lambda: text in self.told(key), WAIT, f"'{text}' in {key}")

    def next_array(self, more: int = 2) -> TactileArray:
        """A reading that was begun after this call: the one under way may have begun before."""
        last = len(self.arrays)
        self.wait_for(lambda: len(self.arrays) >= last + more, WAIT, "tactile")
        return self.arrays[-1]

    def since(self, seconds: float) -> list[TactileArray]:
        """Readings whose stamp says that they were begun after a moment of the system clock."""
        return [message for message in self.arrays if to_seconds(message.header.stamp) >= seconds]

    def ask_tare(self):
        """The answer to come of the service `tare`."""
        self.wait_for(self._tare.service_is_ready, WAIT, "tare")
        return self._tare.call_async(Trigger.Request())

    def command(self, seconds: float = 0.05, **positions: float) -> None:
        point = JointTrajectoryPoint(positions=list(positions.values()))
        point.time_from_start.sec, point.time_from_start.nanosec = divmod(round(seconds * 1e9), 10**9)
        self.hand_commands.publish(JointTrajectory(joint_names=list(positions), points=[point]))


def driver(namespace: str, **parameters) -> NodeSpec:
    fast = {"retry_first": 0.05, "retry_longest": 0.2, "timeout": 1.0}
    return NodeSpec("driver", namespace, {**fast, **parameters})


def grids(message: TactileArray) -> dict[str, np.ndarray]:
    return {pad.name: np.array(pad.data).reshape(pad.rows, pad.cols) for pad in message.pads}
