"""Keeps the newest tactile message and tells what is wrong with the stream when corrections fail to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tacrefine.errors import TacrefineError, TouchError
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import from_pads, to_seconds
from tacrefine.supervision.errors import FrozenTactile, GoalError, InvalidTactile, NoTactile, StaleTactile
from tacrefine.supervision.samples import Clock
from tacrefine.touch import Liveness, PadReading, TouchStream


class TouchMonitor:
    """Cheap for every message; the message is looked into only when somebody asks, unless its zero is to be corrected.

    `allow_missing_finger` allows one finger without readings. It is a `tacrefine.supervision.touch_stream.TouchStream`.
    """

    def __init__(
        self,
        stream: TouchStream,
        clock: Clock,
        timeout: float,
        liveness: Liveness,
        allow_missing_finger: bool,
    ) -> None:
        self._stream, self._clock, self.timeout = stream, clock, timeout
        self._liveness, self._allowed = liveness, int(allow_missing_finger)
        self.newest: TactileArray | None = None
        self._pads: Sequence[PadReading] = ()
        self._arrived = -float("inf")
        self.listener: Callable[[TactileArray], None] | None = None
        self.instead: Callable[[], str] = lambda: ""
        """says what is there in the place of touch that does not come"""

    def take(self, message: TactileArray) -> None:
        """Note a message and hand it to the listener, if there is one."""
        self.newest, self._arrived = message, self._clock.steady()
        self._pads = from_pads(message.pads)
        stamp = to_seconds(message.header.stamp)
        self._liveness.observe(stamp, self._pads, message.sequence, self._stream.joints_at(stamp))
        self._stream.learn_zero(stamp, self._pads)
        if self.listener is not None:
            self.listener(message)

    def usable(self) -> list[PadReading]:
        """The newest message as it may be used; raises TouchError if too many fingers are silent."""
        fingers = self._liveness.fingers
        if len(fingers) > self._allowed:
            raise TouchError(self._silence())
        return self._liveness.usable(self._pads)

    @property
    def degraded(self) -> str:
        """Which finger is silent while the goal may go on."""
        return self._silence() if self._liveness.silent else ""

    @property
    def since(self) -> float:
        """Stamp, s, with which the silent fingers last became others."""
        return self._liveness.since

    def is_fresh(self, since: float) -> bool:
        """Whether all that feel something have changed after this stamp, s, and enough fingers live."""
        return len(self._liveness.fingers) <= self._allowed and self._liveness.is_fresh(since)

    def explain(self) -> GoalError | None:
        """What is wrong with the tactile stream, None if nothing is."""
        if self.newest is None or self._clock.steady() - self._arrived > self.timeout:
            instead = self.instead()
            return NoTactile(
                f"tactile: no message for {self.timeout:g} s (tactile_timeout){'; ' if instead else ''}{instead}"
            )
        stamp = to_seconds(self.newest.header.stamp)
        if stamp == 0.0:
            return StaleTactile(
                "tactile: the stamps are zero; they must be the time of reading, see the driver"
            )
        age = self._clock.now() - stamp
        if abs(age) > self.timeout:
            side = "old" if age > 0.0 else "ahead"
            return StaleTactile(
                f"tactile: the newest stamp is {abs(age):.2f} s {side}, allowed are {self.timeout:g} s "
                "(tactile_timeout); stamps must be the time of reading, on the clock of this node"
            )
        try:
            self._stream.check(self._pads)
        except TacrefineError as error:
            return InvalidTactile(f"tactile: {error}")
        if self._liveness.silent:
            return (FrozenTactile if self._liveness.is_frozen else InvalidTactile)(
                f"tactile: {self._silence()}"
            )
        return None

    def _silence(self) -> str:
        fingers = self._liveness.fingers
        names = ", ".join(f"'{name}'" for name in fingers)
        how = "sends always the same readings" if self._liveness.is_frozen else "sends no readings"
        return f"finger {names} {how}" if len(fingers) == 1 else f"fingers {names} are silent or frozen"
