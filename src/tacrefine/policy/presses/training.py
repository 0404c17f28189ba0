"""From labelled presses to a model whose standard deviations are right on presses that it did not learn from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from tacrefine.data.presses.presses import Presses
from tacrefine.errors import DataError, ModelError
from tacrefine.policy.network import AXES, PolicyNetwork
from tacrefine.policy.presses.ensemble import learn
from tacrefine.policy.presses.features import features
from tacrefine.policy.presses.model import PressModel
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.training_loop import limit_threads
from tacrefine.policy.validation import ONE_SIGMA

BLOCK = 16
"""presses in a row that are held out together: neighbours in time are alike"""


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
    ones = np.ones(len(low))
    scale = shown.std(0) + 1e-6
    origin = (low + high) / 2
    return PressModel(
        presses.description, settings, networks, shown.mean(0), scale, origin, presses, ones, ones
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
    """Which presses each network is kept from (members, n): whole groups where there are many, else blocks of rows."""
    units = presses.groups
    enough = max(settings.members, 1 / settings.held_out)
    if len(np.unique(units)) < enough:
        size = max(1, min(BLOCK, len(presses) // (4 * settings.members)))
        units = np.arange(len(presses)) // size
    names = np.random.default_rng([settings.seed, 0]).permutation(np.unique(units))
    count = max(1, round(settings.held_out * len(names)))
    chosen = [names[(np.arange(count) + i * count) % len(names)] for i in range(settings.members)]
    return np.stack([np.isin(units, some) for some in chosen])


def calibrate(model: PressModel, presses: Presses, out: NDArray[np.bool_]) -> None:
    """Set both scales so that one sigma covers 68 % of the errors on presses that a network did not learn from."""
    examples = model.examples(presses)
    means, variances = model.each_absolute(examples)
    truth = presses.coordinates - model.origin
    spread = means.var(axis=0)
    error = np.abs(means - truth)[out]
    deviation = np.sqrt(variances + spread)[out]
    model.absolute_scale = np.quantile(error / deviation, ONE_SIGMA, axis=0)
    ratios = []
    rng = np.random.default_rng([model.settings.seed, 2])
    for member, mask in enumerate(out):
        first, second = pairs(presses.groups, rng, mask)
        if len(first):
            current, target = presses.take(first), presses.take(second)
            means, variances = model.each_increment(model.examples(current), model.examples(target))
            wrong = np.abs(means[member] - (target.coordinates - current.coordinates))
            ratios.append(wrong / np.sqrt(variances[member] + means.var(axis=0)))
    if ratios:
        model.increment_scale = np.quantile(np.concatenate(ratios), ONE_SIGMA, axis=0)


def pairs(
    groups: NDArray[np.int64], rng: np.random.Generator, chosen: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of random pairs of one group each: every press once as the current one, with another as its target."""
    rows = np.arange(len(groups)) if chosen is None else np.flatnonzero(chosen)
    first, second = [], []
    for group in np.unique(groups[rows]):
        mine = rng.permutation(rows[groups[rows] == group])
        if len(mine) > 1:
            first.append(mine)
            second.append(np.roll(mine, 1))
    if not first:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(first), np.concatenate(second)


__all__ = ["AXES", "calibrate", "held_out", "pairs", "train_presses"]
