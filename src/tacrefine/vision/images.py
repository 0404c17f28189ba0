"""Images reduced to fewer pixels, each the mean of the area that it covers."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray


def averaged(image: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
    """``(*size, C)`` of an image ``(H, W, C)``: each pixel the mean of the area that it covers, not rounded."""
    down, across = _averaging(image.shape[0], size[0]), _averaging(image.shape[1], size[1])
    mean = np.einsum("ij,jkc,lk->ilc", down, image.astype(np.float32), across, optimize=True)
    return np.asarray(mean, np.float32)


@cache
def _averaging(before: int, after: int) -> NDArray[np.float32]:
    """``(after, before)``: which share of each old pixel a new one covers."""
    edges = np.linspace(0.0, before, after + 1)
    pixels = np.arange(before)
    covered = np.minimum(edges[1:, None], pixels + 1.0) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(covered, 0.0, None)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)
