"""Several policy networks that learn side by side, as one batch of matrix products, and are asked one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacrefine.policy.network import PolicyNetwork
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.presses.stacked import StackedNetworks

WARM, FINAL_RATE = 0.1, 0.01
"""share of the steps in which the learning rate rises; share of it that is left at the end"""


@dataclass(frozen=True)
class Examples:
    """Presses as the network takes them; `coordinates` and `observable` have six axes, of which the first count."""

    tactile: Tensor
    joints: Tensor
    coordinates: Tensor
    groups: NDArray[np.int64]
    axes: int


def learn(
    networks: list[PolicyNetwork],
    examples: Examples,
    kept: NDArray[np.bool_],
    settings: PressTraining,
    progress: Callable[[int, int], None],
) -> None:
    """Train all networks; number i learns from the presses where `kept[i]` is true."""
    s = settings
    rng = np.random.default_rng([s.seed, 1])
    generator = torch.Generator().manual_seed(s.seed)
    stacked = StackedNetworks(networks)
    values = list(stacked.weights.values())
    optimizer = torch.optim.AdamW(values, lr=s.learning_rate, weight_decay=s.weight_decay, fused=True)
    draws = [_Draws(examples.groups, mask) for mask in kept]
    rows = torch.arange(s.groups_per_batch * s.group_size).view(-1, s.group_size)
    partners = [rows.roll(shift, dims=1).flatten() for shift in range(s.group_size)]
    average = [value.detach().clone() for value in values]
    for step in range(s.steps):
        for group in optimizer.param_groups:
            group["lr"] = s.learning_rate * _rate(step / s.steps)
        chosen = torch.from_numpy(np.stack([draw(rng, s.groups_per_batch, s.group_size) for draw in draws]))
        tactile = examples.tactile[chosen]
        if s.noise > 0:
            tactile = tactile + s.noise * torch.randn(tactile.shape, generator=generator)
        partner = partners[int(rng.integers(1, s.group_size))]
        absolute, increment = stacked.loss(
            tactile,
            examples.joints[chosen],
            examples.coordinates[chosen],
            partner,
            examples.axes,
            s.beta,
        )
        optimizer.zero_grad()
        (s.absolute_weight * absolute + increment).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(values, s.gradient_clip * math.sqrt(len(networks)))
        optimizer.step()
        with torch.no_grad():
            decay = min(0.995, 1 - 1 / (step / 10 + 1))
            torch._foreach_lerp_(average, [value.detach() for value in values], 1 - decay)
        progress(step + 1, s.steps)
    stacked.store(dict(zip(stacked.weights, average, strict=True)))


class _Draws:
    """Random presses of random groups, each group as often as it has presses."""

    def __init__(self, groups: NDArray[np.int64], kept: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(kept)
        self._rows = rows[np.argsort(groups[rows], kind="stable")]
        _, sizes = np.unique(groups[rows], return_counts=True)
        self._sizes, self._begin = sizes, np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def __call__(self, rng: np.random.Generator, count: int, size: int) -> NDArray[np.int64]:
        """`count * size` rows, those of a group one after the other."""
        chosen = rng.choice(len(self._sizes), count, p=self._sizes / self._sizes.sum())
        inside = (rng.random((count, size)) * self._sizes[chosen, None]).astype(int)
        return self._rows[(self._begin[chosen, None] + inside).ravel()]


def _rate(done: float) -> float:
    """Learning rate: a linear rise, then half a cosine, as a share of its peak."""
    if done < WARM:
        return (done + 1e-3) / WARM
    return FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * (done - WARM) / (1 - WARM)))
