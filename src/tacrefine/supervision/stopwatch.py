"""Measures how long a phase has gone on, on the clock of the stamps and on the monotonic one."""

from __future__ import annotations

from tacrefine.supervision.samples import Clock


class Stopwatch:
    """Counts from the last `restart` on; all times in s."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Begin to count now."""
        self.began, self._began_steady = self._clock.now(), self._clock.steady()

    def passed(self) -> float:
        """Seconds on the clock of the stamps."""
        return self._clock.now() - self.began

    def passed_steady(self) -> float:
        """Seconds on the monotonic clock, which goes on where simulated time stops."""
        return self._clock.steady() - self._began_steady

    def is_late(self, timeout: float) -> bool:
        """Whether `timeout` s have passed on both clocks.

        Where simulated time runs fast, messages still take their time by the wall clock, and lost ones seconds.
        """
        return min(self.passed(), self.passed_steady()) > timeout
