"""Leaves of a py_trees behaviour tree for the actions `refine_grasp` and `regrasp` and two services of the stack.

They use the rclpy node that they are given, which somebody else has to spin, and work in plain py_trees as well as in
py_trees_ros. A tick never blocks. A leaf that is interrupted while it runs cancels its goal. As long as it runs, its
node sends the goal's heartbeat, so that a planner that dies does not leave a goal behind.

What a leaf is not told when it is made it reads from the blackboard: `target` and `strategy`. What came of it it writes
to `result`, the message of the action's result or of the service's response.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from py_trees.behaviour import Behaviour
from py_trees.blackboard import Client as Blackboard
from py_trees.common import Access, Status
from rclpy.action import ActionClient
from rclpy.node import Node
from unique_identifier_msgs.msg import UUID

from tacrefine.action import RefineGrasp, Regrasp
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.tools.blocking_client import HEARTBEAT_S
from tacrefine.refine.samples import HOLDS
from tacrefine.srv import CaptureTarget, EstimateGrasp
from tacrefine.supervision.errors import REFINE

SERVER_TIMEOUT_S = 5.0
"""by the wall clock, until a server that is not there fails the leaf"""


@dataclass(frozen=True)
class Keys:
    """Names of the blackboard keys; other names where one tree holds several grasps."""

    target: str = "target"
    strategy: str = "strategy"
    result: str = "result"


def _same(result: Any) -> Any:
    return result


class _Leaf(Behaviour):
    """Waits for its server, asks, and waits for the answer."""

    def __init__(self, name: str, keys: Keys, reads: tuple[str, ...], convert: Callable[[Any], Any]) -> None:
        super().__init__(name)
        self._keys, self._convert = keys, convert
        self.board = Blackboard(name=name)
        for key in reads:
            self.board.register_key(key, access=Access.READ)
        self.board.register_key(keys.result, access=Access.WRITE)

    # ---- for leaves to override
    def is_server_there(self) -> bool:
        """Whether there is somebody to ask."""
        raise NotImplementedError

    def ask(self) -> None:
        """Send the request."""
        raise NotImplementedError

    def answer(self) -> tuple[Any, bool, str] | None:
        """The answer, whether it is good, and its sentence; None as long as there is none."""
        raise NotImplementedError

    # ---- py_trees
    def initialise(self) -> None:
        """Start the clock of the leaf."""
        self._asked, self._deadline = False, time.monotonic() + SERVER_TIMEOUT_S
        self.feedback_message = ""

    def update(self) -> Status:
        """Ask once the server is there, then look for the answer."""
        if not self._asked:
            if not self.is_server_there():
                if time.monotonic() < self._deadline:
                    return Status.RUNNING
                self.feedback_message = f"{self.name}: no server within {SERVER_TIMEOUT_S:g} s"
                return Status.FAILURE
            try:
                self.ask()
            except KeyError as error:
                self.feedback_message = f"{self.name}: the blackboard lacks {error}"
                return Status.FAILURE
            self._asked = True
        answer = self.answer()
        if answer is None:
            return Status.RUNNING
        message, good, self.feedback_message = answer
        if message is not None:
            self.board.set(self._keys.result, self._convert(message))
        return Status.SUCCESS if good else Status.FAILURE

    def read(self, told: str | None, key: str) -> str:
        """What the leaf was told, else what the blackboard has."""
        return str(self.board.get(key)) if told is None else told


class ActionLeaf(_Leaf):
    """A goal of an action: runs until the result is there, succeeds if its code is one of `good`."""

    def __init__(
        self,
        name: str,
        node: Node,
        action: type,
        action_name: str,
        good: tuple[int, ...] = (0,),
        keys: Keys | None = None,
        reads: tuple[str, ...] = (),
        convert: Callable[[Any], Any] = _same,
    ) -> None:
        super().__init__(name, keys or Keys(), reads, convert)
        self._node, self._good = node, good
        self._client = ActionClient(node, action, action_name)
        self._heartbeat = node.create_publisher(UUID, f"{action_name}/heartbeat", SENSOR)
        self._timer = node.create_timer(HEARTBEAT_S, self._beat)
        self._timer.cancel()
        self._handle: Any = None
        self._result: Any = None
        self.state_name = ""
        """phase of the running goal, by its feedback"""

    def goal(self) -> Any:
        """The goal to send."""
        raise NotImplementedError

    def is_server_there(self) -> bool:
        """Whether the action's server is matched."""
        return bool(self._client.server_is_ready())

    def ask(self) -> None:
        """Send the goal."""
        self._handle = self._result = None
        self._accepted = self._client.send_goal_async(self.goal(), self._on_feedback)

    def answer(self) -> tuple[Any, bool, str] | None:
        """The result, once there is one."""
        if self._handle is None:
            if not self._accepted.done():
                return None
            handle = self._accepted.result()
            if not handle.accepted:
                return None, False, f"{self.name}: the server rejected the goal"
            self._handle, self._result = handle, handle.get_result_async()
            self._timer.reset()
        if not self._result.done():
            return None
        self._timer.cancel()
        result = self._result.result().result
        return result, int(result.error_code) in self._good, str(result.message)

    def terminate(self, new_status: Status) -> None:
        """A leaf that is interrupted cancels its goal."""
        self._timer.cancel()
        if new_status is not Status.INVALID or self.status is not Status.RUNNING or not self._asked:
            return
        if self._handle is not None:
            self._handle.cancel_goal_async()
        else:  # not accepted yet: cancelled as soon as it is
            self._accepted.add_done_callback(_cancel)

    def shutdown(self) -> None:
        """Destroy what the leaf has on the ROS graph."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._heartbeat)
        self._client.destroy()

    def _beat(self) -> None:
        if self._handle is not None:
            self._heartbeat.publish(self._handle.goal_id)

    def _on_feedback(self, message: Any) -> None:
        self.state_name = message.feedback.state_name


def _cancel(accepted: Any) -> None:
    handle = accepted.result()
    if handle.accepted:
        handle.cancel_goal_async()


class RefineGraspLeaf(ActionLeaf):
    """The action `refine_grasp`: succeeds where the hand holds the object in the end (codes 0, 401 and 405).

    `target` and `strategy` come from the blackboard unless they are given; other fields of the goal are `fields`.
    """

    def __init__(
        self,
        name: str,
        node: Node,
        target: str | None = None,
        strategy: str | None = None,
        keys: Keys | None = None,
        good: tuple[int, ...] = HOLDS,
        convert: Callable[[Any], Any] = _same,
        **fields: Any,
    ) -> None:
        keys = keys or Keys()
        asked = ((target, keys.target), (strategy, keys.strategy))
        reads = tuple(key for told, key in asked if told is None)
        super().__init__(name, node, RefineGrasp, REFINE, good, keys, reads, convert)
        self._target, self._strategy, self._fields = target, strategy, fields

    def goal(self) -> RefineGrasp.Goal:
        """Target, strategy and the fields that were given."""
        target = self.read(self._target, self._keys.target)
        strategy = self.read(self._strategy, self._keys.strategy)
        return RefineGrasp.Goal(target=target, strategy=strategy, **self._fields)


class RegraspLeaf(ActionLeaf):
    """The action `regrasp`: succeeds where the object is lifted. `fields` are those of the goal."""

    def __init__(
        self,
        name: str,
        node: Node,
        keys: Keys | None = None,
        convert: Callable[[Any], Any] = _same,
        **fields: Any,
    ) -> None:
        super().__init__(name, node, Regrasp, "regrasp", (0,), keys, (), convert)
        self._fields = fields

    def goal(self) -> Regrasp.Goal:
        """The fields that were given."""
        return Regrasp.Goal(**self._fields)


class ServiceLeaf(_Leaf):
    """One request of a service: runs until the response is there, succeeds if it says so."""

    def __init__(
        self,
        name: str,
        node: Node,
        service: type,
        service_name: str,
        keys: Keys | None = None,
        reads: tuple[str, ...] = (),
        convert: Callable[[Any], Any] = _same,
    ) -> None:
        super().__init__(name, keys or Keys(), reads, convert)
        self._node = node
        self._client = node.create_client(service, service_name)

    def request(self) -> Any:
        """The request to send."""
        raise NotImplementedError

    def is_server_there(self) -> bool:
        """Whether the service's server is matched."""
        return bool(self._client.service_is_ready())

    def ask(self) -> None:
        """Send the request."""
        self._future = self._client.call_async(self.request())

    def answer(self) -> tuple[Any, bool, str] | None:
        """The response, once there is one."""
        if not self._future.done():
            return None
        response = self._future.result()
        return response, bool(response.success), str(response.message)

    def shutdown(self) -> None:
        """Leave the graph."""
        self._node.destroy_client(self._client)


