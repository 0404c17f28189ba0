"""How often an error lies within the standard deviation that was predicted for it: 68 % if it is right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import AXES


def _none() -> NDArray[np.int64]:
    return np.zeros(len(AXES), np.int64)


@dataclass
class Coverage:
    """Counts for each axis ``(6,)``: predictions, and those whose error was within one sigma."""

    inside: NDArray[np.int64] = field(default_factory=_none)
    predicted: NDArray[np.int64] = field(default_factory=_none)

    def count(
        self, error: NDArray[np.float64], deviation: NDArray[np.float64], observable: NDArray[np.bool_]
    ) -> None:
        """Take predictions ``(n, 6)`` in m and rad; `observable` ``(n, 6)`` or ``(6,)``."""
        seen = np.broadcast_to(observable, error.shape)
        self.inside = self.inside + ((np.abs(error) < deviation) & seen).sum(axis=0)
        self.predicted = self.predicted + seen.sum(axis=0)

    @classmethod
    def total(cls, parts: Iterable[Coverage]) -> Coverage:
        """All of them together."""
        whole = cls()
        for part in parts:
            whole.inside, whole.predicted = whole.inside + part.inside, whole.predicted + part.predicted
        return whole

    @property
    def share(self) -> float | None:
        """Over all axes; None without any prediction."""
        total = int(self.predicted.sum())
        return int(self.inside.sum()) / total if total else None

    def by_axis(self) -> dict[str, float]:
        """Share for each axis that anything was predicted of, and for `all`."""
        rows = {
            name: int(inside) / int(predicted)
            for name, inside, predicted in zip(AXES, self.inside, self.predicted, strict=True)
            if predicted
        }
        return {**rows, "all": self.share} if self.share is not None else {}
