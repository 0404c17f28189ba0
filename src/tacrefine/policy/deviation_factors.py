"""By how much a policy's standard deviations are wrong on one hand, found by simulated grasps of that hand.

Weights for any hand learned their deviations from the hands of their training. On another hand these are too small or
too large; its own grasps, simulated, tell by how much. That is no training: the weights stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.stream import SimulatedGroups, TouchReader
from tacrefine.geometry import AXES
from tacrefine.objects import GraspObject
from tacrefine.objects.pose_groups import GroupSettings
from tacrefine.plants import Plant
from tacrefine.policy.runtime import Policy

ONE_SIGMA = 0.6827
GROUPS = 300
FRAMES = (1, 2, 4, 8)
FEWEST = 50
"""errors along an axis below which nothing is said of it"""
LOWEST, HIGHEST = 0.2, 20.0


def deviation_factors(
    policy: Policy, objects: Sequence[GraspObject], plant: Plant, seed: int = 0, groups: int = GROUPS
) -> dict[str, dict[str, float]]:
    """Factors with which one sigma covers 68 % of the errors, by axes that touch can tell ('z roll') and axis.

    They replace those that the hand has. Robots are sampled from the plant; both grasps of a pair are of one of them.
    """
    rng = np.random.default_rng(seed)
    hand, settings = policy.hand, GroupSettings()
    forces = SimulatedGroups(hand, objects, plant, settings).sample(rng, groups)
    robots = [plant.sample(hand, rng) for _ in range(groups)]
    touch = TouchReader(hand, objects, FRAMES).read(forces, robots, rng)
    observable = np.repeat(touch.observable[:, None], settings.size, axis=1)
    masks, ratios = [], []
    for shift in range(1, settings.size):
        asked = touch.valid & np.roll(touch.valid, -shift, axis=1)
        if not asked.any():
            continue
        mask = observable[asked]
        found = policy.predict_batch(
            touch.tactile[asked],
            touch.joints[asked],
            np.roll(touch.tactile, -shift, axis=1)[asked],
            np.roll(touch.joints, -shift, axis=1)[asked],
            mask,
        )
        truth = (np.roll(touch.coordinates, -shift, axis=1) - touch.coordinates)[asked]
        own = found.standard_deviation / policy.deviation_factors(mask)
        masks.append(mask)
        ratios.append(np.abs(found.differences - truth) / np.where(mask, own, 1.0))
    if not masks:
        return {}
    mask, ratio = np.concatenate(masks), np.concatenate(ratios)
    return {
        " ".join(name for name, told in zip(AXES, kind, strict=True) if told): _quantiles(
            ratio[(mask == kind).all(axis=1)], kind
        )
        for kind in np.unique(mask, axis=0)
        if (mask == kind).all(axis=1).sum() >= FEWEST
    }


def _quantiles(ratios: NDArray[np.float64], told: NDArray[np.bool_]) -> dict[str, float]:
    """Of errors over deviations ``(n, 6)``, for each axis that is told."""
    found = np.clip(np.quantile(ratios, ONE_SIGMA, axis=0), LOWEST, HIGHEST)
    return {name: round(float(found[i]), 3) for i, name in enumerate(AXES) if told[i]}
