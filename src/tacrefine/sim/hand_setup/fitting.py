"""Which postures and grasp centres hold what: tried in simulation over each class's sampling box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.geometry import transform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample, load_plant
from tacrefine.sim.hand_setup.importing import hand_of
from tacrefine.sim.hand_setup.posture import Aim, find_postures, with_posture
from tacrefine.sim.information import TouchInformation
from tacrefine.sim.quasistatic import QuasistaticSimulator

ENOUGH = 0.9
"""share of the sampling box that has to be valid grasps"""
POSES = 30
FINAL_POSES = 300
POSTURES = 4
AIMS = (Aim(0.025, 0.006), Aim(0.012), Aim(0.012, 0.006), Aim(0.006))
"""what else the best posture is tried to be like"""
DEPTHS = (0.0, -0.006, 0.006)
"""m along the fingers at which the centre of a posture is tried"""
SAFELY = 0.95
"""share of valid grasps above which more of them count for less than how well touch tells the pose"""
LOST = 5.0
"""what a share of valid grasps that lacks to `SAFELY` costs"""
NOISE, GAIN = 0.03, 0.1
"""of a reading, share of full scale"""
TOLD = (3e-4, float(np.deg2rad(0.3)))
"""m and rad: an axis that touch tells so well counts as told"""
ALONG = 2
"""the grasp frame's axis along the fingers"""
CLEARLY = 0.02
"""by which the score must grow before the centre moves to a side"""
SHIFTS = (
    (ALONG, (-0.003, 0.003)),
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
    """Try postures and grasp centres; the one that holds most classes, then tells their poses best by touch.

    Raises ConfigError where the hand has fewer than two fingers that move.
    """
    hand = hand_of(content, source)
    if sum(finger.moves for finger in hand.fingers) < 2:
        raise ConfigError(
            f"{source}: hand '{hand.name}' has fewer than two fingers that move; none can be opposed."
        )
    few = _few_of_each(objects)
    found = find_postures(hand, POSTURES)
    before = [content] if _was_fitted(hand) else []
    total = len(DEPTHS) * (len(before) + len(found) + len(AIMS)) + sum(len(steps) for _, steps in SHIFTS)
    done = 0

    def best_of(tried: Sequence[dict[str, Any]]) -> tuple[tuple[float, float], dict[str, Any]]:
        nonlocal done
        scored = []
        for one in tried:
            scored.append((_score(hand_of(one, source), few), one))
            done += 1
            if report is not None:
                report("postures", done, total)
        return max(scored, key=lambda each: each[0])

    def at_depths(one: dict[str, Any]) -> tuple[tuple[float, float], dict[str, Any]]:
        return best_of([_shifted(one, ALONG, depth) for depth in DEPTHS])

    tried = [at_depths(with_posture(content, hand, posture)) for posture in found]
    first = max(range(len(tried)), key=lambda i: tried[i][0])
    for aim in AIMS:
        near = find_postures(hand, 1, aim=aim, near=found[first].held)
        tried += [at_depths(with_posture(content, hand, posture)) for posture in near]
    tried += [at_depths(one) for one in before]
    score, best = max(tried, key=lambda each: each[0])
    for axis, steps in SHIFTS:
        other_score, other = best_of([_shifted(best, axis, step) for step in steps])
        # To a side only where it clearly helps: the object belongs in the middle of the pads.
        if other_score > (score if axis == ALONG else (score[0], score[1] + CLEARLY)):
            score, best = other_score, other
    final = hand_of(best, source)
    return Fit(best, final, shares_of(final, objects, FINAL_POSES))


def shares_of(hand: Hand, objects: Mapping[str, GraspObject], poses: int) -> dict[str, float]:
    """Share of valid grasps in the sampling box, for each class over all its objects."""
    simulator, sample = QuasistaticSimulator(hand), _ideal(hand)
    found: dict[str, list[float]] = {}
    for item in objects.values():
        valid, _ = _grasped(simulator, item, sample, poses)
        found.setdefault(item.object_class, []).append(float(valid.mean()))
    return {name: float(np.mean(shares)) for name, shares in found.items()}


def _grasped(
    simulator: QuasistaticSimulator, item: GraspObject, sample: PlantSample, poses: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which grasps (n,) in the sampling box are valid, and where (n, 6) they are."""
    asked = item.sample_poses(np.random.default_rng(1), poses)
    return simulator.grasp(item, asked, sample).valid, asked


def _ideal(hand: Hand) -> PlantSample:
    return load_plant("ideal").sample(hand, np.random.default_rng(0))


def _few_of_each(objects: Mapping[str, GraspObject]) -> dict[str, GraspObject]:
    """The first and the last object of each class."""
    classes: dict[str, list[str]] = {}
    for name, item in objects.items():
        classes.setdefault(item.object_class, []).append(name)
    return {name: objects[name] for names in classes.values() for name in {names[0], names[-1]}}


def _was_fitted(hand: Hand) -> bool:
    return bool(np.abs(hand.closed_positions - hand.open_positions).max() > 1e-6)


def _score(hand: Hand, objects: Mapping[str, GraspObject]) -> tuple[float, float]:
    """Classes that it can hold, then how well touch tells their poses, less what too few valid grasps cost.

    How well an axis is told: from 0, not at all, to 1; the mean over the sampling box, where a grasp that is not valid
    tells nothing.
    """
    simulator, sample = QuasistaticSimulator(hand), _ideal(hand)
    shares: dict[str, list[float]] = {}
    told: dict[str, list[NDArray[np.float64]]] = {}
    for item in objects.values():
        valid, asked = _grasped(simulator, item, sample, POSES)
        shares.setdefault(item.object_class, []).append(float(valid.mean()))
        each = _told(TouchInformation(simulator, item, sample, NOISE, GAIN), asked[valid]) / POSES
        told.setdefault(item.object_class, []).append(each)
    means = [float(np.mean(each)) for each in shares.values()]
    held = sum(mean >= ENOUGH for mean in means)
    lost = sum(max(0.0, SAFELY - mean) for mean in means)
    gained = sum(float(np.nanmean(np.mean(each, axis=0))) for each in told.values())
    return float(held), gained - LOST * lost


def _told(model: TouchInformation, poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well touch tells each axis (6,), the sum over poses (n, 6); NaN for an axis that is not looked at."""
    each = np.full(6, np.nan)
    each[model.axes] = 0.0
    if len(poses):
        enough = np.array(TOLD)[(model.axes >= 3).astype(int)]
        gain = np.log(model.prior_sigma / model.deviations(poses)) / np.log(model.prior_sigma / enough)
        each[model.axes] = np.clip(gain, 0.0, 1.0).sum(0)
    return each


def _shifted(content: dict[str, Any], axis: int, step: float) -> dict[str, Any]:
    centre = content["grasp_centre"]
    turn = centre.get("rotation_vector", [0.0, 0.0, 0.0])
    place = transform(centre.get("position", [0.0, 0.0, 0.0]), turn).apply(step * np.eye(3)[axis])
    return {
        **content,
        "grasp_centre": {"position": [round(float(v), 5) for v in place], "rotation_vector": list(turn)},
    }
