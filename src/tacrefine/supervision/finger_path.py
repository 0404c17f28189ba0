"""Fingers on their way between two postures, for controllers that take positions and not trajectories."""

from __future__ import annotations

from collections.abc import Mapping


class FingerPath:
    """From `start` to `end` (rad by joint) within `seconds`, beginning and ending at rest; times are s of one clock."""

    def __init__(
        self, start: Mapping[str, float], end: Mapping[str, float], seconds: float, began: float
    ) -> None:
        self._start = {name: start.get(name, value) for name, value in end.items()}
        self._end, self._seconds, self._began = dict(end), seconds, began

    def at(self, now: float) -> dict[str, float]:
        """Positions at `now`, rad."""
        share = min(max((now - self._began) / self._seconds, 0.0), 1.0) if self._seconds > 0.0 else 1.0
        eased = share * share * (3.0 - 2.0 * share)
        return {name: a + eased * (self._end[name] - a) for name, a in self._start.items()}

    def is_done(self, now: float) -> bool:
        """Whether the end is reached."""
        return now - self._began >= self._seconds
