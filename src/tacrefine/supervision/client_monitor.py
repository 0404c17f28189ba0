"""Notices that the client of a goal is gone, so that nothing goes on moving for nobody.

A client that publishes its goal's id on the action's `heartbeat` has to go on doing so: without a heartbeat for
`timeout` s the goal ends. A client that never sends one is missed only when it leaves the ROS graph, which for a killed
process takes as long as DDS keeps its lease (20 s).
"""

from __future__ import annotations

LONGEST_TICK_S = 0.1
"""A tick that comes later counts as this long: while this process was held up, heartbeats were waiting to be read."""
COUNT_S = 0.2
COUNTS = 3
"""The clients in the graph are counted so far apart; after so many counts of none in a row the client is gone."""


class ClientMonitor:
    """One goal at a time. Times are of the monotonic clock, s; `timeout` 0: heartbeats are not waited for."""

    def __init__(self, timeout: float, action: str = "refine_grasp") -> None:
        self._timeout, self._action = timeout, action
        self.begin(b"", 0.0)

    def begin(self, goal: bytes, now: float) -> None:
        """A goal with this id begins."""
        self._goal, self._last, self._counted = goal, now, now
        self._since_heartbeat: float | None = None
        self._was_there, self._absent = False, 0

    def observe_heartbeat(self, goal: bytes) -> None:
        """Take a heartbeat for some goal."""
        if goal == self._goal:
            self._since_heartbeat = 0.0

    def is_count_due(self, now: float) -> bool:
        """Whether it is time to count the clients in the graph."""
        return now - self._counted >= COUNT_S

    def observe_count(self, clients: int, now: float) -> None:
        """Take the number of action clients in the graph."""
        self._counted = now
        self._was_there = self._was_there or clients > 0
        self._absent = self._absent + 1 if clients == 0 and self._was_there else 0

    def lost(self, now: float) -> str:
        """Why the client is taken for gone, as a sentence; empty while it is there. To be called at every tick."""
        passed, self._last = min(max(now - self._last, 0.0), LONGEST_TICK_S), now
        if self._since_heartbeat is not None and self._timeout > 0.0:
            self._since_heartbeat += passed
            if self._since_heartbeat > self._timeout:
                return f"{self._action}/heartbeat: no message of the client for {self._timeout:g} s (heartbeat_timeout)"
        return f"{self._action}: no client is left in the ROS graph" if self._absent >= COUNTS else ""
