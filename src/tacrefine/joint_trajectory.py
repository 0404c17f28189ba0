"""Follows joint trajectories with limited speed: what a controller does between the points of a trajectory.

The driver of a hand that takes set points only and the simulated robots use the same code.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class JointTrajectoryFollower:
    """Set points (A,) rad that move along straight lines between trajectory points, at most at `speed` rad/s.

    `positions` holds the present set points. Times are seconds of one clock that the caller chooses.
    """

    def __init__(self, positions: NDArray[np.float64], speed: float) -> None:
        self.positions = np.array(positions, float)
        self._speed = speed
        self._times = np.zeros(1)
        self._points = self.positions[None]

    def follow(self, path: Sequence[tuple[NDArray[np.float64], float]], now: float) -> None:
        """Replace the trajectory: points (positions, seconds from now) with increasing times, from where it is now."""
        self._times = np.array([now] + [now + seconds for _, seconds in path])
        self._points = np.stack([self.positions] + [np.asarray(positions, float) for positions, _ in path])

    @property
    def has_arrived(self) -> bool:
        """Whether the set points are at the end of the trajectory."""
        return bool(np.allclose(self.positions, self._points[-1], rtol=0.0, atol=1e-9))

    def advance(self, now: float, seconds: float) -> bool:
        """Take one step of `seconds` towards the trajectory's point at `now`; returns whether a set point moved."""
        if now > self._times[-1]:
            wanted = self._points[-1]
        else:
            wanted = np.array([np.interp(now, self._times, column) for column in self._points.T])
        reach = self._speed * seconds
        step = np.clip(wanted - self.positions, -reach, reach)
        self.positions = self.positions + step
        return bool(step.any())
