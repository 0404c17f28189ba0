"""A trained model of one sensor: readings in, coordinates or increments with standard deviations out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacrefine.data.presses.description import TableDescription
from tacrefine.data.presses.presses import Presses
from tacrefine.errors import ModelError
from tacrefine.policy.layers import IMAGE_GAIN
from tacrefine.policy.network import AXES, LOG_VARIANCE_RANGE, Encoded, PolicyNetwork
from tacrefine.policy.presses.blend import Blend
from tacrefine.policy.presses.ensemble import Examples
from tacrefine.policy.presses.features import features
from tacrefine.policy.presses.sensors import Sensors
from tacrefine.policy.presses.settings import PressTraining

Array = NDArray[np.float64]


@dataclass(eq=False)
class PressModel:
    """Networks of one sensor with what they need beside their weights. K coordinates, SI units."""

    description: TableDescription
    settings: PressTraining
    networks: list[PolicyNetwork]
    feature_mean: Tensor
    feature_scale: Tensor
    origin: Array
    """(K,) added to what the networks predict"""
    references: Presses
    """labelled presses that others are compared with"""
    sensors: Sensors | None
    """how the sensor was found to read; None: the networks answer alone"""
    absolute_blend: Blend
    """how the answers of both become one, for coordinates"""
    increment_blend: Blend
    """the same for increments"""

    def examples(self, presses: Presses) -> Examples:
        """Presses as the networks take them; ModelError where they have other columns than those learned from."""
        wanted = self.references.readings.shape[1]
        if presses.readings.shape[1] != wanted:
            raise ModelError(
                f"the model '{self.description.name}' was trained on {wanted} columns of touch, the table has "
                f"{presses.readings.shape[1]}."
            )
        if presses.context.shape[1] != self.references.context.shape[1]:
            raise ModelError(
                f"the model '{self.description.name}' was trained on {self.references.context.shape[1]} columns of "
                f"context, the table has {presses.context.shape[1]}."
            )
        shown = torch.from_numpy(features(presses.readings, self.description.taxels.components))
        count, axes = len(presses), len(self.origin)
        coordinates = torch.zeros(count, AXES)
        coordinates[:, :axes] = torch.from_numpy(np.nan_to_num(presses.coordinates - self.origin)).float()
        joints = torch.from_numpy(presses.context) if presses.context.shape[1] else torch.zeros(count, 1)
        return Examples(
            (shown - self.feature_mean) / self.feature_scale / IMAGE_GAIN,
            joints,
            coordinates,
            presses.groups,
            axes,
        )

    @torch.inference_mode()
    def absolute(self, presses: Presses) -> tuple[Array, Array]:
        """Coordinates (n, K) and their standard deviations."""
        means, variances = self.each_absolute(self.examples(presses))
        answer = means.mean(axis=0) + self.origin, variances.mean(axis=0) + means.var(axis=0)
        return self.absolute_blend(answer, self._places(presses))

    @torch.inference_mode()
    def increments(self, current: Presses, target: Presses) -> tuple[Array, Array]:
        """Increment (n, K) from each press of `current` to that of `target`, and its standard deviations."""
        means, variances = self.each_increment(self.examples(current), self.examples(target))
        answer = means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
        here, there = self._places(current), self._places(target)
        if here is None or there is None:
            return self.increment_blend(answer, None)
        return self.increment_blend(answer, (there[0] - here[0], there[1] + here[1]))

    def _places(self, presses: Presses) -> tuple[Array, Array] | None:
        return None if self.sensors is None else self.sensors.places(presses)

    @torch.inference_mode()
    def each_increment(self, current: Examples, target: Examples) -> tuple[Array, Array]:
        """Means and variances (members, n, K), not calibrated."""
        pairs = [_compared(n, _encoded(n, current), _encoded(n, target)) for n in self.networks]
        return _stacked(pairs, current.axes)

    @torch.inference_mode()
    def each_absolute(self, examples: Examples) -> tuple[Array, Array]:
        """Means and variances (members, n, K) about the origin, not calibrated, by comparing with labelled presses."""
        known = self.examples(self.references)
        found = []
        for network in self.networks:
            here, there = _encoded(network, examples), _encoded(network, known)
            guess = here.absolute[:, :AXES] * network.coordinate_scale
            variance = torch.exp(here.absolute[:, AXES:].clamp(*LOG_VARIANCE_RANGE))
            variance = variance * network.coordinate_scale.square()
            found.append((self._by_comparing(network, here, there, guess, known), variance))
        return _stacked(found, examples.axes)

    def _by_comparing(
        self, network: PolicyNetwork, here: Encoded, there: Encoded, guess: Tensor, known: Examples
    ) -> Tensor:
        """Mean over the labelled presses near the guess: where they are, less the increment from here to them."""
        count = min(self.settings.references, len(known.tactile))
        scale = network.coordinate_scale[: known.axes]
        distance = torch.cdist(guess[:, : known.axes] / scale, known.coordinates[:, : known.axes] / scale)
        nearest = distance.topk(count, largest=False).indices
        total = torch.zeros_like(guess)
        for k in range(count):
            rows = nearest[:, k]
            increment, _ = _compared(network, here, there.map(lambda x, rows=rows: x[rows]))
            total = total + known.coordinates[rows] - increment
        return total / count


def _encoded(network: PolicyNetwork, examples: Examples) -> Encoded:
    observable = torch.zeros(len(examples.tactile), AXES)
    observable[:, : examples.axes] = 1.0
    return network.encode(examples.tactile, examples.joints, observable)


def _compared(network: PolicyNetwork, current: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
    """Increments and variances in SI units."""
    mean, log_variance = network.compare(current, target)
    scale = network.coordinate_scale
    return mean * scale, torch.exp(log_variance) * scale.square()


def _stacked(parts: list[tuple[Tensor, Tensor]], axes: int) -> tuple[Array, Array]:
    means, variances = (np.stack([part[i][:, :axes].double().numpy() for part in parts]) for i in (0, 1))
    return means, variances
