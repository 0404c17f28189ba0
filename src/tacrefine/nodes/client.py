"""A blocking client of the stack, as a planner or operator would write it; the demo, benchmarks and tests use it.

It has its own rclpy context and spins in a thread, so that its methods simply return answers or raise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from numpy.typing import ArrayLike, NDArray
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from unique_identifier_msgs.msg import UUID

from tacrefine.action import RefineGrasp
from tacrefine.errors import TacrefineError
from tacrefine.geometry import to_coordinates
from tacrefine.msg import PoseCorrection, TactileArray
from tacrefine.nodes.convert import from_pose
from tacrefine.nodes.qos import RELIABLE, SENSOR
from tacrefine.refine.errors import REFINE
from tacrefine.srv import CaptureTarget, ResetSim, Tare

HEARTBEAT_S = 0.1
"""from one heartbeat to the next"""


class ClientError(TacrefineError):
    """The stack did not answer, or answered no."""


class GoalRun:
    """One goal on its way."""

    def __init__(self, client: StackClient, handle: Any, action: str = REFINE) -> None:
        self._client, self._handle, self._action = client, handle, action
        client.beat(handle.goal_id, action)
        self._result = handle.get_result_async()
        self._result.add_done_callback(lambda _: client.fall_silent(handle.goal_id))

    def cancel(self, timeout: float = 5.0) -> bool:
        """Ask for the end; returns whether the server agreed."""
        answer = self._client.answer(self._handle.cancel_goal_async(), timeout, "the cancel request")
        return bool(answer.goals_canceling)

    def result(self, timeout: float = 120.0) -> tuple[int, Any]:
        """Wait for the end: action status (4 succeeded, 5 canceled, 6 aborted) and result."""
        answer = self._client.answer(self._result, timeout, f"the result of {self._action}")
        return int(answer.status), answer.result

    @property
    def id(self) -> UUID:
        """The goal's id."""
        return self._handle.goal_id

    @property
    def is_done(self) -> bool:
        """Whether the result has arrived."""
        return bool(self._result.done())


