"""Spheres that stand for a pad while it is far from the object: few enough to ask for at every step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCKS = 4
"""A pad's rows and columns are parted into so many blocks each."""
SCOUTS = BLOCKS * BLOCKS
"""spheres around a pad's taxels; whole vectors of them"""
CORE_SCOUTS = 8
"""spheres around a pad's stiff core; whole vectors of them"""


def taxel_scouts(
    centres: NDArray[np.float64], rows: int, cols: int, radius: float
) -> tuple[NDArray[np.float64], float]:
    """Spheres of one size around blocks of taxels with ``(rows * cols, 3)`` centres: ``(SCOUTS, 3)`` m, and radius, m.

    ``radius``: of a taxel, m. Together they hold all taxels; a block that is empty repeats its neighbour.
    """
    grid = centres.reshape(rows, cols, 3)
    middles, furthest = [], 0.0
    for i in range(BLOCKS):
        for j in range(BLOCKS):
            block = grid[_part(i, rows), _part(j, cols)].reshape(-1, 3)
            middle = 0.5 * (block.min(0) + block.max(0))
            middles.append(middle)
            furthest = max(furthest, float(np.linalg.norm(block - middle, axis=1).max()))
    return np.array(middles), furthest + radius


def point_scouts(centres: NDArray[np.float64], radius: float) -> tuple[NDArray[np.float64], float]:
    """The same of taxels ``(N, 3)`` in any order: halved along their longest side until there are ``SCOUTS`` blocks."""
    blocks = [centres]
    while len(blocks) < SCOUTS:
        halves = []
        for block in blocks:
            order = np.argsort(block[:, int(np.ptp(block, axis=0).argmax())], kind="stable")
            middle = max(len(block) // 2, 1)
            first, second = block[order[:middle]], block[order[middle:]]
            halves += [first, second if len(second) else first]
        blocks = halves
    middles = np.array([0.5 * (block.min(0) + block.max(0)) for block in blocks])
    furthest = max(
        float(np.linalg.norm(block - at, axis=1).max()) for block, at in zip(blocks, middles, strict=True)
    )
    return middles, furthest + radius


def core_scouts(x: float, radius: float, half: float) -> tuple[NDArray[np.float64], float]:
    """Spheres of one size that hold a capsule along z: ``(CORE_SCOUTS, 3)`` m, and radius, m."""
    share = half / CORE_SCOUTS
    places = np.linspace(share - half, half - share, CORE_SCOUTS)
    return np.stack([np.full(CORE_SCOUTS, x), np.zeros(CORE_SCOUTS), places], -1), radius + share


def _part(i: int, count: int) -> slice:
    start = i * count // BLOCKS
    return slice(start, max((i + 1) * count // BLOCKS, start + 1))
