"""What a model's standard deviations are worth, from presses that its parts did not learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.presses.presses import Presses
from tacrefine.policy.presses.blend import Blend
from tacrefine.policy.presses.model import PressModel
from tacrefine.policy.presses.sensors import Sensors, fit_sensors
from tacrefine.policy.validation import ONE_SIGMA

Array = NDArray[np.float64]
Answer = tuple[Array, Array]

FEW_GROUPS = 8
"""up to so many groups, what differs from one to the next is measured by leaving each out"""


def calibrate(model: PressModel, presses: Presses, out: NDArray[np.bool_]) -> None:
    """Set both blends, so that one sigma covers 68 % of the errors. `out` (members, n): who did not see what."""
    asked = np.flatnonzero(out.any(axis=0))
    means, variances = np.zeros((2, len(out), *presses.coordinates.shape))
    means[:, asked], variances[:, asked] = model.each_absolute(model.examples(presses.take(asked)))
    rng = np.random.default_rng([model.settings.seed, 2])
    own: list[tuple[Answer, Answer | None, Array]] = []
    pair: list[tuple[Answer, Answer | None, Array]] = []
    for mask in np.unique(out, axis=0):
        members = np.flatnonzero((out == mask).all(axis=1))
        sensors = _without(model, presses, mask)
        some = presses.take(mask)
        own.append(
            (
                _of_members(means[:, mask], variances[:, mask], members, model.origin),
                _places(sensors, some),
                some.coordinates,
            )
        )
        first, second = pairs(presses.groups, rng, mask)
        if len(first):
            current, target = presses.take(first), presses.take(second)
            each = model.each_increment(model.examples(current), model.examples(target))
            here, there = _places(sensors, current), _places(sensors, target)
            found = (
                (there[0] - here[0], there[1] + here[1]) if here is not None and there is not None else None
            )
            pair.append((_of_members(*each, members), found, target.coordinates - current.coordinates))
    model.absolute_blend = _fitted(own)
    drift = _drift(model, presses)
    model.absolute_blend = Blend(model.absolute_blend.trust, model.absolute_blend.scale * drift)
    if pair:
        model.increment_blend = _fitted(pair)


def _of_members(
    means: Array, variances: Array, members: NDArray[np.int64], origin: Array | float = 0.0
) -> Answer:
    """What the members that did not see the presses say; how far all differ counts as not known."""
    mean = means[members].mean(axis=0) + origin
    return mean, variances[members].mean(axis=0) + means.var(axis=0)


def _without(model: PressModel, presses: Presses, mask: NDArray[np.bool_]) -> Sensors | None:
    if model.sensors is None:
        return None
    return fit_sensors(presses.take(~mask), like=model.sensors)


def _places(sensors: Sensors | None, presses: Presses) -> Answer | None:
    return None if sensors is None else sensors.places(presses)


def _fitted(parts: list[tuple[Answer, Answer | None, Array]]) -> Blend:
    def joined(chosen: list[Answer]) -> Answer:
        return np.concatenate([one[0] for one in chosen]), np.concatenate([one[1] for one in chosen])

    sensor = [part[1] for part in parts if part[1] is not None]
    truth = np.concatenate([part[2] for part in parts])
    both = joined(sensor) if len(sensor) == len(parts) else None
    return Blend.fitted(joined([part[0] for part in parts]), both, truth)


def _drift(model: PressModel, presses: Presses) -> Array:
    """Factor (K,) by which errors are larger in a group that was not learned from at all, at least 1.

    Between passes a sensor's zero and gain wander. Each group is left out once, and as many presses at random: only
    the former shows the drift. Needed where held out presses come from groups that were learned from.
    """
    names, number = np.unique(presses.groups, return_inverse=True)
    ones = np.ones(len(model.origin))
    if model.sensors is None or not 2 <= len(names) <= FEW_GROUPS:
        return ones
    shuffled = np.random.default_rng([model.settings.seed, 3]).permutation(number)
    quantiles = []
    for labels in (number, shuffled):
        errors = []
        for label in range(len(names)):
            mask = labels == label
            sensors = _without(model, presses, mask)
            found = _places(sensors, presses.take(mask))
            if found is None:
                return ones
            errors.append(np.abs(found[0] - presses.coordinates[mask]))
        quantiles.append(np.quantile(np.concatenate(errors), ONE_SIGMA, axis=0))
    return np.maximum(1.0, quantiles[0] / quantiles[1])


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