class StackClient:
    """Use as a context manager. `namespace` is that of the stack."""

    def __init__(
        self, namespace: str = "", use_sim_time: bool = False, name: str = "tacrefine_client"
    ) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        overrides = [Parameter("use_sim_time", value=use_sim_time)]
        self.node = Node(name, namespace=namespace, context=self._context, parameter_overrides=overrides)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._closing = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self.check: Callable[[], None] = lambda: (
            None
        )  # runs while waiting; raises if waiting has become pointless
        self._reset = self.node.create_client(ResetSim, "sim/reset")
        self._capture = self.node.create_client(CaptureTarget, "capture_target")
        self._tare = self.node.create_client(Tare, "tare")
        self._action = ActionClient(self.node, RefineGrasp, "refine_grasp")
        self._truth: PoseStamped | None = None
        self.tactile: TactileArray | None = None
        self.correction: PoseCorrection | None = None
        self.diagnostics: dict[str, dict[str, str]] = {}
        self.node.create_subscription(PoseStamped, "sim/ground_truth", self._on_truth, SENSOR)
        self.node.create_subscription(TactileArray, "tactile", self._on_tactile, SENSOR)
        self.node.create_subscription(PoseCorrection, "correction", self._on_correction, RELIABLE)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, RELIABLE)
        self._heartbeats: dict[str, Any] = {}
        self._goals: dict[bytes, tuple[str, UUID]] = {}
        self._pulse: threading.Thread | None = None
        self._thread = threading.Thread(target=self._spin, name="client", daemon=True)
        self._thread.start()

    def __enter__(self) -> StackClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop spinning and leave the graph."""
        self._closing = True
        if self._pulse is not None:
            self._pulse.join(timeout=2.0)
        self._executor.wake()
        self._thread.join(timeout=2.0)
        self._executor.shutdown(timeout_sec=1.0)
        self._action.destroy()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def beat(self, goal: UUID, action: str = REFINE) -> None:
        """Tell the server that this goal is still wanted, until `fall_silent` or the end of this process."""
        if action not in self._heartbeats:
            self._heartbeats[action] = self.node.create_publisher(UUID, f"{action}/heartbeat", SENSOR)
        self._goals[bytes(goal.uuid)] = (action, goal)
        if self._pulse is None:
            self._pulse = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
            self._pulse.start()

    def fall_silent(self, goal: UUID) -> None:
        """The goal has ended."""
        self._goals.pop(bytes(goal.uuid), None)

    def _beat(self) -> None:
        while not self._closing:
            for action, goal in list(self._goals.values()):
                self._heartbeats[action].publish(goal)
            time.sleep(HEARTBEAT_S)

    def wait_for(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait until the condition holds, looking whenever something arrives; ClientError after `timeout` s."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                self.check()
                if self._failure is not None:
                    raise ClientError(f"a callback failed: {self._failure!r}") from self._failure
                left = deadline - time.monotonic()
                if left <= 0.0:
                    raise ClientError(f"waited {timeout:g} s for {what}")
                self._changed.wait(min(left, 0.05))

    def wait_ready(self, timeout: float = 90.0, simulation: bool = True) -> None:
        """Wait until servers are matched and sensor data flows."""
        self.wait_for(lambda: self._action.server_is_ready(), timeout, "the action refine_grasp")
        self.wait_for(lambda: self._capture.service_is_ready(), timeout, "the service capture_target")
        if simulation:
            self.wait_for(lambda: self._reset.service_is_ready(), timeout, "the service sim/reset")
            self.wait_for(lambda: self._truth is not None, timeout, "sim/ground_truth")
        self.wait_for(lambda: self.tactile is not None, timeout, "tactile")

    def answer(self, future: Any, timeout: float, what: str) -> Any:
        """The future's result; ClientError after `timeout` s."""
        self.wait_for(future.done, timeout, what)
        answer = future.result()
        assert answer is not None
        return answer

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
        """Zero the pads; raises ClientError with the bridge's sentence if it refuses."""
        answer = self.answer(self._tare.call_async(Tare.Request()), timeout, "tare")
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
        request = RefineGrasp.Goal(target=target, **goal)
        callback = None if on_feedback is None else lambda message: on_feedback(message.feedback)
        handle = self.answer(
            self._action.send_goal_async(request, callback), timeout, "refine_grasp to accept a goal"
        )
        if not handle.accepted:
            raise ClientError("refine_grasp rejected the goal")
        return GoalRun(self, handle)

    @property
    def truth(self) -> NDArray[np.float64] | None:
        """Newest true pose coordinates (6,) m, rad."""
        message = self._truth
        return None if message is None else to_coordinates(from_pose(message.pose))

    def fresh_truth(self, timeout: float = 30.0) -> NDArray[np.float64]:
        """Pose coordinates (6,) m, rad from a message that arrives after this call."""
        self._fresh("_truth", timeout)
        truth = self.truth
        assert truth is not None
        return truth

    def fresh_tactile(self, timeout: float = 30.0) -> TactileArray:
        """A tactile message that arrives after this call."""
        return self._fresh("tactile", timeout)

    def _fresh(self, name: str, timeout: float) -> Any:
        before = getattr(self, name)  # never cleared: the spinning thread reads these attributes too
        self.wait_for(lambda: getattr(self, name) is not before, timeout, f"a message on {name.strip('_')}")
        return getattr(self, name)

    def _spin(self) -> None:
        while not self._closing:
            try:
                self._executor.spin_once(timeout_sec=0.1)
            except ExternalShutdownException:
                return
            except Exception as error:  # whoever waits must hear of it, or it looks like silence on the wire
                self._failure = error
                self._closing = True
            with self._changed:
                self._changed.notify_all()

    def _on_truth(self, message: PoseStamped) -> None:
        self._truth = message  # converted only when somebody asks: it comes a hundred times a second

    def _on_tactile(self, message: TactileArray) -> None:
        self.tactile = message

    def _on_correction(self, message: PoseCorrection) -> None:
        self.correction = message

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.diagnostics[status.name] = {pair.key: pair.value for pair in status.values}
