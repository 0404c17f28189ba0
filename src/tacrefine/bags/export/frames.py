"""A bag at a fixed rate: touch, joints, wrist, corrections and images at each moment, in episodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.export.images import IMAGE_TYPES, image_of
from tacrefine.bags.extraction import ENDED, check_hand, recorded_settings, resolved
from tacrefine.bags.files import find_bags
from tacrefine.bags.inputs import BagInputs
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import CORRECTION, FEEDBACK, STATUS, TARGET, Topic
from tacrefine.bags.session import OBJECT, goal_text
from tacrefine.errors import DamagedMessageError, DataError, TacrefineError
from tacrefine.geometry import to_coordinates
from tacrefine.hands import Hand
from tacrefine.touch import SourceSettings, TouchStream
from tacrefine.touch.adapters import JointReading, TouchReading, WristReading
from tacrefine.touch.adapters.wrist import numbers_of, pose_of_numbers

Array = NDArray[np.float64]


@dataclass
class Episode:
    """Moments of one goal, or of a whole bag without goals; n of them, `1 / fps` s apart."""

    bag: str
    number: int
    object: str
    goal: str = ""
    stamps: list[float] = field(default_factory=list)
    tactile: list[NDArray[np.float32]] = field(default_factory=list)
    """(T,) 0..1, NaN where dead"""
    joints: list[NDArray[np.float32]] = field(default_factory=list)
    """(J,) rad"""
    wrist: list[Array] = field(default_factory=list)
    """(7,) position m and quaternion x y z w"""
    correction: list[Array] = field(default_factory=list)
    """(6,) increment of the wrist in its own frame: x, y, z m and rotation vector rad; NaN where there was none"""
    sigma: list[Array] = field(default_factory=list)
    """(6,) its standard deviations, m and rad"""
    images: list[dict[str, NDArray[np.uint8]]] = field(default_factory=list)
    """(h, w, 3) by topic"""

    def __len__(self) -> int:
        return len(self.stamps)

    def coordinates(self) -> Array:
        """Where the wrist is (n, 6), as seen from where it was first: x, y, z m and rotation vector rad."""
        first = pose_of_numbers(self.wrist[0]).inv()
        return np.stack([to_coordinates(first * pose_of_numbers(pose)) for pose in self.wrist])


@dataclass
class _State:
    """What came last."""

    wrist: Array | None = None
    correction: Array = field(default_factory=lambda: np.full(6, np.nan))
    sigma: Array = field(default_factory=lambda: np.full(6, np.nan))
    images: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    goal: str = ""
    object: str = ""


def read_episodes(
    paths: Sequence[Path],
    hand: Hand,
    fps: float,
    *,
    names: dict[str, str] | None = None,
    source: SourceSettings | None = None,
    images: bool = False,
    progress: Callable[[int], None] = lambda messages: None,
) -> list[Episode]:
    """The episodes of bags, sampled `fps` times a second of the readings' stamps; `images` too if wanted.

    Raises DataError where a bag cannot be read, is of another hand, or has no moment with touch, joints and wrist.
    """
    episodes: list[Episode] = []
    for path in find_bags(paths):
        with Bag(path, names) as bag:
            episodes += _episodes_in(bag, hand, fps, source, images, len(episodes), progress)
    return episodes


def _episodes_in(
    bag: Bag,
    hand: Hand,
    fps: float,
    source: SourceSettings | None,
    images: bool,
    first: int,
    progress: Callable[[int], None],
) -> list[Episode]:
    check_hand(bag, hand)
    source = resolved(source or SourceSettings(), recorded_settings(bag))
    inputs = BagInputs(bag, hand, source)
    stream = TouchStream(hand, source)
    state = _State(object=bag.custom.get(OBJECT, ""))
    pictures = [
        Topic(channel.topic, channel.type, "sensor")
        for channel in bag.all_channels
        if images and channel.type in IMAGE_TYPES
    ]
    for topic in pictures:
        bag.channels[topic] = [channel for channel in bag.all_channels if channel.topic == topic.name]
    topics = (*inputs.topics, CORRECTION, TARGET, FEEDBACK, STATUS, *pictures)
    found: dict[str, Episode] = {}
    due, problem = -np.inf, "nothing was read"
    for number, recorded in enumerate(bag.messages(topics)):
        progress(number)
        try:
            if recorded.topic in pictures:
                state.images[recorded.topic.name] = image_of(bag.read(recorded), recorded.type, bag.path)
                continue
            if recorded.topic in (CORRECTION, TARGET, FEEDBACK, STATUS):
                _note(state, recorded, bag.read(recorded))
                continue
            for reading in inputs.readings(recorded):
                if isinstance(reading, JointReading):
                    stream.observe_joints(reading.stamp.seconds, reading.names, reading.positions)
                elif isinstance(reading, WristReading):
                    state.wrist = reading.pose
                elif isinstance(reading, TouchReading):
                    stamp = reading.stamp.seconds
                    frame = stream.frame(stamp, reading.pads)
                    if state.wrist is None:
                        problem = "no pose of the wrist before the readings"
                    elif stamp >= due - 1e-6:
                        late = not stamp < due + 1.0 / fps  # after a gap, or at the first reading
                        due = (stamp if late else due) + 1.0 / fps
                        name = bag.path.name
                        fresh = Episode(name, first + len(found), state.object, state.goal)
                        _add(found.setdefault(state.goal, fresh), stamp, frame, state)
        except DamagedMessageError as error:
            problem = str(error)
        except DataError:
            raise
        except TacrefineError as error:
            problem = str(error)
    if not found:
        raise DataError(f"{bag.path}: no moment with touch, joints and wrist pose; {problem.rstrip('.')}.")
    return list(found.values())


def _add(episode: Episode, stamp: float, frame: Any, state: _State) -> None:
    episode.stamps.append(stamp)
    episode.tactile.append(np.array(frame.tactile, np.float32))
    episode.joints.append(np.array(frame.joints, np.float32))
    episode.wrist.append(np.array(state.wrist))
    episode.correction.append(state.correction)
    episode.sigma.append(state.sigma)
    episode.images.append(dict(state.images))


def _note(state: _State, recorded: Recorded, message: Any) -> None:
    """Take a message of correction, target or goal."""
    if recorded.topic is CORRECTION:
        increment = numbers_of(message.increment.translation, message.increment.rotation)
        state.correction = to_coordinates(pose_of_numbers(increment))
        state.sigma = np.array(message.standard_deviation, float)
    elif recorded.topic is TARGET:
        state.object = message.object or state.object
    elif recorded.topic is FEEDBACK:
        state.goal = goal_text(message.goal_id)
    elif recorded.topic is STATUS:
        states = {goal_text(s.goal_info.goal_id): s.status for s in message.status_list}
        if states.get(state.goal, 0) >= ENDED:
            state.goal = ""
            state.correction, state.sigma = np.full(6, np.nan), np.full(6, np.nan)
