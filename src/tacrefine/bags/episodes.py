"""From the grasps of a bag to episodes: grasps on one object that stood still, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.extraction import BagGrasps
from tacrefine.bags.grasps import RecordedGrasp
from tacrefine.bags.reading import Bag
from tacrefine.bags.session import FIXED, OBJECT
from tacrefine.errors import DataError
from tacrefine.geometry import RigidTransform, mean_pose, to_coordinates
from tacrefine.hands import Hand
from tacrefine.touch.adapters.wrist import numbers_in, pose_of_numbers

CUTS = ("auto", "goal", "bag")


@dataclass
class Grasps:
    """One episode. `object` is empty where the bag does not say."""

    object: str
    goal: str = ""
    target: str = ""
    grasps: list[RecordedGrasp] = field(default_factory=list)


def episodes_in(bag: Bag, found: BagGrasps, cut: str) -> list[Grasps]:
    """The grasps in episodes, see `tacrefine.bags.dataset.read_bags`; single grasps are left out, they have no pair.

    Raises DataError where nothing tells how long the object stood still.
    """
    if cut not in CUTS:
        raise DataError(f"cut is '{cut}'; allowed are {', '.join(CUTS)}.")
    if cut == "auto":
        if bag.custom.get(FIXED) != "true" and not any(grasp.goal for grasp in found.grasps):
            raise DataError(
                f"{bag.path}: nothing tells how long the object stood still (no goal, and not recorded as fixed); "
                "choose the cut 'bag' if it never moved."
            )
        cut = "bag" if bag.custom.get(FIXED) == "true" else "goal"
    episodes: dict[tuple[str, str, str], Grasps] = {}
    for grasp in found.grasps:
        if cut == "goal" and not grasp.goal:
            continue
        shown = found.targets.get(grasp.target)
        name = shown.object if shown is not None else bag.custom.get(OBJECT, "")
        key = (grasp.goal if cut == "goal" else "", name, grasp.frame_id)
        episode = episodes.setdefault(key, Grasps(name, key[0]))
        episode.target = grasp.target
        episode.grasps.append(grasp)
    return [episode for episode in episodes.values() if len(episode.grasps) > 1]


def coordinates_of(
    hand: Hand, episode: Grasps, targets: Mapping[str, Any], half_range: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pose coordinates (n, 6) m and rad of an episode's grasps, about the target's or about their middle.

    `half_range` (6,) is the object's box: a target that lies far outside it was shown where the object stood before.
    """
    centres = [grasp.wrist * hand.wrist_from_centre for grasp in episode.grasps]
    shown = targets.get(episode.target)
    if shown is not None and shown.header.frame_id == episode.grasps[0].frame_id:
        origin = pose_of_numbers(numbers_in(shown.wrist_pose)) * hand.wrist_from_centre
        about = _relative(origin, centres)
        near = np.maximum(2.0 * half_range, np.repeat([0.005, 0.1], 3))
        if (np.abs(np.median(about, axis=0)) <= near).all():
            return about
    return _relative(mean_pose(centres), centres)


def _relative(origin: RigidTransform, poses: list[RigidTransform]) -> NDArray[np.float64]:
    return np.stack([to_coordinates(origin.inv() * pose) for pose in poses])
