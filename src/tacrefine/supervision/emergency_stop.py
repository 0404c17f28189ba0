"""The emergency stop: latches when it is pressed, and only a reset after its release lets anything move again."""

from __future__ import annotations


class EStop:
    """Times are of the monotonic clock, s. `timeout` s without a message count as pressed; 0: none need come."""

    def __init__(self, timeout: float, now: float) -> None:
        self._timeout = timeout
        self._stamp = now
        self._pressed = False
        self._reason = ""

    @property
    def is_latched(self) -> bool:
        """Whether nothing may move."""
        return bool(self._reason)

    @property
    def reason(self) -> str:
        """One sentence on why it is latched, empty while it is not."""
        return self._reason

    def observe(self, pressed: bool, now: float) -> None:
        """One message of the button: True while it is pressed."""
        self._stamp, self._pressed = now, pressed
        if pressed:
            self._reason = "estop: the emergency stop was pressed; release it and call estop_reset"

    def update(self, now: float) -> None:
        """Latch if no message has come for too long."""
        if self._is_overdue(now) and not self._reason:
            self._reason = (
                f"estop: no message for {self._timeout:g} s (estop_timeout), which counts as pressed"
            )

    def reset(self, now: float) -> str:
        """Unlatch; returns why that is refused, or an empty string."""
        if self._pressed:
            return "estop_reset: the emergency stop is still pressed; release it first"
        if self._is_overdue(now):
            return f"estop_reset: no message on estop for {self._timeout:g} s (estop_timeout)"
        self._reason = ""
        return ""

    def _is_overdue(self, now: float) -> bool:
        return self._timeout > 0.0 and now - self._stamp > self._timeout
