"""The training loop: windows of fresh grasps in, averaged weights out. Resumes exactly where it was stopped.

Every step has a generator seeded by (seed, step), so a run that was interrupted and resumed sees the same
grasps as one that was not.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

import numba
import numpy as np
import torch
from torch import Tensor

from tacrefine.policy.checkpoint import load_checkpoint, save_checkpoint
from tacrefine.policy.networks import Network
from tacrefine.policy.settings import TrainingSettings

FINAL_RATE = 0.005
"""share of the learning rate that is left at the end"""
SCALING_STREAM, WINDOW_STREAM, BATCH_STREAM, PAIR_STREAM, VALIDATION_STREAM, HELD_OUT_SENSORS = range(6)
"""second number of every seed: no two uses get the same random numbers"""

W = TypeVar("W")
"""a window: simulated groups that the steps of one window sample their batches from"""
B = TypeVar("B")
"""the batch of a step"""


class TrainingLoop(ABC, Generic[W, B]):
    """One run. `update` makes one step; `run` makes all that are left and writes checkpoints."""

    settings: TrainingSettings
    network: Network
    average: dict[str, Tensor]
    optimizer: torch.optim.AdamW
    step: int
    _start: dict[str, Tensor]

    def begin(self, settings: TrainingSettings, network: Network) -> None:
        """Take a network with the weights to begin with."""
        self.settings, self.network, self.step = settings, network, 0
        self.average = {key: value.clone() for key, value in network.state_dict().items()}
        self._start = {key: value.clone() for key, value in network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )

    @abstractmethod
    def window(self, stream: int, index: int, count: int) -> W:
        """Window number `index` of a stream with `count` groups: always the same ones."""

    @abstractmethod
    def batch(self, window: W, step: int) -> B:
        """The batch of a step: always the same one."""

    @abstractmethod
    def loss(self, batch: B, shifts: list[int]) -> tuple[Tensor, Tensor]:
        """Loss to minimise over pairs so far apart, and the root mean square of the increment's scaled error."""

    def rate(self, step: int) -> float:
        """Learning rate: linear warm-up, then half a cosine down to FINAL_RATE of the peak."""
        s = self.settings
        warm = min(1.0, (step + 1) / max(1, s.warmup_steps))
        fall = 0.5 * (1 + math.cos(math.pi * step / s.steps))
        return s.learning_rate * warm * (FINAL_RATE + (1 - FINAL_RATE) * fall)

    def update(self, batch: B) -> float:
        """One optimiser step; the root mean square of the scaled increment error before it."""
        s = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(self.step)
        rng = np.random.default_rng([s.seed, PAIR_STREAM, self.step])
        every = np.arange(1, s.groups.size)
        shifts = rng.choice(every, min(s.pairs_per_image, len(every)), replace=False)
        loss, error = self.loss(batch, [int(k) for k in shifts])
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), s.gradient_clip)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return float(error)

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.settings.average, 1 - 1 / (self.step / 10 + 1))
        names = [name for name, _ in self.network.named_parameters()]
        new: list[Tensor] = [parameter.detach() for parameter in self.network.parameters()]
        torch._foreach_lerp_([self.average[name] for name in names], new, 1 - decay)

    def run(self, checkpoint: Path, progress: Callable[[int, float], None]) -> int:
        """Train to the end and return the step it began at.

        On Ctrl-C (or any error) the state is saved, then the exception goes on.
        """
        identity = self.settings.model_dump_json()
        if checkpoint.exists():
            self.step = load_checkpoint(checkpoint, identity, self.network, self.average, self.optimizer)
        first, saved = self.step, time.monotonic()
        limit_threads(self.settings.threads)
        self.network.train()
        try:
            for batch in self._batches():
                progress(self.step, self.update(batch))
                if time.monotonic() - saved > self.settings.checkpoint_seconds:
                    save_checkpoint(
                        checkpoint, self.step, identity, self.network, self.average, self.optimizer
                    )
                    saved = time.monotonic()
        finally:
            if self.step:
                save_checkpoint(checkpoint, self.step, identity, self.network, self.average, self.optimizer)
        return first

    def _batches(self) -> Iterator[B]:
        """The batches of all steps that are left; the next window is simulated while this one is learned from."""
        s = self.settings
        count = max(s.groups_per_batch, s.window_steps * s.groups_per_batch // s.reuse)
        with ThreadPoolExecutor(1, initializer=numba.set_num_threads, initargs=(1,)) as pool:
            number = self.step // s.window_steps
            ahead = pool.submit(self.window, WINDOW_STREAM, number, count)
            while self.step < s.steps:
                window = ahead.result()
                number += 1
                ahead = pool.submit(self.window, WINDOW_STREAM, number, count)
                while self.step < min(s.steps, number * s.window_steps):
                    yield self.batch(window, self.step)

    def averaged_network(self) -> Network:
        """The network with the averaged weights, `keep_start` of them those it began with, for inference."""
        shipped = dict(self.average)
        for name, _ in self.network.named_parameters():
            shipped[name] = torch.lerp(self.average[name], self._start[name], self.settings.keep_start)
        self.network.load_state_dict(shipped)
        return self.network.eval()


def limit_threads(count: int) -> None:
    """Both torch and numba to `count` threads: they may share one OpenMP, where the last one who sets it wins."""
    numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    torch.set_num_threads(count)
