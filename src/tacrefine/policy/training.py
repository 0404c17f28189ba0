"""Training on one hand: fresh groups of grasps from its simulator, or out of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacrefine.data.groups import ForceGroups, GroupSource
from tacrefine.data.stream import TouchReader
from tacrefine.errors import ModelError
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample, load_plant
from tacrefine.policy.any_hand.network import AnyHandSettings
from tacrefine.policy.batches import TensorGroups, batch_loss
from tacrefine.policy.card import WEIGHTS, read_card, verified
from tacrefine.policy.network import NetworkSettings
from tacrefine.policy.networks import SETTINGS, network_for
from tacrefine.policy.runtime import model_folder
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.training_loop import (
    BATCH_STREAM,
    HELD_OUT_SENSORS,
    SCALING_STREAM,
    VALIDATION_STREAM,
    TrainingLoop,
    limit_threads,
)
from tacrefine.policy.weights import load_network

SCALING_GROUPS = 512


@dataclass(frozen=True)
class Window:
    """Simulated groups and robots' sensors that the steps of one window sample their batches from."""

    groups: ForceGroups
    robots: list[PlantSample]


class Trainer(TrainingLoop[Window, TensorGroups]):
    """A run on one hand."""

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
        self.network = network_for(settings.network, hand)
        self._fit_scaling(objects)
        if start is not None:
            self.network.load_state_dict(start)
        elif settings.start_from is not None:
            self.network.load_state_dict(starting_weights(settings.start_from, settings.network, hand))
        self.begin(settings, self.network)

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
        joints = torch.from_numpy(self.window(SCALING_STREAM, 0, SCALING_GROUPS).groups.joints).flatten(0, 1)
        with torch.no_grad():
            self.network.fit_scaling(torch.from_numpy(half_ranges(objects)), joints)

    def loss(self, batch: TensorGroups, shifts: list[int]) -> tuple[Tensor, Tensor]:
        """Loss to minimise over pairs so far apart, and the root mean square of the increment's scaled error."""
        s = self.settings
        return batch_loss(self.network, batch, shifts, s.beta, s.absolute_weight)


def half_ranges(objects: Sequence[GraspObject]) -> NDArray[np.float64]:
    """Unit of each coordinate (6,): the largest half range of the objects, or that of its kind where it is zero."""
    half_range: NDArray[np.float64] = np.max([item.half_range for item in objects], axis=0)
    half_range[:3][half_range[:3] == 0] = half_range[:3].max() or 1.0
    half_range[3:][half_range[3:] == 0] = half_range[3:].max() or 1.0
    return half_range


def starting_weights(name: str, network: NetworkSettings | AnyHandSettings, hand: Hand) -> dict[str, Tensor]:
    """Weights and scaling of a model; ModelError where it has another network or is of another hand."""
    folder = model_folder(name)
    card = read_card(folder)
    if SETTINGS.validate_python(card.network) != network or not card.fits(hand):
        raise ModelError(f"{folder}: has another network or hand than the training that is to start from it.")
    return dict(load_network(verified(folder, card, WEIGHTS), card, hand).state_dict())
