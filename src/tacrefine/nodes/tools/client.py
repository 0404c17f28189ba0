"""A blocking client of the stack, as a planner or operator would write it; the demo, benchmarks and tests use it.

It has its own rclpy context and spins in a thread, so that its methods simply return answers or raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import ArrayLike, NDArray
from std_srvs.srv import Trigger

from tacrefine.action import RefineGrasp
from tacrefine.geometry import to_coordinates
from tacrefine.msg import PoseCorrection, TactileArray
from tacrefine.nodes.core.convert import from_pose
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.tools.blocking_client import BlockingClient, ClientError, GoalRun
from tacrefine.srv import CaptureTarget, ResetSim
from tacrefine.supervision.errors import REFINE

__all__ = ["ClientError", "GoalRun", "StackClient"]


class StackClient(BlockingClient):
    """Use as a context manager. `namespace` is that of the stack."""

    action_name = REFINE

    def __init__(
        self, namespace: str = "", use_sim_time: bool = False, name: str = "tacrefine_client"
    ) -> None:
        super().__init__(namespace, use_sim_time, name, RefineGrasp)

    def connect(self) -> None:
        """Services and the topics that are waited for."""
        self._reset = self.node.create_client(ResetSim, "sim/reset")
        self._capture = self.node.create_client(CaptureTarget, "capture_target")
        self._tare = self.node.create_client(Trigger, "tare")
        self._truth: PoseStamped | None = None
        self.tactile: TactileArray | None = None
        self.correction: PoseCorrection | None = None
        self.node.create_subscription(PoseStamped, "sim/ground_truth", self._on_truth, SENSOR)
        self.node.create_subscription(TactileArray, "tactile", self._on_tactile, SENSOR)
        self.node.create_subscription(PoseCorrection, "correction", self._on_correction, RELIABLE)

    def wait_ready(self, timeout: float = 90.0, simulation: bool = True) -> None:
        """Wait until servers are matched and sensor data flows."""
        self.wait_action(timeout)
        self.wait_for(lambda: self._capture.service_is_ready(), timeout, "the service capture_target")
        if simulation:
            self.wait_for(lambda: self._reset.service_is_ready(), timeout, "the service sim/reset")
            self.wait_for(lambda: self._truth is not None, timeout, "sim/ground_truth")
        self.wait_for(lambda: self.tactile is not None, timeout, "tactile")

    def reset(
        self,
        coordinates: ArrayLike,
        obj: str = "",
        plant: str = "",
        close: bool = False,
        seed: int = 0,
        timeout: float = 30.0,
    ) -> None:
        """Put the simulated hand at pose coordinates (6,) m, rad; waits until fresh truth has arrived."""
        pose = [float(value) for value in np.asarray(coordinates, float)]
        request = ResetSim.Request(object=obj, plant=plant, pose=pose, close_hand=close, seed=seed)
        answer = self.answer(self._reset.call_async(request), timeout, "sim/reset")
        if not answer.success:
            raise ClientError(answer.message)
        self.fresh_truth()

    def tare(self, timeout: float = 30.0) -> None:
        """Zero the pads; raises ClientError with the sentence of driver or simulation if it refuses."""
        answer = self.answer(self._tare.call_async(Trigger.Request()), timeout, "tare")
        if not answer.success:
            raise ClientError(answer.message)

    def capture(
        self, name: str, obj: str, overwrite: bool = False, timeout: float = 15.0
    ) -> CaptureTarget.Response:
        """Ask for a target; the response says whether it was stored."""
        request = CaptureTarget.Request(name=name, object=obj, overwrite=overwrite)
        return self.answer(self._capture.call_async(request), timeout, "capture_target")

    def send(
        self,
        target: str,
        on_feedback: Callable[[RefineGrasp.Feedback], None] | None = None,
        timeout: float = 30.0,
        **goal: Any,
    ) -> GoalRun:
        """Send a goal (`max_steps`, `position_tolerance`, `rotation_tolerance` optional) and return once accepted."""
        return self.send_goal(RefineGrasp.Goal(target=target, **goal), on_feedback, timeout)

    @property
    def truth(self) -> NDArray[np.float64] | None:
        """Newest true pose coordinates (6,) m, rad."""
        message = self._truth
        return None if message is None else to_coordinates(from_pose(message.pose))

    def fresh_truth(self, timeout: float = 30.0) -> NDArray[np.float64]:
        """Pose coordinates (6,) m, rad from a message that arrives after this call."""
        self.fresh("_truth", timeout)
        truth = self.truth
        assert truth is not None
        return truth

    def fresh_tactile(self, timeout: float = 30.0) -> TactileArray:
        """A tactile message that arrives after this call."""
        return self.fresh("tactile", timeout)

    def _on_truth(self, message: PoseStamped) -> None:
        self._truth = message  # converted only when somebody asks: it comes a hundred times a second

    def _on_tactile(self, message: TactileArray) -> None:
        self.tactile = message

    def _on_correction(self, message: PoseCorrection) -> None:
        self.correction = message
