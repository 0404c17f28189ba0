"""What happens to a reading before the network sees it: the same code for training, evaluation and live use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Pad


class DeadTaxelFilling:
    """Replaces NaN (dead taxels) by the mean of their living neighbours on the same pad.

    A dead taxel inside a patch of dead ones takes the mean of its pad; a pad without a living taxel reads zero.
    """

    def __init__(self, pads: Sequence[Pad]) -> None:
        tables, owner, start = [], [], 0
        for index, pad in enumerate(pads):
            tables.append(start + _neighbours(pad.rows, pad.cols))
            owner += [index] * pad.size
            start += pad.size
        self._neighbours = np.concatenate(tables)
        self._owner = np.array(owner)

    def __call__(self, tactile: NDArray[np.float32]) -> NDArray[np.float32]:
        """Readings ``(..., T)`` normalised, NaN where dead, to the same without NaN; the input is left alone."""
        tactile = np.asarray(tactile, np.float32)
        dead = np.isnan(tactile)
        if not dead.any():
            return tactile
        flat = tactile.reshape(-1, tactile.shape[-1])
        image, taxel = np.nonzero(dead.reshape(flat.shape))
        around = flat[image[:, None], self._neighbours[taxel]]
        living = ~np.isnan(around)
        count = living.sum(axis=1)
        guess = np.where(living, around, 0.0).sum(axis=1) / np.maximum(count, 1)
        for i in np.nonzero(count == 0)[0]:
            pad = flat[image[i], self._owner == self._owner[taxel[i]]]
            guess[i] = 0.0 if np.isnan(pad).all() else np.nanmean(pad)
        filled = flat.copy()
        filled[image, taxel] = guess
        return filled.reshape(tactile.shape)


def _neighbours(rows: int, cols: int) -> NDArray[np.int64]:
    """Flat indices of the eight neighbours, ``(rows * cols, 8)``; beyond the edge stands the taxel itself.

    The table is only used for dead taxels, and a dead taxel adds nothing to its own mean.
    """
    row, col = (index.ravel() for index in np.indices((rows, cols)))
    own = row * cols + col
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    table = []
    for i, j in steps:
        inside = (row + i >= 0) & (row + i < rows) & (col + j >= 0) & (col + j < cols)
        table.append(np.where(inside, (row + i) * cols + col + j, own))
    return np.stack(table, axis=1)
