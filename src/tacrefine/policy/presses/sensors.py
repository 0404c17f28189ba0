"""The sensor models of a table: one, or one for each context where few differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.presses.presses import Presses
from tacrefine.policy.presses.inversion import Inversion
from tacrefine.policy.presses.sensor import Sensor, fit_sensor

Array = NDArray[np.float64]

MOST_CONTEXTS = 64
FEWEST_PRESSES = 15
"""with one context"""


@dataclass(frozen=True, eq=False)
class Sensors:
    """A sensor for each context (g, J); J is 0 where the table has none, and g is 1."""

    contexts: NDArray[np.float32]
    sensors: tuple[Sensor, ...]

    @cached_property
    def inversions(self) -> tuple[Inversion, ...]:
        """The sensors the other way round."""
        return tuple(Inversion(sensor) for sensor in self.sensors)

    def places(self, presses: Presses) -> tuple[Array, Array] | None:
        """Coordinates and their variances (n, K) each; None where a press has a context that was never seen."""
        owner = _owner(presses.context, self.contexts)
        if (owner < 0).any():
            return None
        axes = self.sensors[0].places.shape[1]
        mean, variance = np.empty((len(presses), axes)), np.empty((len(presses), axes))
        for number, inversion in enumerate(self.inversions):
            mine = owner == number
            mean[mine], variance[mine] = inversion(presses.readings[mine].astype(float))
        return mean, variance


def fit_sensors(
    presses: Presses, start: Sensors | None = None, like: Sensors | None = None
) -> Sensors | None:
    """Sensor models of labelled presses; None where there are many contexts or few presses of one.

    `start`: sensors that these are expected to resemble; `like`: such as were fitted to the same sensors before, whose
    smoothness is taken.
    """
    contexts = np.unique(presses.context, axis=0)
    if len(contexts) > MOST_CONTEXTS:
        return None
    owner = _owner(presses.context, contexts)
    if np.bincount(owner, minlength=len(contexts)).min() < FEWEST_PRESSES:
        return None
    found = []
    for number in range(len(contexts)):
        mine = owner == number
        if (np.ptp(presses.coordinates[mine], axis=0) == 0).any():
            return None
        prior = start.sensors[0] if start is not None and len(start.sensors) == 1 else None
        found.append(
            fit_sensor(
                presses.readings[mine].astype(float),
                presses.coordinates[mine],
                presses.groups[mine],
                prior,
                like.sensors[number] if like is not None else None,
            )
        )
    return Sensors(contexts, tuple(found))


def _owner(context: NDArray[np.float32], contexts: NDArray[np.float32]) -> NDArray[np.int64]:
    """Number of the context of each press, -1 where it is none of them."""
    if not contexts.shape[1]:
        return np.zeros(len(context), np.int64)
    same = (context[:, None] == contexts[None]).all(axis=2)
    return np.where(same.any(axis=1), same.argmax(axis=1), -1)
