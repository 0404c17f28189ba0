"""The training loop of the regrasp model, and the predictions of a trained network."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tacrefine.policy.regrasp.augmentation import augmented_batch, plain_batch
from tacrefine.policy.regrasp.examples import Samples, StateBatches
from tacrefine.policy.regrasp.network import RegraspNetwork
from tacrefine.policy.regrasp.settings import RegraspTraining

FINAL_RATE = 0.01
"""share of the learning rate at the end"""
GRADIENT_CLIP = 1.0
BATCH = 256
"""states that are looked at together when nothing is learned"""


def train_network(
    samples: Samples,
    settings: RegraspTraining,
    progress: Callable[[int, int, float], None] | None = None,
) -> RegraspNetwork:
    """Learn from all examples; the same settings give the same weights on the same kind of machine.

    `progress` is told steps done, steps in all and the running loss.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    network = RegraspNetwork(settings.network).train()
    batches = StateBatches(samples)
    count = len(batches.states)
    size = min(settings.batch_states, count)
    steps = max(1, round(settings.epochs * count / size))
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    order, average = rng.permutation(count), 0.0
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _rate(step / steps, settings.warmup)
        begin = step * size % (count - count % size)
        if begin == 0:
            order = rng.permutation(count)
        batch = augmented_batch(batches, order[begin : begin + size], settings, rng)
        hidden = network.fuse(network.encode(*batch.states)[batch.owner], batch.actions)
        loss = functional.binary_cross_entropy_with_logits(network.output(hidden)[:, 0], batch.success)
        whole = loss + settings.felt_weight * _felt_loss(network.felt(hidden), batch.felt)
        optimizer.zero_grad()
        whole.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_CLIP)
        optimizer.step()
        average += (float(loss.detach()) - average) / min(step + 1, 100)
        if progress is not None:
            progress(step + 1, steps, average)
    return network.eval()


def _rate(done: float, warmup: float) -> float:
    """Share of the learning rate: linear rise, then half a cosine down to FINAL_RATE."""
    rise = min(1.0, (done + 1e-3) / warmup) if warmup else 1.0
    return rise * (FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * done)))


def _felt_loss(predicted: Tensor, felt: Tensor) -> Tensor:
    """How far the predicted touch is from the true one, where that is known."""
    known = torch.isfinite(felt).flatten(1)
    difference = torch.where(known, predicted - torch.nan_to_num(felt).flatten(1), 0.0)
    return functional.smooth_l1_loss(difference, torch.zeros_like(difference))


@torch.inference_mode()
def logits_of(network: RegraspNetwork, samples: Samples) -> NDArray[np.float32]:
    """Logits ``(N,)`` of all examples, before calibration."""
    network.eval()
    batches, result = StateBatches(samples), np.zeros(len(samples), np.float32)
    for begin in range(0, len(batches.states), BATCH):
        picked = np.arange(begin, min(begin + BATCH, len(batches.states)))
        batch, rows = plain_batch(batches, picked)
        result[rows] = network.head(network.encode(*batch.states)[batch.owner], batch.actions).numpy()
    return result
