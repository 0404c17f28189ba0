"""A sensor as it was found to read: readings as a smooth function of where it is pressed, and how they scatter.

The function is a Gaussian process with a Matern 5/2 kernel whose lengths, amplitude and noise are those that make the
labelled presses most likely. The scatter is what is left at presses that the function was not fitted to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.spatial.distance import cdist
from torch import Tensor

Array = NDArray[np.float64]

SUBSET = 500
"""presses from which lengths, amplitude and noise are found"""
CLIMB, RATE = 40, 0.15
"""steps of that search, and their size"""
CENTRES = 800
"""presses at most that the function is hung upon"""
COMPONENTS = 24
"""readings of more columns are described by so many principal components"""
BLOCKS = 8
"""parts that are left out in turn, to see the scatter"""
BANDWIDTHS = (0.1, 0.2, 0.4, 0.8, 1.6, 100.0)
"""in lengths of the kernel: how far the scatter of one press tells of another's; the most likely one is taken"""
WITNESSES = 1500
"""presses at most from which the scatter at a place is told"""
ROWS = 1000
"""places at a time; larger arrays are slower, for they are new memory each time"""
PRIOR_PRESSES = 5.0
"""presses that the mean scatter, or another sensor's function, counts as much as"""


@dataclass(frozen=True, eq=False)
class Term:
    """Kernel functions about m centres (m, K) with `lengths` (K,), in the coordinates' units; weights (m, Q)."""

    centres: Array
    lengths: Array
    weights: Array

    def __call__(self, places: Array) -> Array:
        """Values (n, Q) at places (n, K)."""
        at, centres = places / self.lengths, self.centres / self.lengths
        return np.concatenate(
            [matern(cdist(at[i : i + ROWS], centres)) @ self.weights for i in range(0, len(at), ROWS)]
        )


@dataclass(frozen=True, eq=False)
class Sensor:
    """Readings (n, T) of places (n, K) are `offset` + the sum of `terms`, seen through `basis` (T, Q)."""

    low: Array
    """(K,) the box of places that were labelled"""
    high: Array
    basis: Array
    offset: Array
    """(Q,)"""
    terms: tuple[Term, ...]
    hyper: Array
    """(K + 2,) logarithms of lengths, amplitude and noise of the last term, in half boxes and standard deviations"""
    places: Array
    """(n, K) of labelled presses, the witnesses of the scatter"""
    residuals: Array
    """(n, Q) what each reads beside the function that was fitted without it"""
    bandwidth: float

    def readings(self, places: Array) -> Array:
        """Expected readings (n, Q) at places (n, K), in components of `basis`."""
        total: Array = self.offset + sum(term(places) for term in self.terms)
        return total

    def scatter(self, places: Array) -> Array:
        """Standard deviations (n, Q) of a reading at places (n, K)."""
        lengths = self.terms[-1].lengths
        at, known = places / lengths, self.places / lengths
        parts = [
            _scatter(cdist(at[i : i + ROWS], known, "sqeuclidean"), self.residuals, self.bandwidth)
            for i in range(0, len(at), ROWS)
        ]
        return np.concatenate(parts)

    @cached_property
    def precision(self) -> Array:
        """Inverse (Q, Q) of the correlation of the scatter."""
        scaled = self.residuals / self.scatter(self.places)
        correlation = scaled.T @ scaled / len(scaled)
        spread = np.sqrt(np.diag(correlation))
        shrunk = correlation * len(scaled) + PRIOR_PRESSES * np.diag(spread**2)
        return np.asarray(np.linalg.inv(shrunk / (len(scaled) + PRIOR_PRESSES)))


def fit_sensor(
    readings: Array,
    places: Array,
    groups: NDArray[np.int64],
    prior: Sensor | None = None,
    like: Sensor | None = None,
) -> Sensor:
    """What fits labelled presses: readings (n, T), places (n, K), groups (n,).

    `prior`: a sensor of the same kind that this one is expected to resemble; `like`: one that was fitted to
    the same sensor before, whose smoothness is taken.
    """
    hyper, bandwidth = (None, None) if like is None else (like.hyper, like.bandwidth)
    rng = np.random.default_rng(0)
    low, high = places.min(axis=0), places.max(axis=0)
    half = (high - low) / 2
    basis = prior.basis if prior is not None else _basis(readings)
    seen = readings @ basis
    offset, terms = _resembling(prior, seen, places)
    left = seen - offset - sum(term(places) for term in terms)
    mean, spread = left.mean(axis=0), left.std(axis=0) + 1e-9
    scaled, wanted = places / half, (left - mean) / spread
    if hyper is None:
        some = rng.permutation(len(scaled))[:SUBSET]
        hyper = _most_likely(scaled[some], wanted[some])
    lengths, gain, noise = np.exp(hyper[:-2]), np.exp(2 * hyper[-2]), np.exp(2 * hyper[-1])
    centres = rng.permutation(len(scaled))[:CENTRES]
    at = scaled / lengths
    lower = np.linalg.cholesky(gain * matern(cdist(at[centres], at[centres])) + 1e-8 * np.eye(len(centres)))
    shown = solve_triangular(lower, gain * matern(cdist(at[centres], at)), lower=True)
    inner = cho_factor(shown @ shown.T + noise * np.eye(len(centres)), lower=True)
    weights = cho_solve(inner, shown @ wanted)
    known = solve_triangular(np.tril(inner[0]), shown, lower=True)
    residuals = np.empty_like(wanted)
    for block in _blocks(groups, rng):
        inside = np.eye(len(block)) - known[:, block].T @ known[:, block]
        residuals[block] = np.linalg.solve(inside, wanted[block] - shown[:, block].T @ weights)
    residuals *= spread
    term = Term(
        places[centres], lengths * half, gain * solve_triangular(lower.T, weights, lower=False) * spread
    )
    witnesses = rng.permutation(len(places))[:WITNESSES]
    places, residuals = places[witnesses], residuals[witnesses]
    if bandwidth is None:
        distance = cdist(places / term.lengths, places / term.lengths, "sqeuclidean")
        bandwidth = min(BANDWIDTHS, key=lambda width: _surprise(distance, residuals, width))
    return Sensor(low, high, basis, offset + mean, (*terms, term), hyper, places, residuals, float(bandwidth))


