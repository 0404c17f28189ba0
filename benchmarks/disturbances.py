"""One target shown once, then one disturbance after another on the same robots, for ``tracking.py``.

Each disturbance takes the grasp somewhere else in the box; each time a refinement begins with nothing but the target.
Sensors keep their gains, biases and what they remember of earlier loads all the way.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import SimulationError
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import Loop, TrialErrors
from tacrefine.evaluation.world import MAX_TRIES, Robots, sample_trials
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant
from tacrefine.policy import Policy
from tacrefine.sim import GraspBatch

TRACKING_STREAM = 2
"""last number of the seed, so that no other evaluation gets the same random numbers"""


def track(
    settings: EvaluationSettings,
    hand: Hand,
    policy: Policy,
    plant: Plant,
    item: GraspObject,
    disturbances: int,
    progress: Callable[[int], None] = lambda done: None,
) -> list[TrialErrors]:
    """Errors of `settings.trials` robots, an entry for each disturbance in order.

    Each has at most `settings.steps` moves. `progress` counts disturbances. Raises SimulationError when the box holds
    hardly any valid grasp.
    """
    rng = np.random.default_rng([settings.seed, crc32(item.name.encode()), 0, TRACKING_STREAM])
    trials = sample_trials(
        hand, item, plant, settings.trials, settings.targets == "fixed", settings.scales, rng
    )
    loop = Loop(settings, policy, trials.robots, trials.target, trials.at_target, rng)
    found = []
    x, felt = trials.start, trials.at_start
    for number in range(disturbances):
        found.append(loop.refine(x, felt))
        progress(number + 1)
        if number + 1 < disturbances:
            x, felt = _disturbed(trials.robots, settings.scales[1], rng)
    return found


def _disturbed(
    robots: Robots, range_scale: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], GraspBatch]:
    """Random poses ``(N, 6)`` of the box with valid contact, and what is felt there."""
    count = len(robots.samples)
    x = robots.item.sample_poses(rng, count, range_scale)
    for _ in range(MAX_TRIES):
        felt = robots.close(x)
        if felt.valid.all():
            return x, felt
        x = np.where(felt.valid[:, None], x, robots.item.sample_poses(rng, count, range_scale))
    raise SimulationError(
        f"Object '{robots.item.name}': the box holds hardly any valid grasp; narrow its half_range."
    )
