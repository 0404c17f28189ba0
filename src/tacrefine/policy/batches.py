"""Touch groups as tensors, and the loss over all their pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacrefine.data.groups import TouchGroups
from tacrefine.policy.loss import gaussian_loss
from tacrefine.policy.network import LOG_VARIANCE_RANGE
from tacrefine.policy.networks import Network


@dataclass(frozen=True)
class TensorGroups:
    """A :class:`TouchGroups` of B groups of G, flattened to ``(B * G, ...)`` float32 tensors."""

    tactile: Tensor
    joints: Tensor
    coordinates: Tensor
    valid: Tensor
    observable: Tensor
    size: int

    @classmethod
    def of(cls, groups: TouchGroups) -> TensorGroups:
        """Return the batch that groups of touches make, as tensors."""
        size = groups.tactile.shape[1]
        observable = np.repeat(groups.observable, size, axis=0)
        return cls(
            tactile=_flat(groups.tactile),
            joints=_flat(groups.joints),
            coordinates=_flat(groups.coordinates),
            valid=_flat(groups.valid[..., None]),
            observable=torch.from_numpy(observable.astype(np.float32)),
            size=size,
        )

    def joined(self, other: TensorGroups) -> TensorGroups:
        """The groups of both, which must have the same size."""
        names = ("tactile", "joints", "coordinates", "valid", "observable")
        both = {name: torch.cat([getattr(self, name), getattr(other, name)]) for name in names}
        return TensorGroups(**both, size=self.size)

    def shifted(self, tensor: Tensor, shift: int) -> Tensor:
        """Each grasp's partner: the tensor rolled by `shift` within its group."""
        return tensor.view(-1, self.size, *tensor.shape[1:]).roll(shift, dims=1).view(tensor.shape)

    def encode(self, network: Network) -> Any:
        """All grasps, each once."""
        return network.encode(self.tactile, self.joints, self.observable)

    def compare(self, network: Network, encoded: Any, shift: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mean, log-variance, truth (scaled) and weight of all pairs that are `shift` apart."""
        mean, log_variance = network.compare(encoded, encoded.map(lambda x: self.shifted(x, shift)))
        truth = (self.shifted(self.coordinates, shift) - self.coordinates) / network.coordinate_scale
        weight = self.observable * self.valid * self.shifted(self.valid, shift)
        return mean, log_variance, truth, weight


@dataclass(frozen=True)
class HandGroups:
    """Touch of one hand, with the network that reads it: the parts of a batch that is of several hands."""

    network: Network
    groups: TensorGroups


def _flat(array: NDArray[Any]) -> Tensor:
    """Groups ``(B, G, n)`` to a float32 tensor ``(B * G, n)``."""
    return torch.from_numpy(np.ascontiguousarray(array.reshape(-1, array.shape[-1]), np.float32))


def batch_loss(
    network: Network, groups: TensorGroups, shifts: list[int], beta: float, absolute_weight: float
) -> tuple[Tensor, Tensor]:
    """Loss to minimise, and the root mean square of the increment's scaled error for the progress bar."""
    encoded = groups.encode(network)
    absolute, log_variance = encoded.absolute.chunk(2, dim=1)
    truth = groups.coordinates / network.coordinate_scale
    log_variance = log_variance.clamp(*LOG_VARIANCE_RANGE)
    loss = absolute_weight * gaussian_loss(
        absolute, log_variance, truth, groups.observable * groups.valid, beta
    )
    error = torch.zeros(())
    for shift in shifts:
        mean, log_variance, truth, weight = groups.compare(network, encoded, shift)
        loss = loss + gaussian_loss(mean, log_variance, truth, weight, beta) / len(shifts)
        squared = ((mean.detach() - truth).square() * weight).sum() / weight.sum().clamp(min=1.0)
        error = error + squared / len(shifts)
    return loss, error.sqrt()
