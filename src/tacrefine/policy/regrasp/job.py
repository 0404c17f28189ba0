"""One training from examples to a calibrated network."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from tacrefine.policy.regrasp.comparison import Progress
from tacrefine.policy.regrasp.examples import Rows, Samples
from tacrefine.policy.regrasp.network import RegraspNetwork
from tacrefine.policy.regrasp.probability_calibration import calibration_error, fit_platt, reliability
from tacrefine.policy.regrasp.settings import RegraspTraining
from tacrefine.policy.regrasp.training import logits_of, train_network


def train_and_calibrate(
    samples: Samples, settings: RegraspTraining, progress: Progress | None = None
) -> tuple[RegraspNetwork, dict[str, Any]]:
    """Train on most objects, calibrate the probabilities on the others, and return the figures there.

    The figures are of objects that nothing was learned from but two numbers: slope and offset.
    """
    began = time.perf_counter()
    held_out = np.isin(samples.object, held_out_objects(samples.object, settings))
    network = train_network(samples.take(~held_out), settings, progress)
    seconds = time.perf_counter() - began
    test = samples.take(held_out)
    logits = logits_of(network, test)
    slope, offset = fit_platt(logits, test.success)
    network.platt.copy_(torch.tensor([slope, offset]))
    probability = expit(slope * logits + offset)
    return network, {
        "training_seconds": round(seconds, 1),
        "examples": int((~held_out).sum()),
        "held_out_examples": int(held_out.sum()),
        "held_out_objects": len(np.unique(test.object)),
        "accuracy": float(np.mean((probability > 0.5) == test.success)),
        "chance": float(max(test.success.mean(), 1 - test.success.mean())),
        "platt": [slope, offset],
        "calibration_error": calibration_error(probability, test.success),
        "reliability": reliability(probability, test.success),
    }


def held_out_objects(objects: Rows, settings: RegraspTraining) -> Rows:
    """Return the objects that are held out for the calibration, by the seed of the run."""
    names = np.unique(objects)
    count = max(1, round(settings.held_out * len(names)))
    return np.random.default_rng([settings.seed, len(names)]).permutation(names)[:count]
