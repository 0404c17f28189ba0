"""One answer of two: that of the networks and that of the sensor model, each as much as it was right before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.policy.validation import ONE_SIGMA

Array = NDArray[np.float64]

TRUSTS = np.concatenate([[0.0], np.geomspace(0.02, 200.0, 21), [np.inf]])
"""how many times the sensor model's precision may count; 0: networks alone, infinite: sensor model alone"""


@dataclass(frozen=True, eq=False)
class Blend:
    """How two answers become one. Each coordinate (K,) has its own numbers."""

    trust: Array
    """factor on the sensor model's precision"""
    scale: Array
    """factor on the standard deviations of the answer"""

    @classmethod
    def plain(cls, axes: int) -> Blend:
        """Networks alone, not calibrated."""
        return cls(np.zeros(axes), np.ones(axes))

    @classmethod
    def fitted(cls, networks: tuple[Array, Array], sensor: tuple[Array, Array] | None, truth: Array) -> Blend:
        """The one with the least squared error on presses that neither learned from; one sigma covers 68 % of them.

        Answers are means and variances (n, K) each.
        """
        axes = truth.shape[1]
        trust = np.zeros(axes)
        if sensor is not None:
            for k in range(axes):
                errors = [
                    np.mean((_mixed(networks, sensor, np.full(axes, t))[0][:, k] - truth[:, k]) ** 2)
                    for t in TRUSTS
                ]
                trust[k] = TRUSTS[int(np.argmin(errors))]
        mean, variance = _mixed(networks, sensor, trust)
        return cls(trust, np.quantile(np.abs(mean - truth) / np.sqrt(variance), ONE_SIGMA, axis=0))

    def __call__(
        self, networks: tuple[Array, Array], sensor: tuple[Array, Array] | None
    ) -> tuple[Array, Array]:
        """Mean and standard deviation (n, K)."""
        mean, variance = _mixed(networks, sensor, self.trust)
        return mean, np.sqrt(variance) * self.scale


def _mixed(
    networks: tuple[Array, Array], sensor: tuple[Array, Array] | None, trust: Array
) -> tuple[Array, Array]:
    """Mean and variance; what one does not know the other may not know either, so variances are averaged."""
    if sensor is None:
        return networks
    with np.errstate(invalid="ignore"):
        ratio = trust * networks[1] / sensor[1]
        share = np.where(np.isinf(trust), 1.0, ratio / (1.0 + ratio))
    apart = networks[0] - sensor[0]
    mean = share * sensor[0] + (1 - share) * networks[0]
    variance = share * sensor[1] + (1 - share) * networks[1] + share * (1 - share) * apart**2
    return mean, variance
