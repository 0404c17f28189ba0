"""What simulated taxels remember: creep under load, zeros that differ from grasp to grasp, blur between neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tacrefine.hands import Hand
from tacrefine.plants import PlantSample
from tacrefine.touch.neighbours import AROUND, neighbours

OPEN_S = 4.0
"""s without load between two grasps: the hand opens, moves, closes"""
HOLD_S = (0.5, 8.0)
"""s from closing to reading: a grasp is read at once, a target when its operator has looked at it"""


class CrossTalk:
    """Spreads part of the force on each taxel evenly over its up to eight neighbours."""

    def __init__(self, hand: Hand, samples: Sequence[PlantSample]) -> None:
        self._share = np.array([[sample.cross_talk] for sample in samples], np.float32)
        self.is_on = bool(self._share.any())
        self._spread = _spread(hand) if self.is_on else None

    def __call__(self, load: NDArray[np.float32]) -> NDArray[np.float32]:
        """Loads ``(N, T)`` with their neighbours' in them."""
        if self._spread is None:
            return load
        around = (self._spread @ load.T).T
        return ((1 - self._share) * load + self._share * around).astype(np.float32)


@lru_cache(maxsize=32)
def _spread(hand: Hand) -> sparse.csr_array:
    """Sparse ``(T, T)``: mean over each taxel's neighbours; what lies over a pad's edge stays with the taxel."""
    rows, columns = [], []
    for pad, part in zip(hand.pads, hand.pad_slices, strict=True):
        table = part.start + neighbours(pad)
        rows.append(np.repeat(np.arange(part.start, part.stop), AROUND))
        columns.append(table.ravel())
    weight = np.full(AROUND * hand.taxel_count, 1.0 / AROUND, np.float32)
    places = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((weight, places), shape=(hand.taxel_count, hand.taxel_count))


class Creep:
    """The part of a reading that follows the load with a time constant (standard linear solid).

    With creep c a load that comes at once is read as (1 - c) of it, and rises to the whole; after it c of it is left
    and fades. Below zero it is the other way round: relaxation.
    """

    def __init__(self, samples: Sequence[PlantSample], rng: np.random.Generator) -> None:
        self._share = np.array([[sample.creep] for sample in samples], np.float32)
        self._seconds = np.array([[sample.creep_time] for sample in samples], np.float32)
        self.is_on = bool(self._share.any())
        self._rng = rng
        self.forget()

    def forget(self) -> None:
        """As if nothing had ever pressed, and the hand had just closed."""
        self._state: NDArray[np.float32] | None = None
        self._wait = self._hold() if self.is_on else 0.0

    def release(self) -> None:
        """The hand opens, and closes again."""
        if self.is_on and self._state is not None:
            self._state *= np.exp(-OPEN_S / self._seconds)
            self._wait = self._hold()

    def _hold(self) -> NDArray[np.float32]:
        low, high = np.log(HOLD_S)
        return np.exp(self._rng.uniform(low, high, self._share.shape)).astype(np.float32)

    def __call__(self, load: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        """Loads ``(N, T)`` as they feel after lasting `seconds` longer."""
        if not self.is_on:
            return load
        if self._state is None or self._state.shape != load.shape:
            self._state = np.zeros_like(load)
        kept = np.exp(-(self._wait + seconds) / self._seconds)
        self._wait = 0.0
        self._state += (1 - kept) * (load - self._state)
        return ((1 - self._share) * load + self._share * self._state).astype(np.float32)


class Zeros:
    """Zeros of all taxels: a new one for each grasp, upon one that drifts from grasp to grasp."""

    def __init__(self, samples: Sequence[PlantSample], taxels: int, rng: np.random.Generator) -> None:
        self._zero = np.array([[sample.zero] for sample in samples], np.float32)
        self._drift = np.array([[sample.drift] for sample in samples], np.float32)
        self.is_on = bool(self._zero.any() or self._drift.any())
        self._shape, self._rng = (len(self._zero), taxels), rng
        self._drifted = np.zeros(self._shape, np.float32)
        self.values = self._drifted + self._noise(self._zero)
        """(N, T) shares of full scale"""

    def renew(self) -> None:
        """The zeros of the next grasp."""
        self._drifted = self._drifted + self._noise(self._drift)
        self.values = self._drifted + self._noise(self._zero)

    def _noise(self, sigma: NDArray[np.float32]) -> NDArray[np.float32]:
        if not sigma.any():
            return np.zeros(self._shape, np.float32)
        return sigma * self._rng.standard_normal(self._shape, dtype=np.float32)
