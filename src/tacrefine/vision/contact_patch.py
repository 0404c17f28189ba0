"""What two images of an optical pad tell: whether something touches it, and how far the contact has slid down."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import PAD_SIZE

Image = NDArray[np.uint8]
Map = NDArray[np.float64]

FELT_CHANGE = 2.2
"""grey levels of smoothed change that count as touch"""
FELT_BLUR = 2.5
"""pixels"""
PATCH_SHARE = 0.35
"""of the largest change: pixels that change less show stretched skin, not contact"""


def feels(image: Image, rest: Image) -> bool:
    """Return whether a pad's image ``(h, w, 3)`` differs from its background somewhere by more than noise does."""
    return bool(_change(image, rest).max() > FELT_CHANGE)


def slide(before: Image, after: Image, rest: Image) -> float:
    """Return how far (m) the contact on both pads has moved down between two images, ``(2, h, w, 3)`` each.

    It is the smaller one of both pads: an object that slips out of a rising gripper takes its patch of contact along on
    both, where the patch is smaller than the pads (round objects, corners, tops). An object that covers the pads looks
    the same however far it slides.
    """
    return min(
        _patch_down(later, bare) - _patch_down(earlier, bare)
        for earlier, later, bare in zip(before, after, rest, strict=True)
    )


def blur(image: Map, sigma: float) -> Map:
    """Return ``(h, w)`` blurred by a Gaussian of `sigma` pixels, the rim repeated."""
    down, across = _blurring(image.shape[0], round(sigma, 3)), _blurring(image.shape[1], round(sigma, 3))
    return down @ image @ across.T


@cache
def _blurring(size: int, sigma: float) -> Map:
    """``(size, size)``: one matrix product is faster than a convolution at these sizes."""
    reach = max(int(4 * sigma), 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    matrix = np.zeros((size, size))
    for row in range(size):
        np.add.at(matrix[row], np.clip(np.arange(row - reach, row + reach + 1), 0, size - 1), kernel)
    return matrix


def _patch_down(image: Image, rest: Image) -> float:
    """Middle of the patch of contact, m below the pad's top."""
    change = _change(image, rest)
    weight = np.maximum(change - PATCH_SHARE * change.max(), 0.0).sum(axis=1)
    down = (np.arange(len(weight)) + 0.5) / len(weight) * PAD_SIZE[0]
    return float(weight @ down / max(weight.sum(), 1e-12))


def _change(image: Image, rest: Image) -> Map:
    """How much each pixel differs from its background, smoothed, grey levels."""
    return np.abs(blur(image.astype(np.float64).mean(-1) - rest.astype(np.float64).mean(-1), FELT_BLUR))
