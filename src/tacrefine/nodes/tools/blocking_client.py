"""What every blocking client has in common: a node of its own that spins in a thread, answers, goals, heartbeats."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import rclpy
from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from unique_identifier_msgs.msg import UUID

from tacrefine.errors import TacrefineError
from tacrefine.nodes.core.qos import RELIABLE, SENSOR

HEARTBEAT_S = 0.1
"""from one heartbeat to the next"""


class ClientError(TacrefineError):
    """The stack did not answer, or answered no."""


class GoalRun:
    """One goal on its way."""

    def __init__(self, client: BlockingClient, handle: Any) -> None:
        self._client, self._handle = client, handle
        client.beat(handle.goal_id)
        self._result = handle.get_result_async()
        self._result.add_done_callback(lambda _: client.fall_silent(handle.goal_id))

    def cancel(self, timeout: float = 5.0) -> bool:
        """Ask for the end; returns whether the server agreed."""
        answer = self._client.answer(self._handle.cancel_goal_async(), timeout, "the cancel request")
        return bool(answer.goals_canceling)

    def result(self, timeout: float = 120.0) -> tuple[int, Any]:
        """Wait for the end: action status (4 succeeded, 5 canceled, 6 aborted) and result.

        Raises ClientError after `timeout` s, or where the server has forgotten the goal.
        """
        what = f"the result of {self._client.action_name}"
        answer = self._client.answer(self._result, timeout, what)
        if answer.status == GoalStatus.STATUS_UNKNOWN:
            raise ClientError(
                f"{self._client.action_name} does not know the goal any more; its result is lost"
            )
        return int(answer.status), answer.result

    def when_done(self, callback: Callable[[Any], None]) -> None:
        """Call back with the result once it has arrived, in the client's thread."""
        self._result.add_done_callback(lambda future: callback(future.result().result))

    @property
    def id(self) -> UUID:
        """The goal's id."""
        return self._handle.goal_id

    @property
    def is_done(self) -> bool:
        """Whether the result has arrived."""
        return bool(self._result.done())


class BlockingClient:
    """Use as a context manager. `namespace` is that of the stack, `action` the kind of its goals."""

    action_name: str

    def __init__(self, namespace: str, use_sim_time: bool, name: str, action: type) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        overrides = [Parameter("use_sim_time", value=use_sim_time)]
        self.node = Node(name, namespace=namespace, context=self._context, parameter_overrides=overrides)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._closing = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self.check: Callable[[], None] = lambda: None
        """runs while waiting; raises if waiting has become pointless"""
        self.diagnostics: dict[str, dict[str, str]] = {}
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, RELIABLE)
        self._action = ActionClient(self.node, action, self.action_name)
        self._heartbeats: Any = None
        self._goals: dict[bytes, UUID] = {}
        self._pulse: threading.Thread | None = None
        self.connect()
        self._thread = threading.Thread(target=self._spin, name="client", daemon=True)
        self._thread.start()

    def connect(self) -> None:
        """For clients to override: subscriptions and services, made before the node spins."""

    def __enter__(self) -> Self:
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

    # ---- goals
    def send_goal(self, request: Any, on_feedback: Callable[[Any], None] | None, timeout: float) -> GoalRun:
        """Send a goal and return once it is accepted."""
        callback = None if on_feedback is None else lambda message: on_feedback(message.feedback)
        asked = self._action.send_goal_async(request, callback)
        handle = self.answer(asked, timeout, f"{self.action_name} to accept a goal")
        if not handle.accepted:
            raise ClientError(f"{self.action_name} rejected the goal")
        return GoalRun(self, handle)

    def beat(self, goal: UUID) -> None:
        """Tell the server that this goal is still wanted, until `fall_silent` or the end of this process."""
        if self._heartbeats is None:
            self._heartbeats = self.node.create_publisher(UUID, f"{self.action_name}/heartbeat", SENSOR)
        self._goals[bytes(goal.uuid)] = goal
        if self._pulse is None:
            self._pulse = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
            self._pulse.start()

    def fall_silent(self, goal: UUID) -> None:
        """The goal has ended."""
        self._goals.pop(bytes(goal.uuid), None)

    def _beat(self) -> None:
        while not self._closing:
            for goal in list(self._goals.values()):
                self._heartbeats.publish(goal)
            time.sleep(HEARTBEAT_S)

    # ---- waiting
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

    def wait_action(self, timeout: float) -> None:
        """Wait until the action's server is matched."""
        self.wait_for(lambda: self._action.server_is_ready(), timeout, f"the action {self.action_name}")

    def answer(self, future: Any, timeout: float, what: str) -> Any:
        """The future's result; ClientError after `timeout` s."""
        self.wait_for(future.done, timeout, what)
        answer = future.result()
        assert answer is not None
        return answer

    def fresh(self, name: str, timeout: float) -> Any:
        """Value of an attribute that a callback sets, once it is another than now."""
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

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.diagnostics[status.name] = {pair.key: pair.value for pair in status.values}
