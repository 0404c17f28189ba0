"""What recordings say of a sensor's properties: plain arrays in, value and how well it explains them out.

One set of fits for public recordings (benchmarks/sensor_properties.py) and for a user's own (`tacrefine bags check`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]

MEDIAN_OF_NORMAL = 0.6745
"""median of the absolute value of a normal variable with standard deviation 1"""
NINETY_PERCENT = 1.6449
"""its 90th percentile"""
POWERS = (1, 2, 3)
"""of the static curve from force to reading"""


@dataclass(frozen=True)
class Fit:
    """A fitted value, the share of variance that it explains, and of what."""

    value: float
    explains: float
    of: str
    detail: dict[str, float]


def frame_noise(stretches: Sequence[Array]) -> float:
    """Standard deviation of a frame's noise from stretches ``(F, T)`` in which nothing moves.

    By the median over frames, so that a frame in which something did move does not count.
    """
    squares = np.concatenate([np.mean(np.diff(part, axis=0) ** 2, axis=1) for part in stretches])
    return float(np.sqrt(np.median(squares) / 2))


def zero_spread(sessions: Sequence[Array]) -> Fit:
    """Standard deviation of taxels' zeros between sessions, each ``(G, T)`` zeros of its grasps (NaN where touched).

    By the 90th percentile of the differences: a few taxels are off by far more than the others, and those matter. What
    is said of the fit is the share of differences where the normal distribution has one half.
    """
    differences = []
    for a, b in combinations(sessions, 2):
        with np.errstate(invalid="ignore"):
            d = np.abs(_mean(a) - _mean(b))
        differences.append(d[np.isfinite(d)])
    found = np.concatenate(differences)
    sigma = float(np.percentile(found, 90)) / (NINETY_PERCENT * np.sqrt(2))
    inside = float((found <= MEDIAN_OF_NORMAL * np.sqrt(2) * sigma).mean())
    detail = {"median_difference": float(np.median(found)), "largest_difference": float(found.max())}
    return Fit(sigma, inside, "of the differences lie where a normal distribution has 50 %", detail)


def _mean(zeros: Array) -> Array:
    """Mean over grasps ``(T,)``; NaN where a taxel was touched in any."""
    mean: Array = zeros.mean(axis=0)
    return mean


def drift_step(sessions: Sequence[Array], noise: float) -> Fit:
    """Standard deviation of the step that a zero makes from grasp to grasp.

    Least squares on the variogram: the squared difference of two grasps grows with how many lie between them. `noise`
    is the standard deviation of one grasp's mean zero.
    """
    lags, squares = [], []
    for zeros in sessions:
        for i, j in combinations(range(len(zeros)), 2):
            known = np.isfinite(zeros[i])
            if known.any():
                square = np.mean((zeros[j] - zeros[i])[known] ** 2)
                lags.append(j - i)
                squares.append(max(square - 2 * noise**2, 0.0))
    each = np.unique(lags)
    mean = np.array([np.mean([s for lag, s in zip(lags, squares, strict=True) if lag == at]) for at in each])
    count = np.array([lags.count(at) for at in each])
    design = np.stack([np.full(len(each), 2.0), each], axis=1)
    weight = np.sqrt(count)
    (independent, step), *_ = np.linalg.lstsq(design * weight[:, None], mean * weight, rcond=None)
    off = mean - design @ [independent, step]
    spread = np.average((mean - np.average(mean, weights=count)) ** 2, weights=count)
    explained = 1.0 - np.average(off**2, weights=count) / spread if spread > 0 else 1.0
    detail = {"zero_within_session": float(np.sqrt(max(independent, 0.0)))}
    return Fit(float(np.sqrt(max(step, 0.0))), float(explained), "of the variogram", detail)


def creep(load: Array, reading: Array, cycles: int) -> Fit:
    """Share and time constant (in rows) of creep from load and reading ``(n,)`` of repeated loading.

    The reading is a static curve of the load as it creeps; `explains` is of what the curve alone leaves over.
    """
    alone = _left_over(load, reading)
    rows = len(load) / cycles
    best = _best_creep(load, reading, np.geomspace(3.0, 3.0 * rows, 9), np.linspace(-0.4, 0.4, 17))
    for _ in range(2):
        _, share, time = best
        near = time * np.geomspace(0.6, 1.0 / 0.6, 7)
        best = min(best, _best_creep(load, reading, near, share + np.linspace(-0.05, 0.05, 11)))
    left, share, time = best
    detail = {"time_rows": float(time), "rows_of_a_cycle": rows, "left_over": float(np.sqrt(left))}
    return Fit(float(share), float(1 - left / alone), "of what a static curve leaves over", detail)


def _best_creep(load: Array, reading: Array, times: Array, shares: Array) -> tuple[float, float, float]:
    """Mean square that is left over, share and time constant of the best among these."""
    best = (np.inf, 0.0, 1.0)
    for time in times:
        kept = np.exp(-1.0 / time)
        state = lfilter([1 - kept], [1.0, -kept], load)
        for share in shares:
            best = min(
                best, (_left_over((1 - share) * load + share * state, reading), float(share), float(time))
            )
    return best


def _left_over(load: Array, reading: Array) -> float:
    design = np.stack([load**power for power in POWERS], axis=1)
    factors, *_ = np.linalg.lstsq(design, reading, rcond=None)
    return float(np.mean((reading - design @ factors) ** 2))


def cross_talk(places: Array, signals: Array) -> Fit:
    """Share that a strip's neighbours read, from the places ``(n,)`` of presses and the strips' signals ``(n, S)``.

    Signals are proportional to force. A strip alone answers evenly over its width, which the press blurs; its
    neighbours get the share. Only strips with a neighbour on either side within the places count.
    """
    at = np.unique(places)
    profile = np.stack([signals[places == x].mean(axis=0) for x in at])
    centres = (profile * at[:, None]).sum(axis=0) / np.maximum(profile.sum(axis=0), 1e-12)
    peak = profile.max(axis=0)
    strips = [s for s in np.flatnonzero(peak > 0.2 * peak.max()) if at[0] < centres[s] < at[-1]]
    strips = sorted(strips, key=lambda s: centres[s])
    pitch = float(np.median(np.diff(centres[strips])))
    scaled = profile / peak
    best = (np.inf, 0.0, 0.0)
    inner = strips[1:-1] if len(strips) > 3 else strips
    alone = np.inf
    for blur in np.linspace(0.05, 1.0, 20) * pitch:
        own = _bump(at[:, None] - centres[inner], pitch, blur)
        around = sum(_bump(at[:, None] - centres[inner] - side * pitch, pitch, blur) for side in (-1, 1)) / 2
        for share in np.linspace(0.0, 0.9, 91):
            model = (1 - share) * own + share * around
            model = model / model.max(axis=0)
            left = float(np.mean((scaled[:, inner] - model) ** 2))
            best = min(best, (left, share, blur))
            if share == 0.0:
                alone = min(alone, left)
    left, share, blur = best
    spread = float(np.mean((scaled[:, inner] - scaled[:, inner].mean()) ** 2))
    detail = {"pitch": pitch, "press_blur": float(blur), "explains_without": 1 - alone / spread}
    return Fit(float(share), 1 - left / spread, "of the strips' profiles", detail)


def _bump(x: Array, width: float, blur: float) -> Array:
    """A strip of this width, pressed by something `blur` wide: a trapezium of height 1."""
    reach = (width + blur) / 2
    return np.clip((reach - np.abs(x)) / min(width, blur), 0.0, min(1.0, width / blur))


def steps(readings: Array) -> tuple[float, float, float]:
    """Of successive frames ``(F, T)``: smallest change, share of unchanged readings, share of unchanged frames."""
    change = np.abs(np.diff(readings, axis=0))
    smallest = float(change[change > 0].min()) if (change > 0).any() else 0.0
    return smallest, float((change == 0).mean()), float((change == 0).all(axis=1).mean())
