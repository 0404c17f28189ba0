"""The training loop: fresh groups of grasps in, averaged weights out. Resumes exactly where it was stopped.

Every step has a generator seeded by (seed, step), so a run that was interrupted and resumed sees the same
grasps as one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import torch
from torch import Tensor

from tacrefine.data.groups import ForceGroups, GroupSource
from tacrefine.data.stream import TouchReader
from tacrefine.errors import ModelError
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample, load_plant
from tacrefine.policy.batches import TensorGroups, batch_loss
from tacrefine.policy.card import WEIGHTS, read_card, verified
from tacrefine.policy.checkpoint import load_checkpoint, save_checkpoint
from tacrefine.policy.network import NetworkSettings, PolicyNetwork
from tacrefine.policy.runtime import model_folder
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.weights import load_network

FINAL_RATE = 0.005
"""share of the learning rate that is left at the end"""
SCALING_GROUPS = 512
SCALING_STREAM, WINDOW_STREAM, BATCH_STREAM, PAIR_STREAM, VALIDATION_STREAM, HELD_OUT_SENSORS = range(6)
"""second number of every seed: no two uses get the same random numbers"""


@dataclass(frozen=True)
class Window:
    """Simulated groups and robots' sensors that the steps of one window sample their batches from."""

    groups: ForceGroups
    robots: list[PlantSample]


def grid_shapes(hand: Hand) -> list[tuple[int, int]]:
    """Rows and columns of the pads; ModelError where one is no grid, which this network cannot read."""
    for pad in hand.pads:
        if not pad.is_grid:
            raise ModelError(
                f"hand '{hand.name}': the taxels of pad '{pad.name}' are points; this network reads grids only "
                "(rows, cols, pitch)."
            )
    return [(pad.rows, pad.cols) for pad in hand.pads]


class Trainer:
    """One run. `update` makes one step; `run` makes all that are left and writes checkpoints."""

    def __init__(
        self,
        settings: TrainingSettings,
        hand: Hand,
        objects: Sequence[GraspObject],
        source: GroupSource,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        """`start`: weights and scaling of the same network to begin with, instead of the model `start_from`."""
        limit_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.hand = hand
        self.objects = tuple(objects)
        self.source = source
        self.plant = load_plant(settings.plant)
        self.reader = TouchReader(hand, objects, settings.frames)
        self.step = 0
        pads = grid_shapes(hand)
        self.network = PolicyNetwork(pads, len(hand.joint_names), settings.network)
        self._fit_scaling(objects)
        if start is not None:
            self.network.load_state_dict(start)
        elif settings.start_from is not None:
            self._start_from(settings.start_from)
        self.average = {key: value.clone() for key, value in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def window(self, stream: int, index: int, count: int) -> Window:
        """Window number `index` of a stream with `count` groups: always the same ones."""
        rng = np.random.default_rng([self.settings.seed, stream, index])
        robots = [self.plant.sample(self.hand, rng) for _ in range(count)]
        return Window(self.source.sample(rng, count), robots)

    def batch(self, window: Window, step: int) -> TensorGroups:
        """The batch of a step: random groups of the window, random robots' sensors, fresh noise."""
        rng = np.random.default_rng([self.settings.seed, BATCH_STREAM, step])
        groups, robots = rng.integers(0, len(window.groups), (2, self.settings.groups_per_batch))
        return TensorGroups.of(
            self.reader.read(window.groups[groups], [window.robots[i] for i in robots], rng)
        )

    def held_out(self, count: int, index: int) -> TensorGroups:
        """Groups that no step samples from, for calibration (0) and figures (1); each group has its own robot."""
        window = self.window(VALIDATION_STREAM, index, count)
        rng = np.random.default_rng([self.settings.seed, HELD_OUT_SENSORS, index])
        return TensorGroups.of(self.reader.read(window.groups, window.robots, rng))

    def held_out_classes(self, count: int, index: int) -> list[str]:
        """The object class of each of these groups."""
        return [
            self.objects[i].object_class for i in self.window(VALIDATION_STREAM, index, count).groups.objects
        ]

    def _fit_scaling(self, objects: Sequence[GraspObject]) -> None:
        """Coordinates are scaled by the sampling range, joints by what they do."""
        half_range = np.max([item.half_range for item in objects], axis=0)
        half_range[:3][half_range[:3] == 0] = half_range[:3].max() or 1.0
        half_range[3:][half_range[3:] == 0] = half_range[3:].max() or 1.0
        joints = torch.from_numpy(self.window(SCALING_STREAM, 0, SCALING_GROUPS).groups.joints).flatten(0, 1)
        with torch.no_grad():
            self.network.coordinate_scale.copy_(torch.from_numpy(half_range))
            self.network.joint_mean.copy_(joints.mean(0))
            self.network.joint_scale.copy_(joints.std(0) + 0.02)

    def _start_from(self, name: str) -> None:
        """Take weights and scaling of a model; ModelError where it has another network or is of another hand."""
        folder = model_folder(name)
        card = read_card(folder)
        if (
            NetworkSettings.model_validate(card.network) != self.settings.network
            or card.hand_signature != self.hand.signature
        ):
            raise ModelError(
                f"{folder}: has another network or hand than the training that is to start from it."
            )
        self.network.load_state_dict(load_network(verified(folder, card, WEIGHTS), card).state_dict())

    def rate(self, step: int) -> float:
        """Learning rate: linear warm-up, then half a cosine down to FINAL_RATE of the peak."""
        s = self.settings
        warm = min(1.0, (step + 1) / max(1, s.warmup_steps))
        fall = 0.5 * (1 + math.cos(math.pi * step / s.steps))
        return s.learning_rate * warm * (FINAL_RATE + (1 - FINAL_RATE) * fall)

    def update(self, groups: TensorGroups) -> float:
        """One optimiser step; the root mean square of the scaled increment error before it."""
        s = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(self.step)
        rng = np.random.default_rng([s.seed, PAIR_STREAM, self.step])
        every = np.arange(1, groups.size)
        shifts = rng.choice(every, min(s.pairs_per_image, len(every)), replace=False)
        loss, error = batch_loss(self.network, groups, [int(k) for k in shifts], s.beta, s.absolute_weight)
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
            for groups in self._batches():
                progress(self.step, self.update(groups))
                if time.monotonic() - saved > self.settings.checkpoint_seconds:
                    save_checkpoint(
                        checkpoint, self.step, identity, self.network, self.average, self.optimizer
                    )
                    saved = time.monotonic()
        finally:
            if self.step:
                save_checkpoint(checkpoint, self.step, identity, self.network, self.average, self.optimizer)
        return first

    def _batches(self) -> Iterator[TensorGroups]:
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

    def averaged_network(self) -> PolicyNetwork:
        """The network with the averaged weights, for inference."""
        self.network.load_state_dict(self.average)
        return self.network.eval()


def limit_threads(count: int) -> None:
    """Both torch and numba to `count` threads: they may share one OpenMP, where the last one who sets it wins."""
    numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    torch.set_num_threads(count)
