"""The training loop of the regrasp model, and what a trained network says of examples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tacrefine.regrasp.learning.examples import Samples, StateBatches
from tacrefine.regrasp.learning.network import RegraspNetwork
from tacrefine.regrasp.learning.settings import RegraspTraining

FINAL_RATE = 0.01
"""share of the learning rate that is left at the end"""
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
        inputs, owner, actions, success, _ = batches.batch(order[begin : begin + size])
        encoded = network.encode(*_augmented(inputs, settings, rng))
        loss = functional.binary_cross_entropy_with_logits(network.head(encoded[owner], actions), success)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
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


def _augmented(
    inputs: tuple[Tensor, ...], settings: RegraspTraining, rng: np.random.Generator
) -> tuple[Tensor, ...]:
    """Images of a batch moved and lit a little differently; one draw a batch, which is cheap."""
    cameras, touch, pose, force = inputs
    low, high = 1 - settings.gain, 1 + settings.gain
    light, gel = (torch.from_numpy(rng.uniform(low, high, 3).astype(np.float32)) for _ in range(2))
    moved = (cameras.float() - 127.5) * light.repeat(2).view(6, 1, 1) + 127.5
    if settings.shift:
        rows, cols = (int(x) for x in rng.integers(-settings.shift, settings.shift + 1, 2))
        moved = torch.roll(moved, (rows, cols), (2, 3))
    return moved, touch.float() * gel.view(3, 1, 1), pose, force


@torch.inference_mode()
def logits_of(network: RegraspNetwork, samples: Samples) -> NDArray[np.float32]:
    """Logits ``(N,)`` of all examples, before calibration."""
    network.eval()
    batches, result = StateBatches(samples), np.zeros(len(samples), np.float32)
    for begin in range(0, len(batches.states), BATCH):
        picked = np.arange(begin, min(begin + BATCH, len(batches.states)))
        inputs, owner, actions, _, rows = batches.batch(picked)
        result[rows] = network.head(network.encode(*inputs)[owner], actions).numpy()
    return result
