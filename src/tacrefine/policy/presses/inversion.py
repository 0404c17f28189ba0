"""Where a sensor is pressed, from what it reads: the mean over all places, each as likely as the reading there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import qmc

from tacrefine.policy.presses.sensor import Sensor

Array = NDArray[np.float64]

POOL = {1: 9, 2: 11}
"""power of two of the places that are asked first, by the number of coordinates; else the next"""
POOL_ELSE = 12
CANDIDATES, ROUNDS = 64, 2
"""places about the first answer that are asked then, and how often"""
CHUNK = 100
"""readings at a time"""


class Inversion:
    """The sensor the other way round; places outside of the box that was labelled are not considered."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor = sensor
        count = sensor.places.shape[1]
        drawn = qmc.Sobol(count, seed=0).random_base2(POOL.get(count, POOL_ELSE))
        self._pool = sensor.low + drawn * (sensor.high - sensor.low)
        self._tree = cKDTree(self._unit(self._pool))
        self._scatter = sensor.scatter(self._pool)
        self._factor = np.linalg.cholesky(sensor.precision)
        # The log-likelihood is quadratic in the reading: of each place, its coefficients for all products.
        expected = sensor.readings(self._pool)
        self._rows, self._cols = np.triu_indices(expected.shape[1])
        precision = sensor.precision / (self._scatter[:, :, None] * self._scatter[:, None, :])
        double = np.where(self._rows == self._cols, 1.0, 2.0)
        linear = np.einsum("jab,jb->ja", precision, expected)
        self._coefficients = np.concatenate(
            [-0.5 * double * precision[:, self._rows, self._cols], linear], axis=1
        )
        self._constant = -0.5 * (linear * expected).sum(axis=1) - np.log(self._scatter).sum(axis=1)
        draws = qmc.MultivariateNormalQMC(np.zeros(count), np.eye(count), seed=0).random(CANDIDATES)
        self._draws = np.asarray(draws, np.float64)

    def __call__(self, readings: Array) -> tuple[Array, Array]:
        """Places (n, K) and their variances, of readings (n, T)."""
        count = self._pool.shape[1]
        if not len(readings):
            return np.empty((0, count)), np.empty((0, count))
        parts = [
            self._some(readings[begin : begin + CHUNK] @ self._sensor.basis)
            for begin in range(0, len(readings), CHUNK)
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _some(self, seen: Array) -> tuple[Array, Array]:
        products = np.concatenate([seen[:, self._rows] * seen[:, self._cols], seen], axis=1)
        weight = _normalised(products @ self._coefficients.T + self._constant)
        unit = self._unit(self._pool)
        mean = weight @ unit
        second = weight @ (unit[:, :, None] * unit[:, None, :]).reshape(len(unit), -1)
        spread = second.reshape(-1, unit.shape[1], unit.shape[1]) - mean[:, :, None] * mean[:, None, :]
        spacing = len(unit) ** (-1 / unit.shape[1])
        for number in range(ROUNDS):
            mean, spread = self._refined(seen, mean, spread, spacing / 2**number)
        half = (self._sensor.high - self._sensor.low) / 2
        middle = (self._sensor.high + self._sensor.low) / 2
        return mean * half + middle, np.diagonal(spread, axis1=1, axis2=2) * half**2

    def _refined(self, seen: Array, mean: Array, spread: Array, least: float) -> tuple[Array, Array]:
        """Mean and spread (n, K, K) again, from places drawn about the mean."""
        n, count = mean.shape
        wide = 1.5 * spread + least**2 * np.eye(count)
        factor = np.linalg.cholesky(wide)
        drawn = mean[:, None] + self._draws @ factor.transpose(0, 2, 1)
        flat = drawn.reshape(-1, count)
        half = (self._sensor.high - self._sensor.low) / 2
        expected = self._sensor.readings(flat * half + (self._sensor.high + self._sensor.low) / 2)
        scatter = self._scatter[self._tree.query(flat)[1]].reshape(n, CANDIDATES, -1)
        white = (seen[:, None] - expected.reshape(n, CANDIDATES, -1)) / scatter @ self._factor
        log = -0.5 * (white**2).sum(axis=2) - np.log(scatter).sum(axis=2) + 0.5 * (self._draws**2).sum(axis=1)
        log = np.where((np.abs(drawn) <= 1.0).all(axis=2), log, -np.inf)
        lost = ~np.isfinite(log).any(axis=1)
        log[lost] = 0.0
        weight = _normalised(log)
        new = np.einsum("ns,nsk->nk", weight, drawn)
        away = drawn - new[:, None]
        around = np.einsum("ns,nsk,nsl->nkl", weight, away, away) + 1e-10 * np.eye(count)
        new[lost], around[lost] = mean[lost], spread[lost]
        return new, around

    def _unit(self, places: Array) -> Array:
        half = (self._sensor.high - self._sensor.low) / 2
        return np.asarray((places - (self._sensor.high + self._sensor.low) / 2) / half)


def _normalised(log: Array) -> Array:
    weight = np.asarray(log - log.max(axis=1, keepdims=True))
    np.exp(weight, out=weight)
    weight /= weight.sum(axis=1, keepdims=True)
    return weight
