"""Serves goals of one action with a machine: one at a time, the newest of several waiting ones wins.

A goal is looked at before anything else happens: one that makes no sense, that comes while the node is not active, or
while nodes are duplicated, ends at once with its own code and sentence, and the goal that runs goes on. (It is accepted
by the action protocol first: a rejection there carries neither code nor sentence.) Any other goal preempts the one that
runs. Cancel works in every phase and also between acceptance and execution. A goal whose client is gone ends.

Everything runs on one single-threaded executor; goals are coroutines that wait for futures. What a goal means, and
what its result says, is the subclass's.
"""

from __future__ import annotations

import traceback
from typing import ClassVar, Generic, TypeVar

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from unique_identifier_msgs.msg import UUID

from tacrefine.nodes.core.arm_node import ArmNode, OutcomeT
from tacrefine.nodes.core.qos import MANY, SENSOR
from tacrefine.supervision import errors
from tacrefine.supervision.client_monitor import ClientMonitor

RequestT = TypeVar("RequestT")
"""goal message of the action"""
AskedT = TypeVar("AskedT")
"""what a goal asks for, checked and with defaults filled in"""
ResultT = TypeVar("ResultT")
"""result message of the action"""
ANSWERS_AT_ONCE, ANSWER_S = 3, 0.02
"""Clients keep ten answers that they have not read yet: so many come at once, further ones at this distance."""
RESULT_TIMEOUT = 900
"""s of the node's clock that results are kept: a simulation that outruns the wall may pass rclpy's ten in a moment"""
LINGER_S = 0.5
"""that a node stays on the wire after the end of a goal, so that its result reaches the client"""


