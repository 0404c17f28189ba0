"""Colours of pressure and of differences, in steps, for the scene and for pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVELS = 24
"""steps between no and most pressure"""
DEAD = "#9ecae1"
_PRESSURE = ((233, 235, 238), (255, 209, 92), (240, 110, 40), (178, 24, 43), (90, 0, 40))
_DIFFERENCE = ((33, 90, 172), (120, 170, 220), (233, 235, 238), (244, 140, 100), (178, 24, 43))
TOPS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
"""shares of full scale at which the colours may end"""


def _steps(stops: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
    at = np.linspace(0.0, 1.0, len(stops))
    table = [np.interp(np.linspace(0.0, 1.0, LEVELS), at, channel) for channel in np.array(stops).T]
    return np.stack(table, axis=1).round().astype(np.uint8)


PRESSURE, DIFFERENCE = _steps(_PRESSURE), _steps(_DIFFERENCE)
"""``(LEVELS, 3)``: from nothing to most; from less than the target to more"""
DEAD_RGB = np.array([int(DEAD[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def pressure_levels(values: NDArray[np.floating], top: float) -> NDArray[np.int64]:
    """Step of each reading from 0 to `top`; -1 where a taxel is dead."""
    return _levels(values, values * (LEVELS / top))


def difference_levels(values: NDArray[np.floating], top: float) -> NDArray[np.int64]:
    """Step of each difference from -`top` to `top`; -1 where a taxel is dead."""
    return _levels(values, (values / top + 1.0) * (LEVELS / 2))


def _levels(values: NDArray[np.floating], scaled: NDArray[np.floating]) -> NDArray[np.int64]:
    steps = np.clip(np.nan_to_num(scaled), 0.0, LEVELS - 1).astype(np.int64)
    steps[np.isnan(values)] = -1
    return steps


def pressure_colours(levels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Colours ``(T, 3)`` of steps."""
    colours = PRESSURE[levels]
    colours[levels < 0] = DEAD_RGB
    return colours


def hex_of(table: NDArray[np.uint8]) -> tuple[str, ...]:
    """The steps of a table as #rrggbb."""
    return tuple("#{:02x}{:02x}{:02x}".format(*map(int, row)) for row in table)


class Scale:
    """Where the colours end: the next of `TOPS` above the strongest reading, and no lower for a while after it."""

    def __init__(self, hold_s: float = 10.0) -> None:
        self._hold_s = hold_s
        self._since = -np.inf
        self.top = TOPS[0]

    def observe(self, peak: float, now: float) -> float:
        """The end of the colours, a share of full scale, with this strongest reading at `now` s."""
        wanted = next((top for top in TOPS if peak <= top), TOPS[-1])
        if wanted >= self.top or not 0.0 <= now - self._since <= self._hold_s:
            self.top, self._since = wanted, now
        return self.top
