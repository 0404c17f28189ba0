"""Notices corrections that go back and forth: each undoes the last one, and none is shorter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.supervision.errors import Oscillating

REVERSALS = 2
"""in a row; a single one is how a loop comes to rest"""
OPPOSITE, NO_SHORTER = -0.5, 0.7
"""cosine between two moves below which they oppose each other, and share of the length that the second must have"""
RADIUS_M = 0.05
"""that turns angles into lengths at the fingertips"""


class Oscillation:
    """Fed with every move that is asked for: vectors (6,) m and rad at the grasp centre, in one fixed frame."""

    def __init__(self) -> None:
        self._last: NDArray[np.float64] | None = None
        self._reversals = 0

    def note(self, move: NDArray[np.float64], tolerance_m: float, tolerance_rad: float) -> None:
        """Raises Oscillating for the last of `REVERSALS` moves in a row, all longer than the tolerances."""
        scaled = np.asarray(move, float) * np.repeat([1.0, RADIUS_M], 3)
        long = np.linalg.norm(move[:3]) > tolerance_m or np.linalg.norm(move[3:]) > tolerance_rad
        last, self._last = self._last, scaled
        if last is None or not long:
            self._reversals = 0
            return
        before, length = float(np.linalg.norm(last)), float(np.linalg.norm(scaled))
        opposite = float(scaled @ last) < OPPOSITE * before * length
        self._reversals = self._reversals + 1 if opposite and length >= NO_SHORTER * before else 0
        if self._reversals >= REVERSALS:
            raise Oscillating(
                f"correction: {REVERSALS + 1} moves in a row undo each other ({1e3 * np.linalg.norm(move[:3]):.1f} mm, "
                f"{np.degrees(np.linalg.norm(move[3:])):.1f} deg the last) and bring the grasp no nearer"
            )
