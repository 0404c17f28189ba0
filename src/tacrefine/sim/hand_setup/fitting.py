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
POSES = 40
FINAL_POSES = 300
POSTURES = 4
PRESSED = 0.02
"""N from which on a taxel counts as pressed"""
PLENTY = 0.98
"""share from which on more valid grasps count for less than more taxels that feel the object"""
ALONG = 2
"""the grasp frame's axis along the fingers"""
CLEARLY = 0.02
"""by which the classes' shares of valid grasps must grow in sum before the centre moves to a side"""
SHIFTS = (
    (ALONG, (-0.009, -0.006, -0.003, 0.003, 0.006, 0.009)),
    (0, (-0.003, -0.0015, 0.0015, 0.003)),
    (1, (-0.006, -0.003, 0.003, 0.006)),
    (ALONG, (-0.003, -0.0015, 0.0015, 0.003)),
)
"""axis of the grasp frame, and m along it that are tried for the centre, one axis after the other"""


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
    """Try postures and grasp centres; the one that holds most classes, then most grasps, then feels most.

    Raises ConfigError where the hand has fewer than two fingers that move.
    """
    hand = hand_of(content, source)
    if sum(finger.moves for finger in hand.fingers) < 2:
        raise ConfigError(
            f"{source}: hand '{hand.name}' has fewer than two fingers that move; none can be opposed."
        )
    candidates = [content] if _was_fitted(hand) else []
    candidates += [with_posture(content, hand, posture) for posture in find_postures(hand, POSTURES)]
    total = len(candidates) + sum(len(steps) for _, steps in SHIFTS)
    few = _few_of_each(objects)
    done = 0

    def best_of(tried: Sequence[dict[str, Any]]) -> tuple[tuple[float, ...], dict[str, Any]]:
        nonlocal done
        scored = []
        for one in tried:
            scored.append((_score(hand_of(one, source), few), one))
            done += 1
            if report is not None:
                report("postures", done, total)
        return max(scored, key=lambda each: each[0])

    score, best = best_of(candidates)
    for axis, steps in SHIFTS:
        other_score, other = best_of([_shifted(best, axis, step) for step in steps])
        # To a side only for more grasps: the object belongs in the middle of the pads.
        if other_score > (score if axis == ALONG else (score[0], score[1] + CLEARLY)):
            score, best = other_score, other
    final = hand_of(best, source)
    return Fit(best, final, shares_of(final, objects, FINAL_POSES))


def shares_of(hand: Hand, objects: Mapping[str, GraspObject], poses: int) -> dict[str, float]:
    """Share of valid grasps in the sampling box, for each class over all its objects."""
    return {name: valid for name, (valid, _) in _tried(hand, objects, poses).items()}


def _tried(hand: Hand, objects: Mapping[str, GraspObject], poses: int) -> dict[str, tuple[float, float]]:
    """Share of valid grasps and number of pressed taxels in a grasp, for each class."""
    simulator, rng = QuasistaticSimulator(hand), np.random.default_rng(0)
    sample = load_plant("ideal").sample(hand, rng)
    found: dict[str, list[tuple[float, float]]] = {}
    for item in objects.values():
        batch = simulator.grasp(item, item.sample_poses(np.random.default_rng(1), poses), sample)
        pressed = (batch.force > PRESSED).sum(1).mean()
        found.setdefault(item.object_class, []).append((float(batch.valid.mean()), float(pressed)))
    return {
        name: (float(np.mean([v for v, _ in each])), float(np.mean([p for _, p in each])))
        for name, each in found.items()
    }


def _few_of_each(objects: Mapping[str, GraspObject]) -> dict[str, GraspObject]:
    """The first and the last object of each class."""
    classes: dict[str, list[str]] = {}
    for name, item in objects.items():
        classes.setdefault(item.object_class, []).append(name)
    return {name: objects[name] for names in classes.values() for name in {names[0], names[-1]}}


def _was_fitted(hand: Hand) -> bool:
    return bool(np.abs(hand.closed_positions - hand.open_positions).max() > 1e-6)


def _score(hand: Hand, objects: Mapping[str, GraspObject]) -> tuple[float, ...]:
    """Classes that it can hold, then the share of valid grasps up to `PLENTY`, then how many taxels feel the object."""
    tried = _tried(hand, objects, POSES).values()
    held = sum(valid >= ENOUGH for valid, _ in tried)
    return float(held), round(sum(min(valid, PLENTY) for valid, _ in tried), 3), sum(p for _, p in tried)


def _shifted(content: dict[str, Any], axis: int, step: float) -> dict[str, Any]:
    centre = content["grasp_centre"]
    turn = centre.get("rotation_vector", [0.0, 0.0, 0.0])
    place = transform(centre.get("position", [0.0, 0.0, 0.0]), turn).apply(step * np.eye(3)[axis])
    return {
        **content,
        "grasp_centre": {"position": [round(float(v), 5) for v in place], "rotation_vector": list(turn)},
    }
