"""What an image of a gel shows beyond its image at rest: a ratio per colour, without the printed markers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Map = NDArray[np.float64]

LONG_SIDE = 120
"""pixels of the longer side at most that are worked with"""
MARKER = 0.0016
"""m: what is dark and smaller than this is a marker"""
MARKER_DARKER = 0.06
"""share of brightness that a pixel lacks from which on it counts as part of a marker"""
FEWEST = 0.004
"""share of the image from which on a gel counts as one with markers"""
DARKEST = 5.0
"""grey levels below which a ratio would be noise"""
SMOOTHING = 0.5
"""pixels"""
FIRST, WIDER, REACH = 1.0, 1.7, 2.5
"""of the means that fill markers: first standard deviation in pixels, factor from one to the next, extent"""


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns that an image of `size` is reduced to: its own, or `LONG_SIDE` on the longer side."""
    factor = min(1.0, LONG_SIDE / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def without_markers(image: Map, pixel: float) -> Map:
    """The image ``(h, w, 3)`` with its dark dots filled in from around them; `pixel` in m."""
    grey = image.mean(-1)
    window = max(3, round(MARKER / pixel) | 1)
    around = ndimage.grey_closing(grey, size=(window, window))
    dots = (around - grey) / np.maximum(around, 1.0) > MARKER_DARKER
    if dots.mean() < FEWEST:
        return image
    if window > 5:
        dots = ndimage.binary_dilation(dots)  # their rims, too, where a pixel is smaller than a rim
    return _filled(image, dots)


def change(image: Map, rest: Map, pixel: float) -> Map:
    """Share by which each pixel and colour is brighter ``(h, w, 3)`` than in `rest`, which has no markers."""
    share = without_markers(image, pixel) / np.maximum(rest, DARKEST) - 1.0
    return np.asarray(ndimage.gaussian_filter(share, (SMOOTHING, SMOOTHING, 0.0)))


def _filled(image: Map, holes: NDArray[np.bool_]) -> Map:
    """Holes filled with the mean of what is near, the nearest first."""
    known = np.where(holes[..., None], 0.0, image)
    weight = (~holes).astype(float)
    filled, left, sigma = known.copy(), holes.copy(), FIRST
    while left.any() and sigma < max(holes.shape):
        near = ndimage.gaussian_filter(weight, sigma, truncate=REACH)
        mean = ndimage.gaussian_filter(known, (sigma, sigma, 0.0), truncate=REACH)
        now = left & (near > 0.15)
        filled[now] = mean[now] / near[now][:, None]
        left &= ~now
        sigma *= WIDER
    return np.asarray(filled)
