"""How slope and depth of a gel change its brightness, and the way back.

Each colour ``c`` of a pixel whose surface has the unit normal ``n`` (right, down, out of the image) and lies `depth`
behind its place at rest is brighter by the factor ``(1 - take_c depth) (1 + gain_c (n - (0, 0, 1)))``: light from a
side (colour) and light lost on the way through the gel (intensity). A fitted gel says how much each of them tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float64]

COLOURS = 3
TERMS = 3
"""of a place in the image: 1, right, down"""
SLOPE_PRIOR = 0.6
"""standard deviation of the normal's components before anything was seen"""
DEPTH_PRIOR = 2.0
"""the same of depth, in deepest presses"""
STEPS = 5
"""of Gauss and Newton"""
STEEPEST = 0.97
"""largest tangential component of the normal"""
UNEVEN = 0.3
"""standard deviation of a gain from the middle of the image to its rim, in gains"""
ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Shading:
    """One gel. `gain` (3 colours, 3 components of the normal, 3 terms of place); `take` (3 colours) shares per m.

    `noise` (3 colours): standard deviation of what it does not explain; `deepest`: m, of the presses it was fitted to.
    """

    gain: NDArray[np.float64]
    take: NDArray[np.float64]
    noise: NDArray[np.float64]
    deepest: float

    def brighter(self, normal: Map, depth: Map, place: Map) -> Map:
        """Share ``(N, 3)`` by which pixels are brighter; `normal` (N, 3), `depth` (N,) m, `place` (N, 3) terms."""
        side = np.einsum("ckt,nk,nt->nc", self.gain, _tilt(normal), place, optimize=True)
        return np.asarray((1.0 - self.take * depth[:, None]) * (1.0 + side) - 1.0)

    def surface(self, change: Map) -> tuple[Map, Map, Map, float, float]:
        """Slopes right and down ``(h, w)``, depth ``(h, w)`` m, and the mean variances of slope and of depth.

        The most likely ones for each pixel by itself, given its three colours.
        """
        height, width = change.shape[:2]
        noise = self.noise.astype(np.float32)[:, None]  # half the time, and far more digits than an image has
        place = places(height, width).reshape(-1, TERMS).T
        gains = [
            (self.gain[:, k] @ place).astype(np.float32) / noise for k in range(3)
        ]  # (3 colours, N) each
        seen = (change.reshape(-1, COLOURS).T.astype(np.float32) + 1.0) / noise
        # of the normal, and depth in deepest presses
        right, down, deep = np.zeros((3, height * width), np.float32)
        take = (self.take[:, None] * self.deepest).astype(np.float32)
        for _ in range(STEPS):
            out = np.sqrt(1.0 - right**2 - down**2)
            lost = 1.0 - take * deep
            lit = 1.0 / noise + gains[0] * right + gains[1] * down + gains[2] * (out - 1.0)
            rows = (
                lost * (gains[0] - gains[2] * (right / out)),
                lost * (gains[1] - gains[2] * (down / out)),
                -take * lit,
            )
            left = seen - lost * lit
            pull = [np.einsum("cn,cn->n", row, left) for row in rows]
            pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
            square = [np.einsum("cn,cn->n", rows[i], rows[j]) for i, j in pairs]
            for k, (value, prior) in enumerate(
                ((right, SLOPE_PRIOR), (down, SLOPE_PRIOR), (deep, DEPTH_PRIOR))
            ):
                pull[k] = pull[k] - value / prior**2
                square[(0, 3, 5)[k]] += prior**-2
            step, spread = _solved(square, pull)
            right, down, deep = right + step[0], down + step[1], deep + step[2]
            shorter = np.minimum(1.0, STEEPEST / np.maximum(np.hypot(right, down), 1e-12))
            right, down = right * shorter, down * shorter
        out = np.sqrt(1.0 - right**2 - down**2)
        shape = (height, width)
        return (
            (-right / out).reshape(shape).astype(np.float64),
            (-down / out).reshape(shape).astype(np.float64),
            (deep * self.deepest).reshape(shape).astype(np.float64),
            (spread[0] + spread[1]) / 2.0,
            spread[2] * self.deepest**2,
        )


def _solved(square: list[Map], pull: list[Map]) -> tuple[list[Map], list[float]]:
    """Solutions of symmetric 3 x 3 systems, and the means of their inverses' diagonals; faster than LAPACK's loop."""
    a, b, c, d, e, f = square
    inverse = (d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b)
    scale = 1.0 / (a * inverse[0] + b * inverse[1] + c * inverse[2])
    aa, ab, ac, bb, bc, cc = (part * scale for part in inverse)
    x, y, z = pull
    step = [aa * x + ab * y + ac * z, ab * x + bb * y + bc * z, ac * x + bc * y + cc * z]
    return step, [float(part.mean()) for part in (aa, bb, cc)]


def places(height: int, width: int) -> Map:
    """Terms of every pixel's place ``(h, w, 3)``: 1, and right and down from -1 to 1."""
    right, down = np.linspace(-1.0, 1.0, width), np.linspace(-1.0, 1.0, height)
    return np.stack(np.broadcast_arrays(1.0, right[None, :], down[:, None]), -1)


def fit(change: Map, normal: Map, depth: Map, place: Map, weight: Map, coloured: bool) -> Shading:
    """The gel that explains `change` (N, 3) of pixels with known `normal` (N, 3) and `depth` (N,) m best.

    `place` (N, 3) are the terms of their places, `weight` (N,) how much each counts. Unless `coloured`, slope tells
    nothing.
    """
    terms = (_tilt(normal)[:, :, None] * place[:, None, :]).reshape(len(change), -1)
    root = np.sqrt(weight)[:, None]
    take, deepest = np.zeros(COLOURS), float(depth.max())
    scale = np.sqrt((weight[:, None] * terms**2).sum(0) / weight.sum()) + 1e-9
    stiff = np.tile([1e-3, UNEVEN**-2 * 1e-2, UNEVEN**-2 * 1e-2], 3) * weight.sum() * 1e-2
    for _ in range(ROUNDS):
        bare = (1.0 + change) / (1.0 - take * depth[:, None]) - 1.0
        rows = root * terms / scale * coloured
        gain = np.linalg.solve(rows.T @ rows + np.diag(stiff), rows.T @ (root * bare)) / scale[:, None]
        lit = 1.0 + terms @ gain
        lost = weight[:, None] * depth[:, None] * lit
        take = (lost * (lit - 1.0 - change)).sum(0) / np.maximum((lost * depth[:, None] * lit).sum(0), 1e-30)
        take = np.clip(take, 0.0, 0.9 / max(deepest, 1e-9))
    shading = Shading(gain.T.reshape(COLOURS, 3, TERMS), take, np.ones(COLOURS), deepest)
    left = change - shading.brighter(normal, depth, place)
    noise = np.sqrt((weight[:, None] * left**2).sum(0) / weight.sum())
    return Shading(shading.gain, take, np.maximum(noise, 2e-3), deepest)


def _tilt(normal: Map) -> Map:
    """How a normal differs from that at rest."""
    return normal - np.array([0.0, 0.0, 1.0])
