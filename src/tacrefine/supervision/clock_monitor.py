"""Notices a clock that cannot be trusted: stamps and timeouts of a goal are worth nothing once it jumped."""

from __future__ import annotations

from tacrefine.supervision.errors import ClockJump

BACK_S, AHEAD_S = 0.05, 0.5
"""a system clock that is slewed stays within these; one that is set does not"""
SIMULATED_AHEAD_S, SIMULATED_FACTOR = 20.0, 100.0
"""simulated time may run so many times as fast as the wall clock, and comes in bursts"""


class ClockMonitor:
    """Compares the clock that stamps messages with the monotonic one, from tick to tick; all times in s."""

    def __init__(self, stand_still: float) -> None:
        self._stand_still = stand_still
        self.restart()

    def restart(self) -> None:
        """A goal begins: what the clock did before does not matter."""
        self._last: tuple[float, float] | None = None
        self._moved = 0.0

    def check(self, now: float, steady: float, is_simulated: bool) -> None:
        """Raise ClockJump for a clock that was set back, jumped ahead or, for `stand_still` s, did not move."""
        if self._last is None:
            self._last, self._moved = (now, steady), steady
            return
        passed, really = now - self._last[0], steady - self._last[1]
        self._last = (now, steady)
        if passed > 0.0:
            self._moved = steady
        ahead = SIMULATED_AHEAD_S + SIMULATED_FACTOR * really if is_simulated else AHEAD_S + really
        what = "simulated time (/clock)" if is_simulated else "the system clock"
        if passed < -BACK_S:
            raise ClockJump(f"clock: {what} was set back by {-passed:.2f} s during the goal")
        if passed > ahead:
            raise ClockJump(f"clock: {what} jumped ahead by {passed - really:.2f} s during the goal")
        if steady - self._moved > self._stand_still:
            raise ClockJump(f"clock: {what} has stood still for {steady - self._moved:.1f} s")
