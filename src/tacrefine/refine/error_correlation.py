"""Error correlation: how much of a correction's error comes back with the next reading and the next grasp.

Noise of single readings averages out; what a robot's gains, its skin and the one touch of the target do to every
correction does not. Where touch tells an axis well, its error is mostly noise; where it hardly does, the correction
leans on the same weak hints each time and errs in the same direction each time. So the part in common grows with the
predicted deviation. The constants were fitted to corrections on samples of the plant `training`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.parameters import parameter


@dataclass(frozen=True)
class ErrorCorrelation:
    """The part of their variance that corrections of one target have in common, from `shared_fraction` to 1."""

    shared_fraction: float = parameter(
        0.07, "", "part of the variance in common where touch tells an axis well", low=0.0, high=1.0
    )
    shared_position: float = parameter(
        0.00025, "m", "deviation at which half of the rest is in common as well", low=1e-6, high=0.1
    )
    shared_rotation: float = parameter(
        0.0087, "rad", "deviation at which half of the rest is in common as well", low=1e-5, high=1.0
    )

    def correlation(self, variance: NDArray[np.float64]) -> NDArray[np.float64]:
        """That part, for variances ``(..., 6)``, m^2 and rad^2, of corrections from one reading."""
        half = np.repeat([self.shared_position, self.shared_rotation], 3) ** 2
        return self.shared_fraction + (1.0 - self.shared_fraction) * variance / (variance + half)

    def of_mean(
        self, variance: NDArray[np.float64], readings: float | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Variance of the mean over so many readings of one grasp, each of `variance` ``(..., 6)``."""
        share = self.correlation(variance)
        return variance * (share + (1.0 - share) / readings)
