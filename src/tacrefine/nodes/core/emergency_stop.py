"""The emergency stop on the wire: the topic `estop` latches, the service `estop_reset` unlatches after its release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from tacrefine.nodes.core.protocols import Interfaces, Reporter
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.supervision.emergency_stop import EStop
from tacrefine.supervision.samples import Clock


class Host(Interfaces, Reporter, Protocol):
    """The node that stops."""


class EmergencyInput:
    """Hears the button and answers resets; `on_press` is called at once when the stop latches."""

    def __init__(
        self, host: Host, estop: EStop, clock: Clock, reset_service: str, on_press: Callable[[], None]
    ) -> None:
        self._host, self._estop, self._clock, self._on_press = host, estop, clock, on_press
        # A reader that asks for reliability hears no best-effort writer, and one that does not may lose messages.
        for qos in (RELIABLE, SENSOR):
            host.listen_to(Bool, "estop", self._on_message, qos)
        host.serve(Trigger, reset_service, self._on_reset)

    def _on_message(self, message: Bool) -> None:
        was = self._estop.is_latched
        self._estop.observe(bool(message.data), self._clock.steady())
        if self._estop.is_latched and not was:
            self._host.report_error(self._estop.reason, "estop")
            self._on_press()

    def _on_reset(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        refusal = self._estop.reset(self._clock.steady())
        response.success, response.message = not refusal, refusal or "the emergency stop is reset"
        return response
