"""Serves goals of one action with a machine: one at a time, the newest of several waiting ones wins.

Everything runs on one single-threaded executor; goals are coroutines that wait for futures. A new goal preempts the
one that runs, cancel works in every phase and also between acceptance and execution, and a node that is not active
refuses. So does one that runs twice, or whose sensors have several sources; and a goal whose client is gone ends. What
the goal means, and what its result says, is the subclass's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.task import Future
from unique_identifier_msgs.msg import UUID

from tacrefine.nodes.core.arm_node import ArmNode
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.supervision import errors
from tacrefine.supervision.client_monitor import ClientMonitor


class GoalServer(ArmNode):
    """See the module. An outcome has `code`, `message` and `safe_state`."""

    action: ClassVar[Any]
    action_name: ClassVar[str]
    alone: ClassVar[tuple[str, ...]] = ()
    """topics that one node alone may publish"""

    # ---- for nodes to override
    def understand(self, request: Any) -> Any:
        """What a request asks for; raises GoalError in one sentence."""
        raise NotImplementedError

    def begin(self, asked: Any) -> None:
        """Start the machine with what was understood."""
        raise NotImplementedError

    def refuse(self, error: errors.GoalError) -> Any:
        """The outcome of a goal that never began."""
        raise NotImplementedError

    def result(self, outcome: Any, asked: Any) -> Any:
        """The action's result; `asked` is None for a goal that was refused."""
        raise NotImplementedError

    def title(self, request: Any) -> str:
        """The goal in the log."""
        return self.action_name

    # ---- goals
    def setup(self) -> None:
        """The action around the machine."""
        super().setup()
        self.running: ServerGoalHandle | None = None
        self._ended: Future | None = None
        self._newest_goal: ServerGoalHandle | None = None
        actions = ActionServer(
            self,
            self.action,
            self.action_name,
            self._execute,
            cancel_callback=lambda _goal: CancelResponse.ACCEPT,
        )
        self.add_cleanup(actions.destroy)
        self._client = ClientMonitor(self.parameters.heartbeat_timeout, self.action_name)
        self.listen_to(UUID, f"{self.action_name}/heartbeat", self._on_heartbeat, SENSOR)
        self.duplicates.on_duplicate = lambda sentence: self.machine.stop(errors.Ambiguous(sentence))

    async def _execute(self, handle: ServerGoalHandle) -> Any:
        self._newest_goal = handle
        self.machine.stop(errors.Preempted("another goal took over"))
        while self._ended is not None:
            await self._ended
        try:
            if self._newest_goal is not handle:
                raise errors.Preempted("another goal took over before this one began")
            if handle.is_cancel_requested:
                raise errors.Canceled("canceled before it began")
            if not self.is_active:
                raise errors.Preempted("the node is not active")
            self._check_alone()
            asked = self.understand(handle.request)
        except errors.GoalError as error:
            return self._finish(handle, self.refuse(error), None)
        self.running, self._ended = handle, Future(executor=self.executor)
        self._client.begin(bytes(handle.goal_id.uuid), self.clock.steady())
        self.begin(asked)
        return self._finish(handle, await self._ended, asked)

    def ended(self, outcome: Any) -> None:
        """Wake the goal's coroutine; from here on the next goal may start."""
        ended, self.running, self._ended = self._ended, None, None
        if ended is not None:
            ended.set_result(outcome)

    def tick(self) -> None:
        """Let the goal go on while somebody wants it."""
        if self.is_running:
            now = self.clock.steady()
            if self._client.is_count_due(now):
                self._client.observe_count(
                    self.count_subscribers(f"{self.action_name}/_action/feedback"), now
                )
            lost = self._client.lost(now)
            if lost:
                self.machine.stop(errors.ClientLost(lost))
        super().tick()

    def _on_heartbeat(self, message: UUID) -> None:
        if self.is_running:
            self._client.observe_heartbeat(bytes(message.uuid))

    def _check_alone(self) -> None:
        status = f"{self.action_name}/_action/status"
        doubled = self.duplicates.duplicate() or self.duplicates.second_publisher(*self.alone, status)
        if doubled:
            raise errors.Ambiguous(doubled)

    def _finish(self, handle: ServerGoalHandle, outcome: Any, asked: Any) -> Any:
        if outcome.code == errors.SUCCESS:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        text = f"{self.title(handle.request)}: {outcome.message} (code {outcome.code}, {outcome.safe_state})"
        if outcome.code in (errors.SUCCESS, errors.Canceled.code, errors.Preempted.code):
            self.get_logger().info(text)
        else:  # rclpy wants one severity per line of code
            self.get_logger().warning(text)
        return self.result(outcome, asked)

    def is_cancelled(self) -> bool:
        """Whether the client wants the running goal to end."""
        return self.running is not None and bool(self.running.is_cancel_requested)

    @property
    def is_running(self) -> bool:
        """Whether a goal runs."""
        return self.running is not None
