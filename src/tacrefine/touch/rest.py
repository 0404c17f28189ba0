"""Tells from joint positions whether the hand rests: one detector for the live hand and for recordings."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from tacrefine.touch.joints import JUMP_S


class RestDetector:
    """Looks at the positions of the last `window` s; joints that move slower than `speed`, rad/s, rest."""

    def __init__(self, window: float, speed: float) -> None:
        self._window, self._speed = window, speed
        self._samples: deque[tuple[float, NDArray[np.float64]]] = deque()

    @property
    def stamp(self) -> float:
        """Stamp of the newest positions, s, -inf before the first."""
        return self._samples[-1][0] if self._samples else -float("inf")

    @property
    def newest(self) -> NDArray[np.float64] | None:
        """Positions (J,) as they came last, None before the first."""
        return self._samples[-1][1] if self._samples else None

    def observe(self, stamp: float, positions: NDArray[np.float64]) -> None:
        """Take positions (J,) rad with their stamp, s; older ones are passed over, unless the clock was set back."""
        if stamp < self.stamp - JUMP_S:
            self._samples.clear()
        if stamp < self.stamp:
            return
        if stamp == self.stamp:  # of another publisher of the same moment
            self._samples.pop()
        self._samples.append((stamp, positions))
        while len(self._samples) > 2 and self._samples[-1][0] - self._samples[1][0] >= self._window:
            self._samples.popleft()

    def is_at_rest(self) -> bool:
        """Whether the joints stood still over the last window: its halves agree, and nothing swings about them."""
        if not self._samples or self._samples[-1][0] - self._samples[0][0] < 0.9 * self._window:
            return False
        values = np.array([value for _, value in self._samples])
        half = len(values) // 2
        if half < 1:
            return False
        moved = np.abs(values[half:].mean(0) - values[:half].mean(0)).max()
        allowed = self._speed * self._window
        return bool(moved <= allowed / 2 and values.std(0).max() <= allowed)
