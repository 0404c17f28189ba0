"""What the taxels read while nothing touches them: learned while the open hand rests, told, and taken off if wanted.

Zeros of real skins drift with temperature and age. Contact is local and drift is not, so a pad's drift is the mean over
its taxels without the highest and lowest fifth of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TouchError
from tacrefine.hands import Hand

LEAST, MOST = 8, 50
"""readings of a stretch from which a zero is learned, and after which it is learned again"""
LEAST_S = 0.2
TRIMMED = 0.2
"""share of a pad's taxels left out at either end"""
FLOOR = 0.005
"""share of full scale: less drift is not worth correcting, a count of eight bits is 0.004"""


class ZeroLevel:
    """Feed it every reading. `limit` is how far the zero of a pad may drift, as a share of its full scale."""

    def __init__(self, hand: Hand, limit: float) -> None:
        self._hand, self._limit = hand, limit
        self._stretch: list[NDArray[np.float32]] = []
        self._since = 0.0
        self._is_learned = False
        self._offset: NDArray[np.float32] | None = None
        self.drift: dict[str, float] = {}
        """of each pad, as a share of full scale, as learned last; empty while the open hand has not rested yet"""
        self.farthest: tuple[str, float] = ("", 0.0)
        """pad and drift, of all that were learned"""

    @property
    def largest(self) -> tuple[str, float]:
        """Pad and drift that is the farthest from zero now; ('', 0) while none is known."""
        return max(self.drift.items(), key=lambda entry: abs(entry[1]), default=("", 0.0))

    def observe(self, stamp: float, readings: NDArray[np.float32], is_idle: bool) -> None:
        """Take readings ``(T,)`` as they came; `is_idle`: the open hand rests, so nothing should touch it."""
        if not is_idle or (self._stretch and stamp < self._since):
            self._stretch.clear()
        if not is_idle:
            return
        if not self._stretch:
            self._since, self._is_learned = stamp, False
        self._stretch.append(readings)
        is_full = len(self._stretch) >= MOST
        if is_full or (
            not self._is_learned and len(self._stretch) >= LEAST and stamp - self._since >= LEAST_S
        ):
            self._learn()
            self._is_learned = True
        if is_full:
            self._stretch.clear()

    def corrected(self, readings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Readings ``(T,)`` without what the pads read untouched, where that is worth it.

        Raises TouchError where the zero of a pad lies farther off than allowed.
        """
        pad, drift = self.largest
        if abs(drift) > self._limit:
            raise TouchError(drift_sentence(pad, drift, self._limit))
        return readings if self._offset is None else readings - self._offset

    def _learn(self) -> None:
        level = np.median(np.stack(self._stretch), axis=0)
        offset = np.zeros_like(level, np.float32)
        for pad, part in zip(self._hand.pads, self._hand.pad_slices, strict=True):
            drift = _trimmed_mean(level[part])
            self.drift[pad.name] = drift
            if abs(drift) > abs(self.farthest[1]):
                self.farthest = (pad.name, drift)
            if abs(drift) >= FLOOR:
                # A taxel that lies far off is touched or stuck; the others say where its zero is.
                near = np.abs(level[part] - drift) <= self._limit
                offset[part] = np.where(near, level[part], drift)
        self._offset = offset if offset.any() else None


def drift_sentence(pad: str, drift: float, limit: float) -> str:
    """What is wrong where a pad's zero has drifted too far."""
    return (
        f"the zero of pad '{pad}' has drifted by {drift:.1%} of full scale; allowed are {limit:.1%} (drift_limit), "
        "tare the sensor"
    )


def _trimmed_mean(level: NDArray[np.floating]) -> float:
    living = np.sort(level[np.isfinite(level)])
    cut = int(TRIMMED * len(living))
    middle = living[cut : len(living) - cut]
    return float(middle.mean()) if len(middle) else 0.0
