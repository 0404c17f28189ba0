"""From a bag to episodes: grasps on one object that stood still, in the order in which they were made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.grasps import SETTLED_BY, GraspFinder, RecordedGrasp, pad_readings, shapes_of
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import FEEDBACK, JOINTS, STATUS, TACTILE, TARGET, TRUTH, WRIST
from tacrefine.bags.session import FIXED, HAND, OBJECT, SETTLED, SIGNATURE, goal_text
from tacrefine.documents import quoted
from tacrefine.errors import DataError
from tacrefine.geometry import RigidTransform, from_quaternion, mean_pose, to_coordinates
from tacrefine.hands import Hand
from tacrefine.parameters import build
from tacrefine.refine.settings import RefineSettings

CUTS = ("auto", "goal", "bag")
ENDED = 4
"""action_msgs/GoalStatus: from STATUS_SUCCEEDED on a goal is over"""


@dataclass
class BagGrasps:
    """What one bag holds: its grasps, and every target that was shown by its id."""

    grasps: list[RecordedGrasp]
    targets: dict[str, Any]
    finder: GraspFinder


@dataclass
class Grasps:
    """One episode. `object` is empty where the bag does not say."""

    object: str
    goal: str = ""
    target: str = ""
    grasps: list[RecordedGrasp] = field(default_factory=list)


def read_grasps(
    bag: Bag,
    hand: Hand,
    frames: int,
    settings: RefineSettings | None = None,
    progress: Callable[[int], None] = lambda messages: None,
) -> BagGrasps:
    """Every settled grasp of a bag; DataError where it is of another hand or lacks what labels are made of.

    `settings` say when a hand is settled; without them the recording says so, or else the defaults do.
    """
    _check_hand(bag, hand)
    for topic in (TACTILE, JOINTS, WRIST):
        if topic not in bag.channels:
            raise DataError(
                f"{bag.path}: no messages on {topic.name}; a grasp needs touch, joints and wrist pose."
            )
    finder, targets = GraspFinder(hand, frames, settings or _recorded_settings(bag)), {}
    goal = target = ""
    wanted = (TACTILE, JOINTS, WRIST, TARGET, FEEDBACK, STATUS, TRUTH)
    for number, recorded in enumerate(bag.messages(wanted)):
        progress(number)
        if recorded.topic is TARGET:
            shown = bag.read(recorded)
            if shown.hand and shown.hand != hand.name:
                raise DataError(f"{bag.path}: recorded with hand '{quoted(shown.hand)}', not '{hand.name}'.")
            target, targets[shown.id] = shown.id, shown
        elif recorded.topic is FEEDBACK:
            goal = goal_text(bag.read(recorded).goal_id)
        elif recorded.topic is STATUS:
            states = {goal_text(s.goal_info.goal_id): s.status for s in bag.read(recorded).status_list}
            goal = "" if states.get(goal, 0) >= ENDED else goal
        else:
            _feed(finder, bag, recorded)
            continue
        finder.context(goal, target)
    finder.end_grasp()
    if not finder.grasps and finder.refused == finder.readings:
        raise DataError(
            f"{bag.path}: none of {finder.readings} tactile readings can be used; {finder.problem}"
        )
    return BagGrasps(finder.grasps, targets, finder)


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
        origin = pose_of(shown.wrist_pose) * hand.wrist_from_centre
        about = _relative(origin, centres)
        near = np.maximum(2.0 * half_range, np.repeat([0.005, 0.1], 3))
        if (np.abs(np.median(about, axis=0)) <= near).all():
            return about
    return _relative(mean_pose(centres), centres)


def pose_of(message: Any) -> RigidTransform:
    """A decoded geometry_msgs/Pose, m."""
    numbers = _numbers(message)
    return from_quaternion(numbers[:3], numbers[3:])


def seconds_of(stamp: Any) -> float:
    """A decoded stamp in s, as the nodes take it."""
    return float(stamp.sec) + stamp.nanosec * 1e-9


def _numbers(message: Any) -> NDArray[np.float64]:
    p, q = message.position, message.orientation
    return np.array([p.x, p.y, p.z, q.x, q.y, q.z, q.w])


def _relative(origin: RigidTransform, poses: list[RigidTransform]) -> NDArray[np.float64]:
    return np.stack([to_coordinates(origin.inv() * pose) for pose in poses])


def _feed(finder: GraspFinder, bag: Bag, recorded: Recorded) -> None:
    message = bag.read(recorded)
    stamp = seconds_of(message.header.stamp)
    if recorded.topic is TACTILE:
        pads = pad_readings(message)
        if not finder.readings:
            _check_pads(bag, finder.hand, shapes_of(pads))
        finder.reading(stamp, pads)
    elif recorded.topic is JOINTS:
        finder.joints(stamp, message.name, message.position)
    elif recorded.topic is WRIST:
        finder.wrist(_numbers(message.pose), message.header.frame_id)
    else:
        finder.truth(_numbers(message.pose))


def _recorded_settings(bag: Bag) -> RefineSettings:
    try:
        values = json.loads(bag.custom.get(SETTLED, "{}"))
    except (ValueError, RecursionError):
        values = {}
    known = {name: values[name] for name in SETTLED_BY if name in values} if isinstance(values, dict) else {}
    return build(RefineSettings, known, str(bag.path))


def _check_hand(bag: Bag, hand: Hand) -> None:
    signature = bag.custom.get(SIGNATURE, hand.signature)
    if signature != hand.signature:
        raise DataError(
            f"{bag.path}: recorded with hand '{quoted(bag.custom.get(HAND, ''))}' ({quoted(signature)}), "
            f"not '{hand.name}' ({hand.signature})."
        )


def _check_pads(bag: Bag, hand: Hand, found: Mapping[str, tuple[int, int]]) -> None:
    wanted = {pad.name: (pad.rows, pad.cols) for pad in hand.pads}
    if dict(found) != wanted:
        odd = sorted(set(found.items()) ^ set(wanted.items()))[0]
        raise DataError(
            f"{bag.path}: recorded with another hand than '{hand.name}'; pad '{quoted(odd[0])}' "
            f"with {odd[1][0]} x {odd[1][1]} "
            f"taxels is only in {'the bag' if odd in found.items() else 'the description of the hand'}."
        )
