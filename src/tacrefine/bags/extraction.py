"""Reads the grasps out of one bag: checks what is in it, feeds the finder, and says what was wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tacrefine.bags.grasps import SETTLED_BY, GraspFinder, RecordedGrasp, shapes_of
from tacrefine.bags.inputs import BagInputs
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import FEEDBACK, STATUS, TARGET, TRUTH
from tacrefine.bags.session import HAND, SETTLED, SIGNATURE, goal_text
from tacrefine.bags.stamps import NS, Stamps
from tacrefine.documents import quoted
from tacrefine.errors import ConfigError, DamagedMessageError, DataError, TacrefineError, TouchError
from tacrefine.hands import Hand
from tacrefine.parameters import build
from tacrefine.refine.settings import RefineSettings
from tacrefine.touch import SourceSettings, TouchStream
from tacrefine.touch.adapters import JointReading, Stamp, TouchReading, WristReading
from tacrefine.touch.adapters.wrist import numbers_in
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
    recorded_with = recorded_settings(bag)
    source = resolved(source or SourceSettings(), recorded_with)
    inputs = BagInputs(bag, hand, source)
    finder = GraspFinder(hand, frames, settings or _settled(bag, recorded_with), source)
    if source.rezero:
        finder.stream.zero = _first_zero(bag, hand, source).zero
    feed = _Feed(bag, finder, inputs, source)
    targets: dict[str, Any] = {}
    goal = target = ""
    for number, recorded in enumerate(bag.messages((*inputs.topics, TARGET, FEEDBACK, STATUS, TRUTH))):
        progress(number)
        with contextlib.suppress(DamagedMessageError):  # counted by the bag, and told in its notes
            if recorded.topic is TARGET:
                shown = bag.read(recorded)
                if shown.hand and shown.hand != hand.name:
                    raise DataError(
                        f"{bag.path}: recorded with hand '{quoted(shown.hand)}', not '{hand.name}'."
                    )
                target, targets[shown.id] = shown.id, shown
            elif recorded.topic is FEEDBACK:
                goal = goal_text(bag.read(recorded).goal_id)
            elif recorded.topic is STATUS:
                states = {goal_text(s.goal_info.goal_id): s.status for s in bag.read(recorded).status_list}
                goal = "" if states.get(goal, 0) >= ENDED else goal
            elif recorded.topic is TRUTH:
                finder.truth(numbers_in(bag.read(recorded)))
                continue
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


def feed_touch(stream: TouchStream, inputs: BagInputs, recorded: Recorded) -> bool:
    """Give one message to a stream, and tell whether it held touch; TacrefineError where it cannot be used."""
    is_touch = False
    for reading in inputs.readings(recorded):
        if isinstance(reading, JointReading):
            stream.observe_joints(reading.stamp.seconds, reading.names, reading.positions)
        elif isinstance(reading, TouchReading):
            is_touch = True
            stream.frame(reading.stamp.seconds, reading.pads)
    return is_touch


def _nanoseconds(stamp: Stamp) -> int:
    return stamp.sec * NS + stamp.nanosec


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

    def __init__(self, bag: Bag, finder: GraspFinder, inputs: BagInputs, source: SourceSettings) -> None:
        self._bag, self._finder, self._inputs, self._source = bag, finder, inputs, source
        self._stamps = {kind: Stamps(inputs.names(kind)) for kind in ("touch", "joints")}
        self._misread, self._misfit = 0, ""

    def take(self, recorded: Recorded) -> None:
        """One message of touch, joints or wrist."""
        finder = self._finder
        try:
            for reading in self._inputs.readings(recorded):
                if isinstance(reading, WristReading):
                    finder.wrist(reading.pose, reading.frame_id)
                elif isinstance(reading, JointReading):
                    self._stamps["joints"].add(_nanoseconds(reading.stamp))
                    finder.joints(reading.stamp.seconds, reading.names, reading.positions)
                else:
                    self._stamps["touch"].add(_nanoseconds(reading.stamp))
                    if not finder.readings:
                        _check_pads(self._bag, finder.hand, shapes_of(reading.pads))
                    finder.reading(reading.stamp.seconds, reading.pads)
        except TouchError as error:  # of the adapter: what arrived is not what its file says
            self._misread, self._misfit = self._misread + 1, str(error)

    def check(self) -> None:
        """Raise DataError where what came can give no grasps, with the cause."""
        path, finder = self._bag.path, self._finder
        if self._misread and not finder.readings:
            raise DataError(f"{path}: {self._misfit}; no message of touch can be used.")
        if not self._source.receive_times:
            for stamps in self._stamps.values():
                touch_repeats = stamps is self._stamps["touch"] and not finder.grasps and stamps.repetition
                if problem := stamps.problem or touch_repeats:
                    raise DataError(
                        f"{path}: {stamps.topic}: {problem}, so readings and joint states cannot be paired; "
                        "--receive-times goes by the times of reception instead."
                    )
        pad, drift = finder.stream.zero.farthest
        if self._source.rezero and abs(drift) > self._source.drift_limit:
            raise DataError(f"{path}: {drift_sentence(pad, drift, self._source.drift_limit)}.")
        self._inputs.check_wrist()
        if not finder.grasps and finder.refused >= finder.readings / 2:
            hint = "; where the stamps are of two clocks, --receive-times goes by the times of reception"
            hint = hint if AGE in finder.problem and not self._source.receive_times else ""
            raise DataError(
                f"{path}: {finder.refused} of {finder.readings} tactile readings cannot be used; "
                f"{finder.problem.rstrip('.')}{hint}."
            )

    def notes(self) -> list[str]:
        """What was corrected, clipped or refused, a sentence each."""
        path, finder, found = self._bag.path, self._finder, touch_notes(self._finder.stream, self._source)
        if self._misread > FEW * finder.readings:
            found.append(f"{self._misread} messages are not what the adapter says; {self._misfit}.")
        elif finder.refused > FEW * finder.readings:
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
    inputs = BagInputs(bag, hand, source, wrist=False)
    for recorded in bag.messages(inputs.topics):
        try:
            feed_touch(stream, inputs, recorded)
        except DamagedMessageError:
            continue
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
