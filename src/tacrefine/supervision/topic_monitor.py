"""Whether a topic delivers: usable messages, with stamps that advance and fit this node's clock."""

from __future__ import annotations

from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.motion_settings import MotionSettings
from tacrefine.supervision.samples import Clock


class TopicMonitor:
    """Monitors one topic. A message counts when its stamp is newer than the last one's and near this node's time."""

    def __init__(self, topic: str, error: type[GoalError], settings: MotionSettings, clock: Clock) -> None:
        self._topic, self._error, self._settings, self._clock = topic, error, settings, clock
        self._seen = self.stamp = -float("inf")
        """`stamp`: of the newest message that counted, s"""
        self._reason = ""

    def accept(self, stamp: float) -> bool:
        """Whether a message with this stamp (s) may be used; if not, `fault` tells the reason."""
        skew = stamp - self._clock.now()
        tolerance = self._settings.stamp_tolerance
        if abs(skew) > tolerance:
            side = "ahead of" if skew > 0.0 else "behind"
            return self.refuse(
                f"its stamps are {abs(skew):.2f} s {side} the clock of this node; allowed are {tolerance:g} s "
                "(stamp_tolerance)"
            )
        if self.stamp - tolerance <= stamp <= self.stamp:
            return self.refuse("its stamps do not advance")
        self.stamp, self._seen, self._reason = stamp, self._clock.steady(), ""
        return True

    def refuse(self, reason: str) -> bool:
        """Note why a message could not be used; returns False."""
        self._reason = reason
        return False

    def fault(self) -> GoalError | None:
        """The topic timeout: why nothing usable has come for `sensor_timeout` s; None if something has."""
        limit = self._settings.sensor_timeout
        if self._clock.steady() - self._seen <= limit:
            return None
        reason = f"; {self._reason}" if self._reason else ""
        return self._error(f"{self._topic}: no usable message for {limit:g} s (sensor_timeout){reason}")
