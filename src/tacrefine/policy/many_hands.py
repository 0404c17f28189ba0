"""Training on many hands at once: every step learns from several of them, through one set of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tacrefine.data.hand_pool import HandPool, HandPoolSettings
from tacrefine.data.stream import SimulatedGroups, TouchReader
from tacrefine.hands import Hand, load_hand
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.policy.any_hand.bound import HandNetwork
from tacrefine.policy.any_hand.network import AnyHandNetwork, AnyHandSettings
from tacrefine.policy.batches import HandGroups, TensorGroups, batch_loss
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.training import Window, half_ranges, starting_weights
from tacrefine.policy.training_loop import (
    BATCH_STREAM,
    HELD_OUT_SENSORS,
    VALIDATION_STREAM,
    TrainingLoop,
    limit_threads,
)


@dataclass(frozen=True)
class OneHand:
    """What turns simulated groups of one hand into a part of a batch."""

    network: HandNetwork
    reader: TouchReader

    def read(self, window: Window, rng: np.random.Generator) -> HandGroups:
        """All groups of a window, each read by its robot's sensors."""
        groups = self.reader.read(window.groups, window.robots, rng)
        return HandGroups(self.network, TensorGroups.of(groups))


@dataclass(frozen=True)
class HandsWindow:
    """Simulated groups of several hands, that the steps of one window sample their batches from."""

    hands: Sequence[OneHand]
    windows: Sequence[Window]


class ManyHandsTrainer(TrainingLoop[HandsWindow, list[HandGroups]]):
    """A run on many hands; `network` stands on the default hand."""

    network: HandNetwork

    def __init__(
        self,
        settings: TrainingSettings,
        objects: Sequence[GraspObject],
        shares: Mapping[str, float],
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        """`shares`: how often each object is sampled relative to the others.

        `start`: weights and scaling of the same network to begin with, instead of the model `start_from`.
        """
        assert settings.hands is not None
        assert isinstance(settings.network, AnyHandSettings)
        limit_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self._hands: HandPoolSettings = settings.hands
        self.objects = tuple(objects)
        self.plant = plant = load_plant(settings.plant)

        def source(hand: Hand) -> SimulatedGroups:
            return SimulatedGroups(hand, objects, plant, settings.groups, shares)

        self._pool = HandPool(self._hands, source)
        hand = load_hand()
        network = HandNetwork(AnyHandNetwork(settings.network), hand)
        with torch.no_grad():
            network.core.coordinate_scale.copy_(torch.from_numpy(half_ranges(objects)))
        if start is not None:
            network.load_state_dict(start)
        elif settings.start_from is not None:
            network.load_state_dict(starting_weights(settings.start_from, settings.network, hand))
        self.begin(settings, network)

    def window(self, stream: int, index: int, count: int) -> HandsWindow:
        """Window number `index` of a stream with about `count` groups: always the same ones."""
        rng = np.random.default_rng([self.settings.seed, stream, index])
        sources = self._pool.sample(rng, min(self._hands.per_window, count))
        each = max(1, count // len(sources))
        windows = []
        for source in sources:
            robots = [self.plant.sample(source.hand, rng) for _ in range(each)]
            windows.append(Window(source.sample(rng, each), robots))
        return HandsWindow([self._one(source.hand) for source in sources], windows)

    def _one(self, hand: Hand) -> OneHand:
        reader = TouchReader(hand, self.objects, self.settings.frames)
        return OneHand(HandNetwork(self.network.core, hand), reader)

    def batch(self, window: HandsWindow, step: int) -> list[HandGroups]:
        """The batch of a step: random groups of some of the window's hands, random robots' sensors, fresh noise."""
        rng = np.random.default_rng([self.settings.seed, BATCH_STREAM, step])
        count = min(self._hands.per_batch, len(window.hands))
        each = max(1, self.settings.groups_per_batch // count)
        parts = []
        for number in rng.choice(len(window.hands), count, replace=False):
            one = window.windows[number]
            groups, robots = rng.integers(0, len(one.groups), (2, each))
            chosen = Window(one.groups[groups], [one.robots[i] for i in robots])
            parts.append(window.hands[number].read(chosen, rng))
        return parts

    def held_out(self, count: int, index: int) -> list[HandGroups]:
        """Groups of hands that no step samples from, for calibration (0) and figures (1)."""
        window = self.window(VALIDATION_STREAM, index, count)
        rng = np.random.default_rng([self.settings.seed, HELD_OUT_SENSORS, index])
        return [hand.read(one, rng) for hand, one in zip(window.hands, window.windows, strict=True)]

    def held_out_classes(self, count: int, index: int) -> list[str]:
        """The object class of each of these groups."""
        windows = self.window(VALIDATION_STREAM, index, count).windows
        return [self.objects[i].object_class for one in windows for i in one.groups.objects]

    def loss(self, batch: list[HandGroups], shifts: list[int]) -> tuple[Tensor, Tensor]:
        """Mean of the losses of the batch's hands, and the root mean square of the scaled increment error."""
        s = self.settings
        results = [batch_loss(part.network, part.groups, shifts, s.beta, s.absolute_weight) for part in batch]
        loss = torch.stack([loss for loss, _ in results]).mean()
        return loss, torch.stack([error.square() for _, error in results]).mean().sqrt()
