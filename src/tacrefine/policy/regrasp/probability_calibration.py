"""Calibrates predicted probabilities (Platt scaling) and measures the calibration error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Vector = NDArray[np.floating[Any]]
BINS = 10


def fit_platt(logits: Vector, success: NDArray[Any]) -> tuple[float, float]:
    """Return slope and offset that make ``sigmoid(slope * logit + offset)`` most likely, with Platt's softened targets.

    Where only one outcome was seen nothing can be fitted; the logits are then left as they are.
    """
    truth = np.asarray(success, bool)
    good, bad = int(truth.sum()), int((~truth).sum())
    if not good or not bad:
        return 1.0, 0.0
    target = np.where(truth, (good + 1.0) / (good + 2.0), 1.0 / (bad + 2.0))
    x = np.asarray(logits, np.float64)

    def cost(parameters: Vector) -> tuple[float, Vector]:
        z = parameters[0] * x + parameters[1]
        slope = expit(z) - target
        value = np.mean(np.logaddexp(0.0, z) - target * z)
        return float(value), np.array([np.mean(slope * x), np.mean(slope)])

    found = minimize(cost, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return float(found[0]), float(found[1])


def calibration_error(probability: Vector, success: NDArray[Any], bins: int = BINS) -> float:
    """Return the expected calibration error: mean |predicted - observed| within bins of equal width."""
    return float(
        sum(
            row["share"] * abs(row["predicted"] - row["observed"])
            for row in reliability(probability, success, bins)
        )
    )


def reliability(probability: Vector, success: NDArray[Any], bins: int = BINS) -> list[dict[str, float]]:
    """Return for each bin that is not empty `predicted` and `observed` success, and its `share` of the examples."""
    p, truth = np.asarray(probability, np.float64), np.asarray(success, np.float64)
    number = np.minimum((p * bins).astype(int), bins - 1)
    rows = []
    for index in np.unique(number):
        inside = number == index
        rows.append(
            {
                "predicted": float(p[inside].mean()),
                "observed": float(truth[inside].mean()),
                "share": float(inside.mean()),
            }
        )
    return rows
