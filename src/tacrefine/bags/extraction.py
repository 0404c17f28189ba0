"""Reads the grasps out of one bag: checks what is in it, feeds the finder, and says what was wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tacrefine.bags.grasps import SETTLED_BY, GraspFinder, RecordedGrasp, pad_readings, shapes_of
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import FEEDBACK, JOINTS, STATUS, TACTILE, TARGET, TF, TF_STATIC, TRUTH, WRIST
from tacrefine.bags.session import HAND, SETTLED, SIGNATURE, goal_text
from tacrefine.bags.stamps import NS, Stamps, stamp_of
from tacrefine.bags.wrist import WristPoses, numbers_in
from tacrefine.documents import quoted
from tacrefine.errors import ConfigError, DataError, TacrefineError
from tacrefine.hands import Hand
from tacrefine.parameters import build
from tacrefine.refine.settings import RefineSettings
from tacrefine.touch import SourceSettings, TouchStream
from tacrefine.touch.settings import JOINT_STATE_AGE
from tacrefine.touch.zero import FLOOR, drift_sentence

AGE = "joint_state_age"
FEW = 0.01
"""share of the readings: so many cannot be used at the beginning, until the first joint state has come"""
ENDED = 4
"""action_msgs/GoalStatus: from STATUS_SUCCEEDED on a goal is over"""


@dataclass
class BagGrasps:
    """What one bag holds: its grasps, every target that was shown by its id, and the settings that it was read with.

    `notes` are sentences: what was corrected, clipped or refused.
    """

    grasps: list[RecordedGrasp]
    targets: dict[str, Any]
    finder: GraspFinder
    source: SourceSettings
    notes: list[str]


def read_grasps(
    bag: Bag,
    hand: Hand,
    frames: int,
    settings: RefineSettings | None = None,
    progress: Callable[[int], None] = lambda messages: None,
    source: SourceSettings | None = None,
) -> BagGrasps:
    """Every settled grasp of a bag; DataError where it is of another hand or lacks what labels are made of.

    `settings` say when a hand is settled; without them the recording says so, or else the defaults do. `source` says
    how messages become touch and where the wrist is.
    """
    check_hand(bag, hand)
    for topic in (TACTILE, JOINTS):
        if topic not in bag.channels:
            what = bag.unfit.get(
                topic, f"no messages on {topic.name}; a grasp needs touch, joints and wrist pose"
            )
            raise DataError(f"{bag.path}: {what}. Name its topic (--topic {topic.name}=TOPIC).")
    recorded_with = recorded_settings(bag)
    source = resolved(source or SourceSettings(), recorded_with)
    wrist = WristPoses(bag, hand, source)
    finder = GraspFinder(hand, frames, settings or _settled(bag, recorded_with), source)
    if source.rezero:
        finder.stream.zero = _first_zero(bag, hand, source).zero
    feed = _Feed(bag, finder, wrist, source)
    targets: dict[str, Any] = {}
    goal = target = ""
    for number, recorded in enumerate(
        bag.messages((TACTILE, JOINTS, *wrist.topics, TARGET, FEEDBACK, STATUS, TRUTH))
    ):
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
            feed.take(recorded)
            continue
        finder.context(goal, target)
    finder.end_grasp()
    feed.check()
    return BagGrasps(finder.grasps, targets, finder, source, feed.notes())


def resolved(source: SourceSettings, recorded_with: Mapping[str, Any]) -> SourceSettings:
    """The settings with the `joint_state_age` that a recording was made with, unless they say another one."""
    if source.joint_state_age > 0.0:
        return source
    age = recorded_with.get(AGE, JOINT_STATE_AGE)
    usable = isinstance(age, int | float) and not isinstance(age, bool) and 0.0 < age <= 5.0
    return dataclasses.replace(source, joint_state_age=float(age) if usable else JOINT_STATE_AGE)


def feed_touch(stream: TouchStream, bag: Bag, recorded: Recorded, receive_times: bool) -> None:
    """Give one message of tactile or joint_states to a stream; TacrefineError where it cannot be used."""
    message = bag.read(recorded)
    stamp = moment_of(recorded, message, receive_times)
    if recorded.topic is JOINTS:
        stream.observe_joints(stamp, message.name, message.position)
    else:
        stream.frame(stamp, pad_readings(message))


def moment_of(recorded: Recorded, message: Any, receive_times: bool) -> float:
    """When a message was read, s: its stamp, as the nodes take it, or else when it was received."""
    if receive_times:
        return recorded.received / NS
    stamp = message.header.stamp
    return float(stamp.sec) + stamp.nanosec * 1e-9


def check_hand(bag: Bag, hand: Hand) -> None:
    """Raise DataError where the metadata says that the bag is of another hand."""
    signature = bag.custom.get(SIGNATURE, hand.signature)
    if signature != hand.signature:
        raise DataError(
            f"{bag.path}: recorded with hand '{quoted(bag.custom.get(HAND, ''))}' ({quoted(signature)}), "
            f"not '{hand.name}' ({hand.signature})."
        )


class _Feed:
    """Gives messages to a finder and remembers what was wrong with them."""

    def __init__(self, bag: Bag, finder: GraspFinder, wrist: WristPoses, source: SourceSettings) -> None:
        self._bag, self._finder, self._wrist, self._source = bag, finder, wrist, source
        self._stamps = {topic: Stamps(topic.name) for topic in (TACTILE, JOINTS)}

    def take(self, recorded: Recorded) -> None:
        """One message of touch, joints, wrist or truth."""
        message, finder = self._bag.read(recorded), self._finder
        if recorded.topic in (WRIST, TF, TF_STATIC):
            for pose, frame_id in self._wrist.poses(recorded, message):
                finder.wrist(pose, frame_id)
            return
        if recorded.topic is TRUTH:
            finder.truth(numbers_in(message))
            return
        self._stamps[recorded.topic].add(stamp_of(recorded.data))
        stamp = moment_of(recorded, message, self._source.receive_times)
        if recorded.topic is JOINTS:
            finder.joints(stamp, message.name, message.position)
            return
        pads = pad_readings(message)
        if not finder.readings:
            _check_pads(self._bag, finder.hand, shapes_of(pads))
        finder.reading(stamp, pads)

    def check(self) -> None:
        """Raise DataError where what came can give no grasps, with the cause."""
        path, finder = self._bag.path, self._finder
        if not self._source.receive_times:
            for topic, stamps in self._stamps.items():
                if stamps.problem:
                    raise DataError(
                        f"{path}: {topic.name}: {stamps.problem}, so readings and joint states cannot be paired; "
                        "--receive-times goes by the times of reception instead."
                    )
        pad, drift = finder.stream.zero.farthest
        if self._source.rezero and abs(drift) > self._source.drift_limit:
            raise DataError(f"{path}: {drift_sentence(pad, drift, self._source.drift_limit)}.")
        self._wrist.check()
        if not finder.grasps and finder.refused >= finder.readings / 2:
            hint = "; where the stamps are of two clocks, --receive-times goes by the times of reception"
            hint = hint if AGE in finder.problem and not self._source.receive_times else ""
            raise DataError(
                f"{path}: {finder.refused} of {finder.readings} tactile readings cannot be used; "
                f"{finder.problem}{hint}."
            )

    def notes(self) -> list[str]:
        """What was corrected, clipped or refused, a sentence each."""
        path, finder, found = self._bag.path, self._finder, touch_notes(self._finder.stream, self._source)
        if finder.refused > FEW * finder.readings:
            found.append(
                f"{finder.refused} of {finder.readings} tactile readings are not used; {finder.problem}."
            )
        return [f"{path}: {sentence}" for sentence in found]


def touch_notes(stream: TouchStream, source: SourceSettings) -> list[str]:
    """What a stream noticed about the readings, as sentences without the bag's name."""
    found = []
    if stream.clipped:
        found.append(
            f"{stream.clipped} readings of single taxels were slightly negative (down to {stream.lowest:.3f} of full "
            f"scale; allowed {-source.negative_limit:g}) and count as zero."
        )
    pad, drift = stream.zero.farthest
    if not stream.zero.drift:
        found.append("the open hand never rested in it, so the zero of its pads is not known.")
    elif abs(drift) >= FLOOR:
        how = "corrected" if source.rezero and abs(drift) <= source.drift_limit else "not corrected"
        found.append(
            f"the zero of the pads has drifted by up to {drift:.1%} of full scale (pad '{pad}'; allowed are "
            f"{source.drift_limit:.1%}), {how}."
        )
    return found


