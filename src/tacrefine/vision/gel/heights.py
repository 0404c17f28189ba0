"""One surface from slopes and depths of single pixels: a screened Poisson equation, solved by cosine transforms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Map = NDArray[np.float64]

LEAST = 1e-4
"""how much of the weight of slopes depth has at least, per square of the image's length"""


def surface(right: Map, down: Map, depth: Map, pixel: float, slope_weight: float, depth_weight: float) -> Map:
    """The depth ``(h, w)`` m whose slopes and values come nearest to those given, weighted by their certainty.

    `right` and `down` are slopes of depth, `depth` values in m, `pixel` in m; weights are inverse variances.
    """
    height, width = depth.shape
    length = pixel * max(height, width)
    depth_weight = max(depth_weight, LEAST * slope_weight / length**2)
    across = pixel * (right[:, 1:] + right[:, :-1]) / 2.0
    along = pixel * (down[1:] + down[:-1]) / 2.0
    pulled = np.zeros_like(depth)
    pulled[:, :-1] -= across
    pulled[:, 1:] += across
    pulled[:-1] -= along
    pulled[1:] += along
    stiff = slope_weight / pixel**2
    waves = (
        2.0
        - 2.0 * np.cos(np.pi * np.arange(height) / height)[:, None]
        + 2.0
        - 2.0 * np.cos(np.pi * np.arange(width) / width)[None, :]
    )
    pull = fft.dctn(stiff * pulled + depth_weight * depth, norm="ortho")
    return np.asarray(fft.idctn(pull / (stiff * waves + depth_weight), norm="ortho"))
