"""Random numbers as the makers of random hands ask for them."""

from __future__ import annotations

import numpy as np

from tacrefine.data.hand_family import Range


class Sampler:
    """Samples plain numbers from ranges."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def uniform(self, bounds: Range) -> float:
        """A number between the two."""
        return float(self.rng.uniform(*bounds))

    def log_uniform(self, bounds: Range) -> float:
        """A number between the two, whose logarithm is uniform."""
        return float(np.exp(self.rng.uniform(*np.log(bounds))))

    def normal(self, deviation: float) -> float:
        """A number about 0."""
        return float(deviation * self.rng.standard_normal())

    def integer(self, bounds: tuple[int, int]) -> int:
        """A whole number from the first to the second, both included."""
        return int(self.rng.integers(bounds[0], bounds[1] + 1))

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return bool(self.rng.random() < share)
