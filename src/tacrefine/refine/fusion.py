"""Weighted means over the frames of one grasp and over grasps: the arithmetic of the estimator, without state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.refine.estimator_settings import EstimatorSettings


def fuse_frames(
    settings: EstimatorSettings,
    observable: NDArray[np.bool_],
    x: NDArray[np.float64],
    sigma: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean (6,) of one grasp's frames `x` (n, 6) with `sigma` (n, 6), its variance, and what other grasps share of it.

    Coordinates and deviations in m and rad, variances in their squares; `observable` (6,).
    """
    centre = np.median(x, axis=0)
    weight = _weights(settings, observable, sigma, (x - centre) / np.maximum(sigma, 1e-9))
    mean = (weight * x).sum(0) / weight.sum(0)
    variance = (weight * sigma**2).sum(0) / weight.sum(0)
    effective = weight.sum(0) ** 2 / (weight**2).sum(0)
    return mean, settings.of_mean(variance, effective), settings.correlation(variance) * variance


def fuse_grasps(
    settings: EstimatorSettings,
    observable: NDArray[np.bool_],
    x: NDArray[np.float64],
    variance: NDArray[np.float64],
    common: NDArray[np.float64],
    length: NDArray[np.float64],
    arm: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted mean (6,) over grasps `x` (k, 6), and its deviation; those that contradict the newest lose weight.

    `common` (k, 6) is the part of `variance` (k, 6) that no further grasp takes away. `length` (k, 6) is how far each
    one's correction reached. An estimator that weighs noise against what it expects falls short by a share of it,
    which the next grasp sees and this one does not. What the arm misses, `arm` (6,), stands between the newest grasp
    and each of the others, twice; the newest itself is felt where the wrist truly is.
    """
    noise = np.sqrt(2.0) * np.tile(arm, (len(x), 1))
    noise[-1] = 0.0
    spread = np.sqrt(variance + noise**2)
    doubt = np.hypot(spread, settings.length_uncertainty * length)
    z = (x - x[-1]) / np.maximum(np.hypot(doubt, doubt[-1]), 1e-9)
    weight = _weights(settings, observable, doubt, z)
    mean = (weight * x).sum(0) / weight.sum(0)
    share = weight / weight.sum(0)
    alone = (share**2 * (variance - common + noise**2)).sum(0)
    return mean, np.sqrt(alone + (share * common).sum(0))


def _weights(
    settings: EstimatorSettings,
    observable: NDArray[np.bool_],
    sigma: NDArray[np.float64],
    z: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Inverse variances (n, 6), reduced beyond the outlier gate.

    Axes that touch cannot tell carry nothing to weigh by; they take the mean weight of the others, so that no motion
    leaks into them from measurements that lost their weight.
    """
    with np.errstate(divide="ignore"):
        trust = np.minimum(1.0, settings.outlier_gate / np.abs(z)) ** 2
    weight = trust / np.maximum(sigma, 1e-9) ** 2
    weight = weight / np.maximum(weight.max(axis=0), 1e-300)
    if observable.any():
        weight[:, ~observable] = weight[:, observable].mean(axis=1, keepdims=True)
    return weight
