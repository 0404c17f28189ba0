"""What the network is shown of a reading: the components themselves, compressed, and as size and direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALL = 0.05
"""of full scale; below it a taxel's direction and logarithm fade out"""
GAIN = 20.0
"""compression: a reading of 1 / GAIN of full scale is where it begins"""


def features(readings: NDArray[np.float32], components: int) -> NDArray[np.float32]:
    """Features ``(n, F)`` of readings ``(n, T * components)``.

    Fields fall off with the cube of the distance, so small readings tell as much as large ones: each component stands
    there plainly and compressed (asinh). Taxels of three components add the logarithm of their size and their
    direction, those of one the share that each has in the sum.
    """
    plain = readings.astype(np.float64)
    parts = [plain, np.arcsinh(GAIN * plain)]
    if components == 3:
        vectors = plain.reshape(len(plain), -1, 3)
        size = np.linalg.norm(vectors, axis=2, keepdims=True)
        parts += [np.log(2 * size[..., 0] + SMALL), (vectors / (size + SMALL / 2)).reshape(len(plain), -1)]
    else:
        positive = np.maximum(plain, 0.0)
        total = positive.sum(axis=1, keepdims=True)
        parts += [positive / (total + SMALL), np.log(total + SMALL)]
    return np.concatenate(parts, axis=1).astype(np.float32)