class GoalServer(ArmNode[OutcomeT], Generic[RequestT, AskedT, OutcomeT, ResultT]):
    """The action `action_name`, whose goals are run by `machine`."""

    live_parameters = (
        "*_timeout",
        "*_tolerance",
        "*_tolerance_*",
        "*_speed",
        "*_duration",
        "arrival_*",
        "settle_time",
    )
    fixed_parameters = ("estop_timeout",)
    action: ClassVar[type]
    action_name: ClassVar[str]
    exclusive_topics: ClassVar[tuple[str, ...]] = ()
    """topics that only one node may publish, see `sole_topics`"""
    running: ServerGoalHandle | None = None
    """the client's goal that runs"""
    _outcome: Future[OutcomeT] | None = None

    # ---- for nodes to override
    def sole_topics(self) -> tuple[str, ...]:
        """Topics that only one node may publish."""
        return self.exclusive_topics

    def understand(self, request: RequestT) -> AskedT:
        """What a request asks for; raises GoalError in one sentence if it makes no sense."""
        raise NotImplementedError

    def begin(self, asked: AskedT) -> None:
        """Start the machine with what was understood."""
        raise NotImplementedError

    def refusal(self, error: errors.GoalError) -> OutcomeT:
        """The outcome of a goal that never began."""
        raise NotImplementedError

    def result(self, outcome: OutcomeT, asked: AskedT | None) -> ResultT:
        """The action's result; `asked` is None for a goal that never began."""
        raise NotImplementedError

    def title(self, request: RequestT) -> str:
        """The goal in the log."""
        return self.action_name

    # ---- lifecycle
    def setup(self) -> None:
        """The action around the machine."""
        super().setup()
        self._outcome = None
        self._newest: ServerGoalHandle | None = None
        self._change: Future[None] = Future()
        self._answer_time = 0.0
        actions = ActionServer(
            self,
            self.action,
            self.action_name,
            self._execute,
            callback_group=ReentrantCallbackGroup(),  # an answer that waits holds up nothing else
            goal_callback=self._on_goal,
            cancel_callback=self._on_cancel,
            goal_service_qos_profile=MANY,
            result_service_qos_profile=MANY,
            cancel_service_qos_profile=MANY,
            result_timeout=RESULT_TIMEOUT,
        )
        self.add_cleanup(actions.destroy)
        self.parameters_changed()
        self.listen_to(UUID, f"{self.action_name}/heartbeat", self._on_heartbeat, SENSOR)
        self.sensors.rest()
        self.duplicates.on_duplicate = lambda sentence: self.machine.stop(errors.Ambiguous(sentence))

    def stop(self) -> None:
        """End a running goal at once, and stay until its result is on its way."""
        was_running = self.is_running
        super().stop()
        if was_running:
            self.linger(LINGER_S)

    def parameters_changed(self) -> None:
        """The client's timeout counts from the next goal on."""
        super().parameters_changed()
        self._client = ClientMonitor(self.parameters.heartbeat_timeout, self.action_name)

    # ---- goals
    async def _execute(self, handle: ServerGoalHandle) -> ResultT:
        try:
            self._check_ready()
            asked = self.understand(handle.request)
            self.sensors.wake()
            try:
                outcome = await self._run(handle, asked)
            finally:
                self.sensors.sleep()
        except errors.GoalError as error:
            return self._finish(handle, self.refusal(error), None)
        except Exception as error:  # rclpy would answer with an empty result, whose code is that of a success
            self.get_logger().error(traceback.format_exc())
            refused = errors.Internal(f"{type(error).__name__}: {error}")
            return self._finish(handle, self.refusal(refused), None)
        return self._finish(handle, outcome, asked)

    async def _run(self, handle: ServerGoalHandle, asked: AskedT) -> OutcomeT:
        self._newest = handle
        self._notify()
        self.machine.stop(errors.Preempted("another goal took over"))
        await self._wait_for_turn(handle)
        self._client.begin(bytes(handle.goal_id.uuid), self.clock.steady())
        return await self._run_machine(asked, handle)

    async def _run_machine(self, asked: AskedT, handle: ServerGoalHandle | None) -> OutcomeT:
        """Have the machine run to its end; what keeps it from beginning is raised, and leaves the server free."""
        future: Future[OutcomeT] = Future(executor=self.executor)
        self.running, self._outcome = handle, future
        try:
            self.begin(asked)
        except Exception:
            self.running = self._outcome = None
            self._notify()
            raise
        outcome = await future
        assert outcome is not None
        return outcome

    async def run_for_service(self, request: RequestT) -> tuple[AskedT, OutcomeT]:
        """Run a goal that a service asks for, without a client of the action; raises GoalError if it cannot begin."""
        self._check_ready()
        if self.is_running:
            raise errors.Busy("a goal is running; ask before or after it")
        asked = self.understand(request)
        self.sensors.wake()
        try:
            return asked, await self._run_machine(asked, None)
        finally:
            self.sensors.sleep()

    async def _wait_for_turn(self, handle: ServerGoalHandle) -> None:
        """Wait until no goal runs; raises GoalError if this one is no longer wanted or possible by then."""
        while True:
            canceled = bool(handle.is_cancel_requested)
            if self._newest is not handle:
                raise errors.Preempted("another goal took over before this one began")
            if canceled:
                raise errors.Canceled("canceled before it began")
            if self._outcome is None:
                return self._check_ready()
            await self._change

    def _notify(self) -> None:
        """Let waiting goals look again."""
        change, self._change = self._change, Future(executor=self.executor)
        change.set_result(None)

    async def _on_goal(self, _request: RequestT) -> GoalResponse:
        """Accept; of many goals at once not faster than a client that is still sending can take the answers."""
        now = self.clock.steady()
        self._answer_time = max(now - ANSWERS_AT_ONCE * ANSWER_S, self._answer_time) + ANSWER_S
        due = self._answer_time
        if due > now:
            await self.wait_until(lambda: self.clock.steady() >= due, due - now + 1.0)
        return GoalResponse.ACCEPT

    def _on_cancel(self, _handle: ServerGoalHandle) -> CancelResponse:
        self._notify()
        return CancelResponse.ACCEPT

    def ended(self, outcome: OutcomeT) -> None:
        """Wake the goal's coroutine; from here on the next goal may start."""
        future, self.running, self._outcome = self._outcome, None, None
        if future is not None:
            future.set_result(outcome)
        self._notify()

    def tick(self) -> None:
        """Let the goal go on while somebody wants it and nothing on the graph speaks against it."""
        if self.running is not None:
            now = self.clock.steady()
            if self._client.is_count_due(now):
                self._look_at_graph(now)
            lost = self._client.lost(now)
            if lost:
                self.machine.stop(errors.ClientLost(lost))
        super().tick()

    def _look_at_graph(self, now: float) -> None:
        self._client.observe_count(self.count_subscribers(f"{self.action_name}/_action/feedback"), now)
        second = self._second_publisher()
        if second:
            self.machine.stop(errors.Ambiguous(second))

    def _on_heartbeat(self, message: UUID) -> None:
        if self.running is not None:
            self._client.observe_heartbeat(bytes(message.uuid))

    def _check_ready(self) -> None:
        if not self.is_active:
            name, state = self.get_fully_qualified_name(), self.state_label
            raise errors.NotActive(
                f"{name} is {state}; a goal needs it active: ros2 lifecycle set {name} activate"
            )
        duplicate = self.duplicates.duplicate() or self._second_publisher()
        if duplicate:
            raise errors.Ambiguous(duplicate)

    def _second_publisher(self) -> str:
        status = f"{self.action_name}/_action/status"
        return self.duplicates.second_publisher(*self.sole_topics(), status)

    def _finish(self, handle: ServerGoalHandle, outcome: OutcomeT, asked: AskedT | None) -> ResultT:
        self.linger(LINGER_S)
        if outcome.code == errors.SUCCESS:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        text = f"{self.title(handle.request)}: {outcome.message} (code {outcome.code}, {outcome.safe_state})"
        if asked is None:  # a client may ask for the impossible again and again
            text = self.health.log_line(text, f"goal that ends with {outcome.code}")
        if not text:
            pass
        elif outcome.code in (errors.SUCCESS, errors.Canceled.code, errors.Preempted.code):
            self.get_logger().info(text)
        else:  # rclpy wants one severity per line of code
            self.get_logger().warning(text)
        return self.result(outcome, asked)

    def is_cancelled(self) -> bool:
        """Whether the client wants the running goal to end."""
        return self.running is not None and bool(self.running.is_cancel_requested)

    @property
    def is_running(self) -> bool:
        """Whether a goal runs, of a client of the action or of a service."""
        return self._outcome is not None
