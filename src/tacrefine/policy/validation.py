"""What a trained network does on groups that it never saw: one-step errors, and the coverage of its deviations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacrefine.geometry import AXES as AXIS_NAMES
from tacrefine.objects import GraspObject
from tacrefine.policy.batches import HandGroups, TensorGroups
from tacrefine.policy.network import AXES
from tacrefine.policy.networks import Network

ONE_SIGMA = 0.6827
WEAK = 0.5
"""share of the sampling box's standard deviation from which on a deviation says that an axis cannot be told"""


@torch.inference_mode()
def calibrate(network: Network, groups: TensorGroups | list[HandGroups]) -> None:
    """Set the network's `deviation_scale` so that one sigma covers 68 % of the errors on every axis."""
    network.deviation_scale.fill_(1.0)
    error, deviation, weight, _ = pair_errors(network, groups)
    for axis in range(AXES):
        seen = weight[:, axis] > 0
        if seen.any():
            ratio = np.abs(error[seen, axis]) / deviation[seen, axis]
            network.deviation_scale[axis] = float(np.quantile(ratio, ONE_SIGMA))


@torch.inference_mode()
def one_step_figures(
    network: Network, groups: TensorGroups | list[HandGroups], classes: Sequence[str]
) -> dict[str, Any]:
    """Median errors of the increment for each class; `classes` has one entry for each group.

    `covered` is the share of errors within one predicted standard deviation.
    """
    error, deviation, weight, owner = pair_errors(network, groups)
    names = np.asarray(classes)[owner]
    whole = weight.any(axis=1)
    millimetres = np.linalg.norm(error[:, :3] * weight[:, :3], axis=1) * 1e3
    degrees = np.rad2deg(np.linalg.norm(error[:, 3:] * weight[:, 3:], axis=1))
    figures: dict[str, Any] = {}
    for name in [*sorted({str(name) for name in names}), "all"]:
        chosen = whole & ((names == name) | (name == "all"))
        seen = weight[chosen] > 0
        figures[name] = {
            "pairs": int(chosen.sum()),
            "median_mm": float(np.median(millimetres[chosen])),
            "median_deg": float(np.median(degrees[chosen])),
            "covered": float((np.abs(error[chosen]) < deviation[chosen])[seen].mean()),
        }
    return figures


@torch.inference_mode()
def cannot_tell(
    network: Network, groups: TensorGroups, classes: Sequence[str], objects: Sequence[GraspObject]
) -> dict[str, list[str]]:
    """Weakly observable axes of each class: the deviation from one grasp is not far below that of the sampling box.

    Classes of which every axis can be told are left out.
    """
    _, deviation, weight, owner = pair_errors(network, groups)
    names = np.asarray(classes)[owner]
    found = {}
    for item in {item.object_class: item for item in objects}.values():
        prior = item.half_range / np.sqrt(3.0)
        chosen = names == item.object_class
        hidden = [
            axis
            for i, axis in enumerate(AXIS_NAMES)
            if item.observable[i]
            and (seen := chosen & (weight[:, i] > 0)).any()
            and np.median(deviation[seen, i]) > WEAK * prior[i]
        ]
        if hidden:
            found[item.object_class] = hidden
    return found


def pair_errors(
    network: Network, groups: TensorGroups | list[HandGroups]
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Errors and deviations (m, rad), weights, ``(n, 6)`` each, and the group each pair is of ``(n,)``."""
    if isinstance(groups, list):
        return _joined([pair_errors(part.network, part.groups) for part in groups])
    encoded = groups.encode(network)
    errors, deviations, weights, owners = [], [], [], []
    for shift in range(1, groups.size):
        mean, log_variance, truth, weight = groups.compare(network, encoded, shift)
        scale = network.coordinate_scale
        errors.append(((mean - truth) * scale).numpy())
        deviations.append((torch.exp(0.5 * log_variance) * network.deviation_scale * scale).numpy())
        weights.append(weight.numpy())
        owners.append(np.repeat(np.arange(len(mean) // groups.size), groups.size))
    return np.concatenate(errors), np.concatenate(deviations), np.concatenate(weights), np.concatenate(owners)


def _joined(
    parts: Sequence[tuple[NDArray, NDArray, NDArray, NDArray]],
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """The pairs of several hands, their groups numbered on."""
    errors, deviations, weights, owners = (list(column) for column in zip(*parts, strict=True))
    first = np.cumsum([0, *(owner.max() + 1 for owner in owners[:-1])])
    numbered = [owner + start for owner, start in zip(owners, first, strict=True)]
    return (
        np.concatenate(errors),
        np.concatenate(deviations),
        np.concatenate(weights),
        np.concatenate(numbered),
    )
