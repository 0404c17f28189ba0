"""What happens to a reading before the network sees it: the same code for training, evaluation and live use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Pad
from tacrefine.touch.neighbours import neighbours


class DeadTaxelFilling:
    """Replaces NaN (dead taxels) by the mean of their living neighbours on the same pad.

    A dead taxel inside a patch of dead ones takes the mean of its pad; a pad without a living taxel reads zero.
    """

    def __init__(self, pads: Sequence[Pad]) -> None:
        tables, owner, start = [], [], 0
        for index, pad in enumerate(pads):
            tables.append(start + neighbours(pad))
            # Only used for dead taxels, and a dead taxel adds nothing to its own mean.
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
