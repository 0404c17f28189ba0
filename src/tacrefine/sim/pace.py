"""Keeps simulated time in step with the wall clock."""

from __future__ import annotations

import time

MAX_DEBT_S = 0.1  # a simulation that falls farther behind slows down instead of rushing to catch up
BREATH = 0.03  # share of the period that is left to others even when the simulation is late


class Pace:
    """Waits so that simulated time runs `factor` times as fast as the wall clock; 0: never waits."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self.restart()

    def restart(self) -> None:
        """Forget the past, for example after a reset that took long."""
        self._due = time.monotonic()

    def wait(self, simulated_s: float) -> None:
        """Wait until `simulated_s` more simulated seconds are due."""
        if self._factor <= 0.0:
            return
        self._due += simulated_s / self._factor
        now = time.monotonic()
        self._due = max(self._due, now - MAX_DEBT_S)
        time.sleep(max(self._due - now, BREATH * simulated_s / self._factor))
