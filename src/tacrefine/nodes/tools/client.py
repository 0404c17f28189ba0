"""A blocking client of the stack, as a planner or operator would write it; the demo, benchmarks and tests use it.

It has its own rclpy context and spins in a thread, so that its methods simply return answers or raise.
"""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Pose, PoseStamped, Transform
from numpy.typing import ArrayLike, NDArray

from tacrefine.geometry import to_coordinates
from tacrefine.msg import ObjectInHand, PoseCorrection, TactileArray
from tacrefine.nodes.core.convert import from_pose, from_transform, to_pose
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.tools.blocking_client import ClientError, GoalRun
from tacrefine.nodes.tools.operator_client import OperatorClient
from tacrefine.refine.held_object import compensated
from tacrefine.srv import EstimateGrasp, ResetSim

__all__ = ["ClientError", "GoalRun", "StackClient", "compensated_pose"]


def compensated_pose(planned: Pose, compensation: Transform) -> Pose:
    """The wrist pose that brings the held object where a planned one would bring an object held as in the target.

    `compensation` is that of a goal's result, of `estimate_grasp` or of `object_in_hand`.
    """
    return to_pose(compensated(from_pose(planned), from_transform(compensation)))


class StackClient(OperatorClient):
    """Use as a context manager. `namespace` is that of the stack."""

    def __init__(
        self, namespace: str = "", use_sim_time: bool = False, name: str = "tacrefine_client"
    ) -> None:
        super().__init__(namespace, use_sim_time, name)

    def connect(self) -> None:
        """Services and the topics that are waited for."""
        super().connect()
        self._reset = self.node.create_client(ResetSim, "sim/reset")
        self._estimate = self.node.create_client(EstimateGrasp, "estimate_grasp")
        self.object_in_hand: ObjectInHand | None = None
        self.node.create_subscription(ObjectInHand, "object_in_hand", self._on_object_in_hand, LATCHED)
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

    def estimate(self, target: str = "", timeout: float = 15.0) -> EstimateGrasp.Response:
        """Ask how the object sits in the closed hand; the response says whether touch could tell."""
        request = EstimateGrasp.Request(target=target)
        return self.answer(self._estimate.call_async(request), timeout, "estimate_grasp")

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

    def _on_object_in_hand(self, message: ObjectInHand) -> None:
        self.object_in_hand = message

    def _on_correction(self, message: PoseCorrection) -> None:
        self.correction = message
