"""Notices that whoever sent a goal is gone, so that nothing goes on moving for nobody.

A client that publishes its goal's id on the action's `heartbeat` is held to it: silence for `timeout` s ends the goal.
A client that never does so is missed only when it leaves the ROS graph, which for a killed process takes as long as
DDS keeps its lease (20 s).
"""

from __future__ import annotations

LONGEST_TICK_S = 0.1
"""A tick that comes later counts as this long: while this process was held up, heartbeats were waiting to be read."""
LOOK_S = 0.2
LOOKS = 3
"""at the graph, so far apart and so many in a row, without any client"""


class ClientMonitor:
    """One goal at a time. Times are of the monotonic clock, s; `timeout` 0: heartbeats are not waited for."""

    def __init__(self, timeout: float, action: str = "refine_grasp") -> None:
        self._timeout, self._action = timeout, action
        self.begin(b"", 0.0)

    def begin(self, goal: bytes, now: float) -> None:
        """A goal with this id begins."""
        self._goal, self._last, self._looked = goal, now, now
        self._silent: float | None = None
        self._seen, self._missed = False, 0

    def hear(self, goal: bytes) -> None:
        """A heartbeat for some goal."""
        if goal == self._goal:
            self._silent = 0.0

    def wants_look(self, now: float) -> bool:
        """Whether it is time to count the clients in the graph."""
        return now - self._looked >= LOOK_S

    def look(self, clients: int, now: float) -> None:
        """So many action clients are in the graph."""
        self._looked = now
        self._seen = self._seen or clients > 0
        self._missed = self._missed + 1 if clients == 0 and self._seen else 0

    def lost(self, now: float) -> str:
        """Why the client is taken for gone, as a sentence; empty while it is there. To be called at every tick."""
        passed, self._last = min(max(now - self._last, 0.0), LONGEST_TICK_S), now
        if self._silent is not None and self._timeout > 0.0:
            self._silent += passed
            if self._silent > self._timeout:
                return f"{self._action}/heartbeat: the client's was silent for {self._timeout:g} s (heartbeat_timeout)"
        return f"{self._action}: no client is left in the ROS graph" if self._missed >= LOOKS else ""
