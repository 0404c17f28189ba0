"""Standard deviations that are right on the robot at hand, from few held-out grasps."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tacrefine.identification.fit import REPEATABILITY
from tacrefine.policy.batches import TensorGroups
from tacrefine.policy.network import AXES
from tacrefine.policy.networks import Network
from tacrefine.policy.validation import ONE_SIGMA, calibrate, pair_errors

TRUSTED_GRASPS = 60.0
"""so many held-out grasps count as much as the simulation"""
LOW, HIGH = 0.2, 5.0
"""smallest and largest factor on the network's own deviations"""


@torch.inference_mode()
def rescale(network: Network, simulated: TensorGroups | None, recorded: TensorGroups) -> None:
    """Set `deviation_scale` from simulated groups of this robot and its held-out recorded ones.

    Labels of recorded pairs carry the arm's repeatability, which is no error of the network. A handful of grasps tells
    a scale only roughly, so it is pulled towards the simulation's (without one: towards what it was).
    """
    if simulated is not None:
        calibrate(network, simulated)
    before = network.deviation_scale.clone()
    error, deviation, weight, _ = pair_errors(network, recorded)
    own = deviation / before.numpy()
    label = np.sqrt(2.0) * np.repeat(REPEATABILITY, 3)
    grasps = float(recorded.valid.sum())
    trust = grasps / (grasps + TRUSTED_GRASPS)
    for axis in range(AXES):
        seen = weight[:, axis] > 0
        if seen.any():
            found = _factor(error[seen, axis], own[seen, axis], float(label[axis]))
            mixed = trust * np.log(found) + (1 - trust) * np.log(float(before[axis]))
            network.deviation_scale[axis] = float(np.exp(mixed))


def _factor(error: NDArray[np.float64], deviation: NDArray[np.float64], label: float) -> float:
    """Factor on the deviations with which, together with the labels' own, one sigma covers 68 % of the errors."""
    low, high = LOW, HIGH
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        covered = (np.abs(error) < np.hypot(middle * deviation, label)).mean()
        low, high = (middle, high) if covered < ONE_SIGMA else (low, middle)
    return low
