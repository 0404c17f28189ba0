"""Touch of grasps that the skin was not fitted on, and how alike two grasps of a real hand are: `real_touch.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recorded_touch import HIGHEST, LOWEST, HeldHand

from tacrefine.errors import ConfigError
from tacrefine.hands import Hand
from tacrefine.touch.agreement import agreement, by_finger, summed

Array = NDArray[np.float64]

ICUB = Path("icub_grasps") / "icub_grasps.npz"
NOTHING = "none"
"""what the recordings of the hand that holds nothing are called"""
ICUB_ACTIVE = 6.0
"""counts from which on a taxel of the iCub counts as active: without an object none changes by more than 5"""
LOG_GAIN = np.log(3.0)
"""a finger's gain lies within a factor of three"""
SKIN = 3
SCALE, CROSSING, PULL = 0.6, 0.85, 0.5
"""of the differential evolution: size of a step, share of values that change, how far towards the best"""


def objects_of(held: Sequence[HeldHand]) -> list[list[int]]:
    """Grasps by object: those around the same radius and length have one place in the hand."""
    found: dict[tuple[float, float], list[int]] = {}
    for number, one in enumerate(held):
        found.setdefault((one.recording.radius, one.recording.length), []).append(number)
    return list(found.values())


def halves(held: Sequence[HeldHand]) -> list[list[int]]:
    """Two halves of the grasps; those of one object are in different ones where it can be."""
    order = [number for grasps in sorted(objects_of(held), key=len, reverse=True) for number in grasps]
    return [order[0::2], order[1::2]]


def fitted_skin(held: Sequence[HeldHand], rounds: int, members: int, seed: int) -> tuple[Array, Array]:
    """Robot (3,) as in LOWEST and log gains of the fingers (F,) that are most like these grasps."""
    fingers = len(held[0].hand.fingers)
    groups = objects_of(held)
    low = np.concatenate([np.log(LOWEST[:2]), LOWEST[2:], np.full(fingers, -LOG_GAIN)])
    high = np.concatenate([np.log(HIGHEST[:2]), HIGHEST[2:], np.full(fingers, LOG_GAIN)])
    for group in groups:
        below, above = held[group[0]].box
        low, high = np.concatenate([low, below]), np.concatenate([high, above])

    def cost(x: Array) -> Array:
        robots = np.concatenate([np.exp(x[:, :2]), x[:, 2:SKIN]], axis=1)
        gains = x[:, SKIN : SKIN + fingers]
        total = 0.25 * (gains**2).mean(axis=1)
        for number, group in enumerate(groups):
            places = x[:, SKIN + fingers + 5 * number :][:, :5]
            total = total + sum(unlike(held[i], places, robots, gains) for i in group) / len(held)
        return np.asarray(total)

    best, _ = evolve(cost, low, high, rounds, members, seed)
    return np.concatenate([np.exp(best[:2]), best[2:SKIN]]), best[SKIN : SKIN + fingers]


def place_of(
    grasps: Sequence[HeldHand], robot: Array, gains: Array, rounds: int, members: int, seed: int
) -> Array:
    """The one place (5,) of an object that is most like all grasps of it, with this skin."""
    low, high = grasps[0].box

    def cost(x: Array) -> Array:
        robots, same = np.tile(robot, (len(x), 1)), np.tile(gains, (len(x), 1))
        return np.asarray(sum(unlike(one, x, robots, same) for one in grasps))

    tries = [evolve(cost, low, high, rounds, members, seed + 100 * i) for i in range(3)]
    return min(tries, key=lambda found: found[1])[0]


def readings(held: HeldHand, places: Array, robots: Array, gains: Array) -> Array:
    """Simulated readings (N, T) with fingers' log gains (N, F): forces times gain, then the threshold."""
    plain = robots.copy()
    plain[:, 2] = 0.0
    felt = held.readings(places, plain)[0].copy()
    for finger, part in enumerate(held.hand.finger_slices):
        felt[:, part] = np.clip(felt[:, part] * np.exp(gains[:, finger : finger + 1]), 0.0, 1.0)
    return np.where(felt >= robots[:, 2:3], felt, 0.0)


def unlike(held: HeldHand, places: Array, robots: Array, gains: Array) -> Array:
    """How unlike the recording each touch is, (N,): shares of force and active taxels by pad, and the total."""
    return held.unlikeness(readings(held, places, robots, gains))


