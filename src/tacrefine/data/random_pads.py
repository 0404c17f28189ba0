"""Layouts of taxels for random hands: flat grids, bent grids, and points on a dome."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.hand_family import HandFamily
from tacrefine.data.sampler import Sampler

FEWEST = 6
"""taxels of a fingertip at least"""


class PadLayout:
    """The pads of one random hand, as keys of a pad's description."""

    def __init__(self, sampler: Sampler, family: HandFamily) -> None:
        self._sampler, self._family = sampler, family
        self._longest = sampler.uniform(family.pad_length)
        self.pitch = min(sampler.log_uniform(family.pitch), self._longest / 3)
        """m"""
        self.components = 3 if sampler.chance(family.shear) else 1
        is_dome = sampler.chance(family.domes)
        self.main: dict[str, Any] = self._dome() if is_dome else self._grid()
        """a fingertip's"""
        self.small = self._with_components({"rows": 3, "cols": 3, "pitch": min(self.pitch, 0.003)})
        """a small one beyond it"""
        taxels = self.main.get("taxels")
        self.count = len(taxels) if taxels else self.main["rows"] * self.main["cols"]
        """taxels of a fingertip"""
        self.length = self._longest if taxels else self.main["rows"] * self.pitch
        """m, of a fingertip's pad along the finger"""

    def palm(self) -> dict[str, Any]:
        """A pad on the palm."""
        pitch = self._sampler.uniform((0.002, 0.005))
        return self._with_components({"rows": 6, "cols": 8, "pitch": pitch})

    def _with_components(self, pad: dict[str, Any]) -> dict[str, Any]:
        return {**pad, "components": self.components}

    def _grid(self) -> dict[str, Any]:
        f, s = self._family, self._sampler
        ratio = s.log_uniform((0.7, 1.4)) if s.chance(f.oblong) else 1.0
        across = self.pitch * ratio
        rows = min(s.integer(f.rows), max(3, int(self._longest / self.pitch)))
        cols = min(s.integer(f.cols), max(2, int(0.9 * self._longest / across)))
        while rows * cols < FEWEST:
            cols += 1
        pitch = self.pitch if ratio == 1.0 else [self.pitch, across]
        grid: dict[str, Any] = {"rows": rows, "cols": cols, "pitch": pitch}
        if s.chance(f.curved):
            grid["curvature_radius"] = max(s.log_uniform(f.curvature_radius), 0.4 * cols * across)
        return self._with_components(grid)

    def _dome(self) -> dict[str, Any]:
        """Points about a pitch apart on an ellipsoid's cap whose top is the pad's origin."""
        s = self._sampler
        half = np.array([s.uniform((0.3, 0.5)), 0.5]) * self._longest  # across the finger, along it
        pitch = self.pitch
        while True:
            steps = [np.arange(-int(h / pitch), int(h / pitch) + 1) * pitch for h in half]
            y, z = (grid.copy() for grid in np.meshgrid(*steps, indexing="ij"))
            if s.chance(0.5):  # rows that stand between each other
                y[:, ::2] += 0.5 * pitch
            y, z = y.ravel(), z.ravel()
            inside = (y / half[0]) ** 2 + (z / half[1]) ** 2 <= 1.0
            if inside.sum() >= FEWEST:
                break
            pitch *= 0.8
        y, z = y[inside], z[inside]
        radii = half / s.uniform((0.5, 0.9))
        height = s.uniform((0.25, 0.6)) * self._longest
        root = np.sqrt(1.0 - (y / radii[0]) ** 2 - (z / radii[1]) ** 2)
        points = np.stack([height * (root - 1.0), y, z], axis=-1)
        normals = np.stack([root / height, y / radii[0] ** 2, z / radii[1] ** 2], axis=-1)
        return self._with_components({"taxels": _rows(points, normals)})


def _rows(points: NDArray[np.float64], normals: NDArray[np.float64]) -> list[list[float]]:
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return np.round(np.concatenate([points, unit], axis=1), 9).tolist()
