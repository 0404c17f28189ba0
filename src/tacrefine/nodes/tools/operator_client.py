"""What an operator asks of the stack: tare, captures, goals, and the emergency stop. It listens to no sensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from action_msgs.srv import CancelGoal
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from tacrefine.action import RefineGrasp
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.nodes.tools.blocking_client import BlockingClient, ClientError, GoalRun
from tacrefine.srv import CaptureTarget
from tacrefine.supervision.errors import REFINE


class OperatorClient(BlockingClient):
    """Use as a context manager. `namespace` is that of the stack."""

    action_name = REFINE

    def __init__(
        self, namespace: str = "", use_sim_time: bool = False, name: str = "tacrefine_operator"
    ) -> None:
        super().__init__(namespace, use_sim_time, name, RefineGrasp)

    def connect(self) -> None:
        """Clients of the services that a person calls."""
        self._capture = self.node.create_client(CaptureTarget, "capture_target")
        self._tare = self.node.create_client(Trigger, "tare")

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


class ConsoleClient(OperatorClient):
    """The same with an emergency stop, and with answers as sentences for a person, for the buttons of the console."""

    def __init__(self, namespace: str = "", name: str = "tacrefine_view_control") -> None:
        super().__init__(namespace, False, name)

    def connect(self) -> None:
        """Everything that a button needs."""
        super().connect()
        self._estop = self.node.create_publisher(Bool, "estop", RELIABLE)
        self._reset = self.node.create_client(Trigger, "estop_reset")
        self._cancel = self.node.create_client(CancelGoal, f"{REFINE}/_action/cancel_goal")

    @property
    def has_strategies(self) -> bool:
        """Whether a goal may name a strategy."""
        return "strategy" in RefineGrasp.Goal.get_fields_and_field_types()

    def take_zero(self) -> str:
        """Tare; what came of it."""
        self._ready(self._tare, "tare", "a driver or a simulated hand")
        self.tare()
        return "the pads' present readings are their zero now"

    def show(self, name: str, obj: str, overwrite: bool) -> str:
        """Capture a target; what came of it, ClientError where it was refused."""
        self._ready(self._capture, "capture_target", "the refine server")
        answer = self.capture(name, obj, overwrite)
        if not answer.success:
            raise ClientError(answer.message)
        return str(answer.message)

    def refine(self, target: str, on_end: Callable[[str], None], **goal: Any) -> str:
        """Send a goal; `on_end` gets the server's sentence about its end. Returns that it was accepted."""
        self.wait_action(5.0)
        run = self.send(target, **goal)
        run.when_done(
            lambda result: on_end(f"{result.message} (code {result.error_code}, {result.safe_state})")
        )
        return f"the goal '{target}' is accepted"

    def cancel_goals(self) -> str:
        """Cancel every goal of refine_grasp, whoever sent it; what came of it."""
        self._ready(self._cancel, REFINE, "the refine server")
        answer = self.answer(self._cancel.call_async(CancelGoal.Request()), 10.0, "the cancel request")
        count = len(answer.goals_canceling)
        return f"{count} goal{'' if count == 1 else 's'} canceled" if count else "no goal runs"

    def stop(self) -> str:
        """Press the emergency stop; who hears it."""
        self._estop.publish(Bool(data=True))
        hearing = self._estop.get_subscription_count()
        if not hearing:
            raise ClientError("estop: no node listens to the emergency stop")
        return "the emergency stop is pressed"

    def release(self) -> str:
        """Release the emergency stop and reset its latch; what the server says."""
        self._estop.publish(Bool(data=False))
        self._ready(self._reset, "estop_reset", "the refine server")
        answer = self.answer(self._reset.call_async(Trigger.Request()), 10.0, "estop_reset")
        if not answer.success:
            raise ClientError(answer.message)
        return str(answer.message)

    def _ready(self, client: Any, name: str, server: str) -> None:
        self.wait_for(client.service_is_ready, 3.0, f"{name}: {server} must run and be active")