class EstimateGraspLeaf(ServiceLeaf):
    """The service `estimate_grasp`: how the object sits in the closed hand, compared with `target`."""

    def __init__(
        self,
        name: str,
        node: Node,
        target: str | None = None,
        keys: Keys | None = None,
        convert: Callable[[Any], Any] = _same,
    ) -> None:
        keys = keys or Keys()
        reads = () if target is not None else (keys.target,)
        super().__init__(name, node, EstimateGrasp, "estimate_grasp", keys, reads, convert)
        self._target = target

    def request(self) -> EstimateGrasp.Request:
        """Return the request that captures the target."""
        return EstimateGrasp.Request(target=self.read(self._target, self._keys.target))


class CaptureTargetLeaf(ServiceLeaf):
    """The service `capture_target`: stores the grasp that the hand holds now under the name `target`."""

    def __init__(
        self,
        name: str,
        node: Node,
        obj: str,
        target: str | None = None,
        overwrite: bool = False,
        keys: Keys | None = None,
    ) -> None:
        keys = keys or Keys()
        reads = () if target is not None else (keys.target,)
        super().__init__(name, node, CaptureTarget, "capture_target", keys, reads)
        self._object, self._target, self._overwrite = obj, target, overwrite

    def request(self) -> CaptureTarget.Request:
        """Name, object, and whether a target of that name is replaced."""
        target = self.read(self._target, self._keys.target)
        return CaptureTarget.Request(name=target, object=self._object, overwrite=self._overwrite)
