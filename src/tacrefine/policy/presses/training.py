"""From labelled presses to a model whose standard deviations are right on presses that it did not learn from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from tacrefine.data.presses.presses import Presses
from tacrefine.errors import DataError, ModelError
from tacrefine.policy.network import PolicyNetwork
from tacrefine.policy.presses.blend import Blend
from tacrefine.policy.presses.calibration import calibrate
from tacrefine.policy.presses.ensemble import learn
from tacrefine.policy.presses.features import features
from tacrefine.policy.presses.model import PressModel
from tacrefine.policy.presses.sensors import fit_sensors
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.training_loop import limit_threads

BLOCK = 16
"""presses in a row that are held out together: neighbours in time are alike"""
ONE_BY_ONE = 24


def train_presses(
    presses: Presses,
    settings: PressTraining,
    start: PressModel | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PressModel:
    """A model of these presses. `start`: begin with its weights (same columns, coordinates and network).

    Raises DataError where a coordinate never changes, ModelError where `start` is of another kind.
    """
    limit_threads(1)
    torch.manual_seed(settings.seed)
    model = _untrained(presses, settings)
    if start is not None:
        _begin_with(model, start)
    kept = ~held_out(presses, settings)
    learn(model.networks, model.examples(presses), kept, settings, progress)
    for network in model.networks:
        network.eval()
    if settings.sensor_model:
        model.sensors = fit_sensors(presses, start.sensors if start is not None else None)
    calibrate(model, presses, ~kept)
    return model


def _untrained(presses: Presses, settings: PressTraining) -> PressModel:
    low, high = presses.coordinates.min(axis=0), presses.coordinates.max(axis=0)
    if (high == low).any():
        name = presses.description.names[int(np.argmax(high == low))]
        raise DataError(f"coordinate '{name}' never changes; there is nothing to learn about it.")
    shown = torch.from_numpy(features(presses.readings, presses.description.taxels.components))
    networks = []
    for _ in range(settings.members):
        joints = max(1, presses.context.shape[1])
        network = PolicyNetwork([(1, shown.shape[1])], joints, settings.network)
        with torch.no_grad():
            network.coordinate_scale[: len(low)] = torch.from_numpy((high - low) / 2).float()
            if presses.context.shape[1]:
                context = torch.from_numpy(presses.context)
                network.joint_mean.copy_(context.mean(0))
                network.joint_scale.copy_(context.std(0) + 0.02)
        networks.append(network)
    scale = shown.std(0) + 1e-6
    plain = Blend.plain(len(low))
    return PressModel(
        presses.description,
        settings,
        networks,
        shown.mean(0),
        scale,
        (low + high) / 2,
        presses,
        None,
        plain,
        plain,
    )


def _begin_with(model: PressModel, start: PressModel) -> None:
    """Take weights and scaling of another model; its own presses are not compared with."""
    if (
        model.settings.network != start.settings.network
        or model.feature_mean.shape != start.feature_mean.shape
        or len(model.origin) != len(start.origin)
        or model.references.context.shape[1] != start.references.context.shape[1]
    ):
        raise ModelError(
            f"the model '{start.description.name}' has other columns, coordinates or network settings than the "
            "training that is to start from it."
        )
    for number, network in enumerate(model.networks):
        network.load_state_dict(start.networks[number % len(start.networks)].state_dict())
    model.feature_mean, model.feature_scale, model.origin = (
        start.feature_mean,
        start.feature_scale,
        start.origin,
    )


def held_out(presses: Presses, settings: PressTraining) -> NDArray[np.bool_]:
    """Which presses each network is kept from (members, n): whole groups where there are many, else blocks of rows.

    With up to `ONE_BY_ONE` groups each is held out by one network: a single group tells little of how far the next one
    will be off. Else two networks share a part, where there are four or more: the mean of both is asked there.
    """
    units = presses.groups
    enough = max(settings.members, 1 / settings.held_out)
    if len(np.unique(units)) < enough:
        size = max(1, min(BLOCK, len(presses) // (4 * settings.members)))
        units = np.arange(len(presses)) // size
    names = np.random.default_rng([settings.seed, 0]).permutation(np.unique(units))
    if units is presses.groups and len(names) <= ONE_BY_ONE:
        return np.stack([np.isin(units, names[i :: settings.members]) for i in range(settings.members)])
    count = max(1, round(settings.held_out * len(names)))
    parts = max(2, settings.members // 2)
    chosen = [names[(np.arange(count) + (i % parts) * count) % len(names)] for i in range(settings.members)]
    return np.stack([np.isin(units, some) for some in chosen])