def matern(distance: Array) -> Array:
    """Correlation at a distance in lengths."""
    distance = distance * np.sqrt(5.0)
    fading = np.exp(-distance)
    polynomial = distance * (1 / 3)
    polynomial += 1.0
    polynomial *= distance
    polynomial += 1.0
    polynomial *= fading
    return np.asarray(polynomial)


def _basis(readings: Array) -> Array:
    if readings.shape[1] <= COMPONENTS:
        return np.eye(readings.shape[1])
    _, _, directions = np.linalg.svd(readings - readings.mean(axis=0), full_matrices=False)
    return np.asarray(directions[:COMPONENTS].T)


def _resembling(prior: Sensor | None, seen: Array, places: Array) -> tuple[Array, tuple[Term, ...]]:
    """Offset and terms of another sensor, each component shifted and scaled to fit."""
    if prior is None:
        return np.zeros(seen.shape[1]), ()
    expected = prior.readings(places)
    middle, level = expected.mean(axis=0), seen.mean(axis=0)
    power = expected.var(axis=0)
    share = ((expected - middle) * (seen - level)).mean(axis=0)
    weight = PRIOR_PRESSES / len(seen)
    gain = (share + weight * power) / (power * (1 + weight) + 1e-12)
    terms = tuple(Term(t.centres, t.lengths, t.weights * gain) for t in prior.terms)
    return level - gain * (middle - prior.offset), terms


def _most_likely(scaled: Array, wanted: Array) -> Array:
    """Logarithms of lengths, amplitude and noise that make the readings most likely."""
    places, values = torch.from_numpy(scaled), torch.from_numpy(wanted)
    count = scaled.shape[1]
    found = torch.tensor([-0.7] * count + [0.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([found], RATE)
    eye = torch.eye(len(scaled), dtype=torch.float64)
    for step in range(CLIMB):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / CLIMB)
        at = places / torch.exp(found[:count])
        kernel = torch.exp(2 * found[-2]) * _matern(at) + (torch.exp(2 * found[-1]) + 1e-6) * eye
        lower = torch.linalg.cholesky(kernel)
        white = torch.linalg.solve_triangular(lower, values, upper=False)
        loss = 0.5 * white.square().sum() + values.shape[1] * lower.diagonal().log().sum()
        # Lengths far beyond the box, or no noise at all, are what few presses may suggest.
        loss = loss + 0.5 * ((found[:count] + 0.7) / 1.5).square().sum() + 0.5 * (found[-1] + 2.0).square()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.asarray(found.detach().numpy())


def _matern(at: Tensor) -> Tensor:
    root = (5.0 * ((at[:, None] - at[None]).square().sum(-1) + 1e-12)).sqrt()
    return (1 + root + root * root / 3) * torch.exp(-root)


def _blocks(groups: NDArray[np.int64], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Rows in parts: whole groups where there are several, else at random."""
    names, number = np.unique(groups, return_inverse=True)
    labels = number if len(names) > 1 else rng.permutation(len(groups))
    labels = labels % min(BLOCKS, max(len(names), 1) if len(names) > 1 else len(groups))
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def _scatter(distance: Array, residuals: Array, bandwidth: float, own: bool = True) -> Array:
    squared = residuals**2
    weight = np.exp(-0.5 * distance / bandwidth**2)
    if not own:
        np.fill_diagonal(weight, 0.0)
    total = weight @ squared + PRIOR_PRESSES * squared.mean(axis=0)
    return np.sqrt(total / (weight.sum(axis=1, keepdims=True) + PRIOR_PRESSES)) + 1e-9


def _surprise(distance: Array, residuals: Array, bandwidth: float) -> float:
    """Mean negative log-likelihood of each residual, by the scatter of the others."""
    deviation = _scatter(distance, residuals, bandwidth, own=False)
    return float((0.5 * (residuals / deviation) ** 2 + np.log(deviation)).mean())
