"""Taxel values as one picture for each finger: its pads one below the other, as they lie on the finger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands.hand import Finger, Hand, Pad

GAP = 1
"""rows between two pads of a finger"""
LARGEST = 64
"""rows or columns of a pad's picture"""


@dataclass(frozen=True)
class FingerImage:
    """One finger: ``values`` (R, C) with row 0 at the tip, and which places of it are taxels, ``inside`` (R, C)."""

    name: str
    values: NDArray[np.floating]
    inside: NDArray[np.bool_]


def finger_images(hand: Hand, values: NDArray[np.floating]) -> list[FingerImage]:
    """A picture for each finger from values ``(T,)``; narrow pads stand in the middle."""
    return [
        _stacked(finger, values[part]) for finger, part in zip(hand.fingers, hand.finger_slices, strict=True)
    ]


def image_sizes(hand: Hand) -> list[tuple[int, int]]:
    """Rows and columns of every finger's picture."""
    return [_size(finger) for finger in hand.fingers]


def _size(finger: Finger) -> tuple[int, int]:
    sizes = [_cells(pad)[:2] for pad in finger.pads]
    return sum(rows for rows, _ in sizes) + GAP * (len(sizes) - 1), max(cols for _, cols in sizes)


@cache
def _cells(pad: Pad) -> tuple[int, int, NDArray[np.intp]]:
    """Rows and columns of a pad's picture, and the place in it of each taxel, flat ``(N,)``.

    Taxels that are no grid go where they lie as seen from outside, in cells so small that no two share one.
    """
    if pad.is_grid:
        return pad.rows, pad.cols, np.arange(pad.size)
    flat = pad.points[:, [2, 1]] - pad.points[:, [2, 1]].min(axis=0)
    cell = pad.row_pitch
    while True:
        places = np.rint(flat / cell).astype(int)
        rows, cols = places.max(axis=0) + 1
        found = places[:, 0] * cols + places[:, 1]
        if len(np.unique(found)) == pad.size:
            return int(rows), int(cols), found
        if max(rows, cols) > LARGEST:  # some lie one above the other: they stand in a column
            return pad.size, 1, np.arange(pad.size)
        cell *= 0.85


def _stacked(finger: Finger, values: NDArray[np.floating]) -> FingerImage:
    rows, cols = _size(finger)
    image, inside = np.zeros((rows, cols), values.dtype), np.zeros((rows, cols), bool)
    row = start = 0
    for pad in finger.pads:
        height, width, places = _cells(pad)
        left = (cols - width) // 2
        at = row + places // width, left + places % width
        image[at] = values[start : start + pad.size]
        inside[at] = True
        row, start = row + height + GAP, start + pad.size
    return FingerImage(finger.name, image, inside)
