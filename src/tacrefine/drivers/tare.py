"""Readings that become the zero of the pads: enough of them, while hand and readings are at rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.taxels import Zero
from tacrefine.errors import DeviceError

REST_S = 0.2
"""stretch over which the hand has to stand still"""
MOVED_RAD = 0.01
"""change of a joint over that stretch from which on the hand counts as moving"""


def check_standstill(joints: Sequence[NDArray[np.float64]]) -> None:
    """Raise DeviceError in one sentence if joint positions (J,) rad, oldest first, tell of a moving hand.

    The mean of the last third is compared with that of the first, so that noise of single readings does not count.
    """
    if len(joints) < 2:
        return
    stack = np.stack(joints)
    part = max(1, len(stack) // 3)
    moved = float(np.abs(stack[-part:].mean(0) - stack[:part].mean(0)).max())
    if moved > MOVED_RAD:
        raise DeviceError(
            f"tare: a joint moved by {moved:.3f} rad meanwhile, allowed are {MOVED_RAD:g} rad; "
            "wait until the hand stands still"
        )


class TareReadings:
    """Collects at least `wanted` readings over at least `REST_S` s."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self._began = 0.0
        self._counts: list[NDArray[np.float32]] = []
        self._joints: list[NDArray[np.float64]] = []
        self._refusal = ""
        self.is_over = False
        """whether there are enough readings, or one that is no zero"""

    def __len__(self) -> int:
        """How many readings were collected."""
        return len(self._counts)

    def add(
        self,
        time: float,
        counts: NDArray[np.float32],
        joints: NDArray[np.float64] | None = None,
        refusal: str = "",
    ) -> None:
        """Take raw counts (T,) read at monotonic `time`, s, and joints (J,) rad where they are known.

        `refusal` says why such a reading is no zero, '' if it is one.
        """
        if self.is_over:
            return
        self._began = self._began or time
        self._refusal = refusal
        self._counts.append(counts)
        if joints is not None:
            self._joints.append(np.asarray(joints, float))
        self.is_over = bool(refusal) or (len(self) >= self.wanted and time - self._began >= REST_S)

    def take(self, zero: Zero) -> None:
        """Make the readings the zero; raises DeviceError in one sentence unless hand and pads were at rest."""
        if self._refusal:
            raise DeviceError(f"tare: {self._refusal}")
        check_standstill(self._joints)
        zero.take(self._counts)
