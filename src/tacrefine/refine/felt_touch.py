"""Readings of the settled grasp, kept to be compared with the target's touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.touch.comparison import MeanTouch, TouchComparison, TouchDifference
from tacrefine.touch.frame import TouchFrame

MOST = 200
"""readings of one grasp; more add nothing"""


class FeltTouch:
    """For one goal. Without a comparison or the target's touch nothing is kept, and nothing is waited for."""

    def __init__(self, compare: TouchComparison | None, shown: MeanTouch | None) -> None:
        self._compare, self._shown = compare, shown
        self._frames: list[TouchFrame] = []
        self._newest = -float("inf")

    @property
    def is_wanted(self) -> bool:
        """Whether a reading would be kept."""
        return self._compare is not None and self._shown is not None and len(self._frames) < MOST

    @property
    def count(self) -> float:
        """Readings of the present grasp; infinite where none are needed."""
        if self._compare is None or self._shown is None:
            return float("inf")
        return len(self._frames)

    def expect(self, newer_than: float) -> None:
        """Forget all: from here on readings count whose stamps, s, are newer."""
        self._frames, self._newest = [], newer_than

    def add(self, stamp: float, frame: TouchFrame) -> None:
        """Keep a reading; each stamp counts once."""
        if stamp > self._newest:
            self._newest = stamp
            self._frames.append(frame)

    def difference(
        self, expected: NDArray[np.floating], observable: NDArray[np.bool_]
    ) -> TouchDifference | None:
        """From the target's touch, with the expected pose error ``(6,)`` m and rad; None if nothing is compared."""
        if self._compare is None or self._shown is None or not self._frames:
            return None
        felt = MeanTouch.of(
            self._compare.hand,
            np.stack([frame.tactile for frame in self._frames]),
            np.stack([frame.joints for frame in self._frames]),
        )
        return self._compare(felt, self._shown, expected, observable)
