"""Taxel values as one picture for each finger: its pads one below the other, as they lie on the finger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands.hand import Finger, Hand

GAP = 1
"""rows between two pads of a finger"""


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
    pads = finger.pads
    return sum(pad.rows for pad in pads) + GAP * (len(pads) - 1), max(pad.cols for pad in pads)


def _stacked(finger: Finger, values: NDArray[np.floating]) -> FingerImage:
    rows, cols = _size(finger)
    image, inside = np.zeros((rows, cols), values.dtype), np.zeros((rows, cols), bool)
    row = start = 0
    for pad in finger.pads:
        left = (cols - pad.cols) // 2
        place = slice(row, row + pad.rows), slice(left, left + pad.cols)
        image[place] = values[start : start + pad.size].reshape(pad.rows, pad.cols)
        inside[place] = True
        row, start = row + pad.rows + GAP, start + pad.size
    return FingerImage(finger.name, image, inside)
