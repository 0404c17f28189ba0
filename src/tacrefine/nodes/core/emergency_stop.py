"""The emergency stop on the wire: the topic `estop` latches, the service `estop_reset` unlatches after its release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.supervision.emergency_stop import EStop

if TYPE_CHECKING:
    from tacrefine.nodes.core.arm_node import ArmNode


class EmergencyInput:
    """Hears the button and answers resets."""

    def __init__(self, server: ArmNode, estop: EStop) -> None:
        self._server, self._estop = server, estop
        # A reader that asks for reliability hears no best-effort writer, and one that does not may lose messages.
        for qos in (RELIABLE, SENSOR):
            server.listen_to(Bool, "estop", self._on_message, qos)
        server.serve(Trigger, f"{server.prefix}estop_reset", self._on_reset)

    def _on_message(self, message: Bool) -> None:
        was = self._estop.is_latched
        self._estop.observe(bool(message.data), self._server.clock.steady())
        if self._estop.is_latched and not was:
            self._server.complain(self._estop.reason)
            self._server.tick()  # at once, not at the next tick

    def _on_reset(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        refusal = self._estop.reset(self._server.clock.steady())
        response.success, response.message = not refusal, refusal or "the emergency stop is reset"
        return response
