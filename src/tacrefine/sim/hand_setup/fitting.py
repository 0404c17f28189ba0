"""Which postures and grasp centres hold what: tried in simulation over each class's sampling box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import transform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.sim.hand_setup.importing import hand_of
from tacrefine.sim.hand_setup.posture import find_postures, with_posture
from tacrefine.sim.quasistatic import QuasistaticSimulator

ENOUGH = 0.9
"""share of the sampling box that has to be valid grasps"""
POSES = 60
FINAL_POSES = 300
POSTURES = 3
SHIFTS = (0.0, 0.003, -0.003, 0.006, -0.006)
"""m along z of the grasp frame that are tried for the centre"""
DEPTHS = (0.0, -0.002, 0.002)
"""m along x"""


@dataclass(frozen=True)
class Fit:
    """A hand's content with the best posture that was found, and the share of valid grasps of each class."""

    content: Mapping[str, Any]
    hand: Hand
    shares: Mapping[str, float]

    @property
    def cannot_hold(self) -> tuple[str, ...]:
        """Classes of which too few grasps are valid."""
        return tuple(name for name, share in self.shares.items() if share < ENOUGH)


def fit_hand(
    content: dict[str, Any],
    objects: Mapping[str, GraspObject],
    source: str,
    report: Callable[[str, int, int], None] | None = None,
) -> Fit:
    """Try postures and grasp centres; the one that holds most classes, then most grasps.

    Raises ConfigError where the hand has fewer than two fingers that move.
    """
    hand = hand_of(content, source)
    if sum(finger.moves for finger in hand.fingers) < 2:
        raise ConfigError(
            f"{source}: hand '{hand.name}' has fewer than two fingers that move; none can be opposed."
        )
    candidates = [content] if _was_fitted(hand) else []
    candidates += [with_posture(content, hand, posture) for posture in find_postures(hand, POSTURES)]
    total = len(candidates) + len(SHIFTS) + len(DEPTHS) - 2
    done = 0

    def best_of(tried: Sequence[dict[str, Any]]) -> tuple[tuple[float, float], dict[str, Any]]:
        nonlocal done
        scored = []
        for one in tried:
            scored.append((_score(shares_of(hand_of(one, source), objects, POSES)), one))
            done += 1
            if report is not None:
                report("postures", done, total)
        return max(scored, key=lambda each: each[0])

    score, best = best_of(candidates)
    for axis, steps in ((2, SHIFTS), (0, DEPTHS)):
        tried = [_shifted(best, axis, step) for step in steps if step]
        other_score, other = best_of(tried)
        if other_score > score:
            score, best = other_score, other
    final = hand_of(best, source)
    return Fit(best, final, shares_of(final, objects, FINAL_POSES))


def shares_of(hand: Hand, objects: Mapping[str, GraspObject], poses: int) -> dict[str, float]:
    """Share of valid grasps in the sampling box, for each class over all its objects."""
    simulator, rng = QuasistaticSimulator(hand), np.random.default_rng(0)
    sample = load_plant("ideal").sample(hand, rng)
    found: dict[str, list[float]] = {}
    for item in objects.values():
        batch = simulator.grasp(item, item.sample_poses(np.random.default_rng(1), poses), sample)
        found.setdefault(item.object_class, []).append(float(batch.valid.mean()))
    return {name: float(np.mean(shares)) for name, shares in found.items()}


def _was_fitted(hand: Hand) -> bool:
    return bool(np.abs(hand.closed_positions - hand.open_positions).max() > 1e-6)


def _score(shares: Mapping[str, float]) -> tuple[float, float]:
    values = list(shares.values())
    return float(sum(value >= ENOUGH for value in values)), float(np.mean(values))


def _shifted(content: dict[str, Any], axis: int, step: float) -> dict[str, Any]:
    centre = content["grasp_centre"]
    turn = centre.get("rotation_vector", [0.0, 0.0, 0.0])
    place = transform(centre.get("position", [0.0, 0.0, 0.0]), turn).apply(step * np.eye(3)[axis])
    return {
        **content,
        "grasp_centre": {"position": [round(float(v), 5) for v in place], "rotation_vector": list(turn)},
    }
