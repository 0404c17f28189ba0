"""Layouts of taxels for random hands: flat grids, bent grids, and points on a dome."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.hand_family import HandFamily


class PadLayout:
    """The pads of one random hand, as keys of a pad's description."""

    def __init__(self, rng: np.random.Generator, family: HandFamily) -> None:
        self._rng, self._family = rng, family
        self.pitch = float(np.exp(rng.uniform(*np.log(family.pitch))))
        """m"""
        self._longest = float(rng.uniform(*family.pad_length))
        is_dome = rng.random() < family.domes
        self.main: dict[str, Any] = self._dome() if is_dome else self._grid()
        """a fingertip's"""
        self.small: dict[str, Any] = {"rows": 3, "cols": 3, "pitch": self.pitch}
        """a small one beyond it"""
        taxels = self.main.get("taxels")
        self.count = len(taxels) if taxels else self.main["rows"] * self.main["cols"]
        """taxels of a fingertip"""
        self.length = self._longest if taxels else self.main["rows"] * self.pitch
        """m, of a fingertip's pad along the finger"""

    def _grid(self) -> dict[str, Any]:
        f, rng = self._family, self._rng
        rows = min(int(rng.integers(f.rows[0], f.rows[1] + 1)), max(3, int(self._longest / self.pitch)))
        cols = min(int(rng.integers(f.cols[0], f.cols[1] + 1)), max(3, int(0.9 * self._longest / self.pitch)))
        grid: dict[str, Any] = {"rows": rows, "cols": cols, "pitch": self.pitch}
        if rng.random() < f.curved:
            radius = float(np.exp(rng.uniform(*np.log(f.curvature_radius))))
            grid["curvature_radius"] = max(radius, 0.4 * cols * self.pitch)
        return grid

    def _dome(self) -> dict[str, Any]:
        """Points about a pitch apart on an ellipsoid's cap whose top is the pad's origin."""
        half = np.array([0.35, 0.5]) * self._longest  # across the finger, along it
        steps = [np.arange(-int(h / self.pitch), int(h / self.pitch) + 1) * self.pitch for h in half]
        y, z = (grid.ravel() for grid in np.meshgrid(*steps, indexing="ij"))
        inside = (y / half[0]) ** 2 + (z / half[1]) ** 2 <= 1.0
        y, z = y[inside], z[inside]
        radii = half / self._rng.uniform(0.5, 0.9)
        height = float(self._rng.uniform(0.25, 0.6)) * self._longest
        root = np.sqrt(1.0 - (y / radii[0]) ** 2 - (z / radii[1]) ** 2)
        points = np.stack([height * (root - 1.0), y, z], axis=-1)
        normals = np.stack([root / height, y / radii[0] ** 2, z / radii[1] ** 2], axis=-1)
        return {"taxels": _rows(points, normals)}


def _rows(points: NDArray[np.float64], normals: NDArray[np.float64]) -> list[list[float]]:
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return np.round(np.concatenate([points, unit], axis=1), 9).tolist()
