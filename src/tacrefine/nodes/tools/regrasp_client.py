"""A blocking client of the action `regrasp` and of the simulated gripper, as a planner would write it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from tacrefine.action import Regrasp
from tacrefine.nodes.core.images import from_image
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.gripper.messages import IMAGES, PREFIX
from tacrefine.nodes.tools.blocking_client import BlockingClient, ClientError, GoalRun
from tacrefine.srv import PlaceObject

COLOURS = ("camera", "left", "right")


class RegraspClient(BlockingClient):
    """Use as a context manager. `namespace` is that of the stack. `images` are the newest by name, RGB uint8."""

    action_name = "regrasp"

    def __init__(self, namespace: str = "", use_sim_time: bool = False, name: str = "regrasp_client") -> None:
        super().__init__(namespace, use_sim_time, name, Regrasp)

    def connect(self) -> None:
        """The simulation's service, the truth and the images."""
        self._place = self.node.create_client(PlaceObject, f"{PREFIX}sim/place")
        self._truth: PoseStamped | None = None
        self._messages: dict[str, Image] = {}
        self.node.create_subscription(PoseStamped, f"{PREFIX}sim/object_pose", self._on_truth, SENSOR)
        for name in COLOURS:
            self.node.create_subscription(Image, IMAGES[name], partial(self._on_image, name), SENSOR)

    def wait_ready(self, timeout: float = 90.0) -> None:
        """Wait until server and simulation are there and images flow."""
        self.wait_action(timeout)
        self.wait_for(self._place.service_is_ready, timeout, f"the service {PREFIX}sim/place")
        self.wait_for(lambda: len(self._messages) == len(COLOURS), timeout, "images of camera and pads")
        self.wait_for(lambda: self._truth is not None, timeout, f"{PREFIX}sim/object_pose")

    def place(self, obj: str = "", seed: int = 0, fault: str = "", timeout: float = 60.0) -> None:
        """Put an object on the simulated table; raises ClientError with the bridge's sentence if it refuses."""
        request = PlaceObject.Request(object=obj, seed=seed, fault=fault)
        answer = self.answer(self._place.call_async(request), timeout, f"{PREFIX}sim/place")
        if not answer.success:
            raise ClientError(answer.message)
        self.fresh("_truth", timeout)

    def send(
        self,
        on_feedback: Callable[[Regrasp.Feedback], None] | None = None,
        timeout: float = 30.0,
        **goal: Any,
    ) -> GoalRun:
        """Send a goal (`objective`, `min_force`, `max_force`, `tries` optional) and return once accepted."""
        return self.send_goal(Regrasp.Goal(**goal), on_feedback, timeout)

    @property
    def images(self) -> dict[str, NDArray[np.uint8]]:
        """Newest images by name: camera, left, right; raises TouchError where one is not whole."""
        return {
            name: from_image(message, (message.height, message.width))
            for name, message in dict(self._messages).items()
        }

    @property
    def height(self) -> float:
        """Height of the object's centre above the table, m, by the simulator's truth."""
        truth = self._truth
        return float("nan") if truth is None else float(truth.pose.position.z)

    def _on_image(self, name: str, message: Image) -> None:
        self._messages[name] = message

    def _on_truth(self, message: PoseStamped) -> None:
        self._truth = message