def evolve(cost: Any, low: Array, high: Array, rounds: int, members: int, seed: int) -> tuple[Array, float]:
    """Differential evolution within a box: the best point and its cost."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, (members, len(low)))
    costs = cost(x)
    for _ in range(rounds):
        a, b = rng.permutation(members), rng.permutation(members)
        towards = rng.uniform(0.0, PULL, (members, 1)) * (x[costs.argmin()] - x)
        trial = np.clip(x + towards + SCALE * (x[a] - x[b]), low, high)
        trial = np.where(rng.random(x.shape) < CROSSING, trial, x)
        new = cost(trial)
        better = new < costs
        x[better], costs[better] = trial[better], new[better]
    best = int(costs.argmin())
    return x[best], float(costs[best])


def predicted(
    hand: Hand, held: Sequence[HeldHand], active_from: float, rounds: int, members: int, seed: int
) -> dict[str, Any]:
    """Each grasp with a skin that was fitted on the half of the grasps that it is not in."""
    groups, names = objects_of(held), [finger.name for finger in hand.fingers]
    grasps: dict[str, Any] = {}
    found, skins = [], []
    for number, test in enumerate(halves(held)):
        fit_on = [one for i, one in enumerate(held) if i not in test]
        robot, gains = fitted_skin(fit_on, 2 * rounds, members, seed + number)
        skins.append({
            "fitted_on": [one.recording.name for one in fit_on],
            **dict(zip(("taxel_stiffness", "closing_torque", "threshold"), robot.round(4).tolist(), strict=True)),
            "finger_gains": dict(zip(names, np.exp(gains).round(2).tolist(), strict=True)),
        })  # fmt: skip
        for group in groups:
            if not set(group) & set(test):
                continue
            place = place_of([held[i] for i in group], robot, gains, rounds, members, seed)
            for i in sorted(set(group) & set(test)):
                felt = readings(held[i], place[None], robot[None], gains[None])[0]
                sides = [by_finger(hand, side, active_from) for side in (held[i].real, felt)]
                found.append(agreement(*sides))
                grasps[held[i].recording.name] = {
                    side: {
                        "share": {
                            f.name: round(float(s), 1) for f, s in zip(hand.fingers, shares, strict=True)
                        },
                        "active": {f.name: int(a) for f, a in zip(hand.fingers, active, strict=True)},
                        "total_full_scales": round(float(readings_.sum()), 2),
                    }
                    for side, (shares, active), readings_ in zip(
                        ("real", "predicted"), sides, (held[i].real, felt), strict=True
                    )
                }
    return {"skins": skins, "grasps": grasps, "agreement": summed(found)}


def draw(figures: Mapping[str, Any], path: Path) -> None:
    """Draw what `predicted` returned: shares of force and active taxels of each finger, real beside predicted."""
    from matplotlib.figure import Figure

    grasps = figures["grasps"]
    picture = Figure(figsize=(2.3 * len(grasps) + 0.8, 4.6), dpi=100, facecolor="white", layout="constrained")
    axes = picture.subplots(2, len(grasps), sharey="row", squeeze=False)
    for column, (name, sides) in enumerate(grasps.items()):
        title = name.rsplit("/", 1)[-1].removeprefix("record_").replace("_", " ")
        axes[0, column].set_title(title, fontsize=9)
        for row, (key, label) in enumerate((("share", "share of force [%]"), ("active", "active taxels"))):
            at = np.arange(len(sides["real"][key]))
            for shift, (side, colour) in enumerate((("real", "#333333"), ("predicted", "#e6842a"))):
                heights = list(sides[side][key].values())
                axes[row, column].bar(at + 0.4 * shift - 0.2, heights, 0.38, color=colour, label=side)
            axes[row, column].set_xticks(at, sides["real"][key], rotation=60, fontsize=8)
            if column == 0:
                axes[row, column].set_ylabel(label, fontsize=9)
    axes[0, -1].legend(fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path)


def repeatability(folder: Path) -> dict[str, Any]:
    """What a real grasp says of another grasp of the same object by the same hand: the ceiling of any prediction.

    Raises ConfigError where the recordings cannot be read.
    """
    path = folder / ICUB
    try:
        with np.load(path) as data:
            names = [key.removesuffix("_taxels") for key in data.files if key.endswith("_taxels")]
            frames = {name: data[f"{name}_taxels"].astype(float) for name in names}
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as recorded grasps ({error}).") from error
    of: dict[str, list[Array]] = {}
    for name in names:
        of.setdefault(name.rsplit("_", 1)[0], []).append(frames[name])
    rest = np.mean([grasp.mean(axis=0) for grasp in of.pop(NOTHING)], axis=0)
    objects, everything = {}, []
    for name, grasps in of.items():
        pressed = [np.maximum(rest - grasp[-3:].mean(axis=0), 0.0) for grasp in grasps]
        pressed = [np.where(p >= ICUB_ACTIVE, p, 0.0) for p in pressed]
        sides = [
            (100 * p.sum(axis=1) / max(p.sum(), 1e-9), (p > 0).sum(axis=1)) for p in pressed if p.sum() > 0
        ]
        pairs = [agreement(a, b) for a, b in combinations(sides, 2)]
        alike = [
            np.corrcoef(a.ravel(), b.ravel())[0, 1]
            for a, b in combinations(pressed, 2)
            if a.any() and b.any()
        ]
        everything += pairs
        objects[name] = {
            "grasps": len(sides),
            **summed(pairs),
            "pattern_correlation": round(float(np.median(alike)), 3),
        }
    return {"objects": objects, "agreement": summed(everything)}