def _first_zero(bag: Bag, hand: Hand, source: SourceSettings) -> TouchStream:
    """A stream that has read the bag until the open hand rested for the first time: the zero of grasps before that."""
    stream = TouchStream(hand, dataclasses.replace(source, rezero=False))
    for recorded in bag.messages((TACTILE, JOINTS)):
        try:
            feed_touch(stream, bag, recorded, source.receive_times)
        except DataError:
            raise
        except TacrefineError:
            continue  # the finder will meet it again and say so
        if stream.zero.drift:
            break
    return stream


def _settled(bag: Bag, recorded_with: Mapping[str, Any]) -> RefineSettings:
    known = {name: value for name, value in recorded_with.items() if name in SETTLED_BY}
    try:
        return build(RefineSettings, known, str(bag.path))
    except ConfigError as error:
        raise DataError(str(error)) from error


def recorded_settings(bag: Bag) -> dict[str, Any]:
    """The settings that the recording says it was made with; {} where it does not."""
    try:
        values = json.loads(bag.custom.get(SETTLED, "{}"))
    except (ValueError, RecursionError):
        values = {}
    return values if isinstance(values, dict) else {}


def _check_pads(bag: Bag, hand: Hand, found: Mapping[str, tuple[int, int]]) -> None:
    wanted = {pad.name: (pad.rows, pad.cols) for pad in hand.pads}
    if found.keys() < wanted.keys() and all(wanted[name] == shape for name, shape in found.items()):
        raise DataError(
            f"{bag.path}: a tactile message has {len(found)} of {len(wanted)} pads ({quoted(', '.join(found))}); "
            "all pads must come in one message."
        )
    if dict(found) != wanted:
        odd = sorted(set(found.items()) ^ set(wanted.items()))[0]
        raise DataError(
            f"{bag.path}: recorded with another hand than '{hand.name}'; pad '{quoted(odd[0])}' "
            f"with {odd[1][0]} x {odd[1][1]} "
            f"taxels is only in {'the bag' if odd in found.items() else 'the description of the hand'}."
        )
