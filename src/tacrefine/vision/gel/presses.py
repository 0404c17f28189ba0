"""Where a ball of known radius was pressed into a gel, and how deep."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from tacrefine.errors import DataError

Map = NDArray[np.float64]

EDGE_SHARE = 0.04
"""of the change in the middle, at which a contact that shows as brightness ends"""
LOPSIDED = 0.2
"""share of a press's change that may depend on the direction from its middle where depth shows as brightness"""
WIDEST = 0.95
"""largest radius of a contact, in radii of the ball"""
INNER = 0.7
"""share of the contact's radius up to which its shape is that of the ball"""
OUTER = 2.0
"""the same from which on the gel is at rest: between them its skin hangs over"""
FEELS = 0.03
"""share of brightness that something must change, smoothed"""


@dataclass(frozen=True)
class BallPress:
    """A ball in the gel: `right` and `down` of the image's middle (m), and `radius` (m) of the contact."""

    right: float
    down: float
    radius: float

    def depth(self, ball_radius: float) -> float:
        """How deep it is pressed in, m."""
        return ball_radius - math.sqrt(ball_radius**2 - self.radius**2)


def pixel_places(size: tuple[int, int], pixel: float) -> tuple[Map, Map]:
    """Right and down of the image's middle ``(h, w)`` m each."""
    down = (np.arange(size[0]) - (size[0] - 1) / 2.0) * pixel
    right = (np.arange(size[1]) - (size[1] - 1) / 2.0) * pixel
    across, along = np.meshgrid(right, down)
    return across, along


def find(change: Map, pixel: float, ball_radius: float, name: str) -> tuple[BallPress, BallPress, float]:
    """A first guess from how an image changes ``(h, w, 3)``; raises DataError that names the image.

    Two guesses, for a gel that shows slope as colour and for one that shows depth as brightness, and the share of the
    change that depends on the direction from the middle, which only slope does.
    """
    right, down = pixel_places(change.shape[:2], pixel)
    felt = ndimage.gaussian_filter(np.abs(change).max(-1), 1.0)
    if np.abs(ndimage.gaussian_filter(change, (2.0, 2.0, 0.0))).max() < FEELS:
        raise DataError(
            f"{name}: nothing is pressed in; press the ball, and hold it while the image is taken"
        )
    weight = np.maximum(felt - 0.3 * felt.max(), 0.0)
    reach = math.sqrt((weight > 0).sum() / math.pi) * pixel
    x, y = _middle(weight, right, down)
    for _ in range(5):
        x, y = _middle(weight * (np.hypot(right - x, down - y) < 1.3 * reach), right, down)
    away = np.hypot(right - x, down - y)
    rings = np.arange(1.0, WIDEST * ball_radius / pixel)
    coloured = float(rings[int(np.argmax(_profile((change**2).sum(-1), away / pixel, rings)))])
    middle = change[away < 3.0 * pixel].mean(0)
    signed = change @ (middle / max(float(np.linalg.norm(middle)), 1e-12))
    smooth = ndimage.gaussian_filter(signed, 1.0)
    near = np.maximum(smooth - 0.3 * float(smooth[away < 3.0 * pixel].mean()), 0.0) * (away < 1.3 * reach)
    own_x, own_y = _middle(near, right, down)
    own = _profile(signed, np.hypot(right - own_x, down - own_y) / pixel, rings)
    bright = _falls_to(own, EDGE_SHARE * float(own[:2].mean()))
    press = BallPress(own_x, own_y, bright * pixel)
    inside = away < INNER * max(coloured, bright) * pixel
    index = np.rint(away[inside] / pixel).astype(int)
    count = np.maximum(np.bincount(index), 1)
    round_ = np.stack([np.bincount(index, change[inside][:, k]) / count for k in range(3)], 1)[index]
    lopsided = ((change[inside] - round_) ** 2).sum() / max(float((change[inside] ** 2).sum()), 1e-12)
    return BallPress(x, y, coloured * pixel), press, float(lopsided)


def refined(press: BallPress, depth: Map, pixel: float, ball_radius: float, coloured: bool) -> BallPress:
    """The ball that fits a map of depth ``(h, w)`` m around a first guess best.

    Where depth shows as brightness only, its radius stays: any other would explain the change as well.
    """
    right, down = pixel_places(depth.shape, pixel)
    inside = np.hypot(right - press.right, down - press.down) < 0.8 * press.radius
    if inside.sum() < 6:
        return press
    x, y, z = right[inside], down[inside], depth[inside]

    def misfit(guess: NDArray[np.float64]) -> Map:
        square = ball_radius**2 - (x - guess[0]) ** 2 - (y - guess[1]) ** 2
        return np.asarray((z - np.sqrt(np.maximum(square, 1e-12)) + guess[2]) * 1e3)

    first = [press.right, press.down, ball_radius - press.depth(ball_radius)]
    best = optimize.least_squares(misfit, first).x
    if not coloured:
        return BallPress(float(best[0]), float(best[1]), press.radius)
    deepest = ball_radius * (1.0 - math.sqrt(1.0 - WIDEST**2))
    deep = float(np.clip(ball_radius - best[2], pixel / 10.0, deepest))
    radius = math.sqrt(2.0 * ball_radius * deep - deep**2)
    return BallPress(float(best[0]), float(best[1]), radius)


def shape(press: BallPress, size: tuple[int, int], pixel: float, ball_radius: float) -> tuple[Map, Map]:
    """Normal ``(h, w, 3)`` and depth ``(h, w)`` m of the surface where it follows the ball, at rest elsewhere."""
    right, down = pixel_places(size, pixel)
    x, y = right - press.right, down - press.down
    inside = np.hypot(x, y) < press.radius
    out = np.sqrt(np.maximum(ball_radius**2 - x**2 - y**2, 0.0)) / ball_radius
    normal = np.stack([x / ball_radius, y / ball_radius, out], -1)
    normal[~inside] = (0.0, 0.0, 1.0)
    return normal, np.where(inside, ball_radius * out - (ball_radius - press.depth(ball_radius)), 0.0)


def told(
    press: BallPress, size: tuple[int, int], pixel: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels ``(h, w)`` where the surface is known: inside the contact, and at rest."""
    right, down = pixel_places(size, pixel)
    away = np.hypot(right - press.right, down - press.down)
    return away < INNER * press.radius, away > OUTER * press.radius


def _falls_to(profile: Map, level: float) -> float:
    """Where values at 1, 2, 3, ... fall below a level for the first time."""
    below = np.flatnonzero(profile < level)
    if not below.size or below[0] == 0:
        return float(len(profile))
    k = int(below[0])
    return k + float((profile[k - 1] - level) / (profile[k - 1] - profile[k]))


def _middle(weight: Map, right: Map, down: Map) -> tuple[float, float]:
    whole = max(float(weight.sum()), 1e-12)
    return float((weight * right).sum() / whole), float((weight * down).sum() / whole)


def _profile(values: Map, away: Map, rings: Map) -> Map:
    """Mean of values ``(h, w)`` in rings one pixel wide."""
    index = np.rint(away).astype(int).ravel()
    total = np.bincount(index, values.ravel(), int(rings[-1]) + 1)
    count = np.bincount(index, minlength=int(rings[-1]) + 1)
    return np.asarray([total[int(k)] / max(int(count[int(k)]), 1) for k in rings])
