"""What a bag holds, in figures and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacrefine.bags.extraction import FEW, feed_touch, recorded_settings, resolved, touch_notes
from tacrefine.bags.files import METADATA
from tacrefine.bags.inputs import BagInputs
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import Topic
from tacrefine.bags.session import GOALS, HAND, SIGNATURE
from tacrefine.bags.stamps import Stamps, stamp_of
from tacrefine.errors import DataError, TacrefineError
from tacrefine.hands import Hand, load_hand
from tacrefine.touch import SourceSettings, TouchStream


@dataclass
class _Count:
    """Messages of a topic, and their stamps where they have any."""

    messages: int = 0
    stamps: Stamps | None = None


def describe_bag(
    path: Path,
    names: Mapping[str, str] | None = None,
    hand: str = "",
    source: SourceSettings | None = None,
) -> dict[str, Any]:
    """Keys `bag`, `messages`, `seconds`, `about` (the metadata), `notes` (what could not be read, does not agree or is
    wrong with the touch, as sentences) and `topics` (`name`, `type`, `messages`, `rate`, Hz, and `problem`, '' if there
    is none).

    Counts come from the messages themselves: the metadata of a recording that was killed lags behind. Touch is looked
    at as the hand that the recording names, or `hand`, would have felt it.
    """
    with Bag(path, names) as bag:
        touch = _Touch(bag, _hand_of(bag, hand), source or SourceSettings())
        counts = {(channel.topic, channel.type): _Count() for channel in bag.all_channels}
        for channel in bag.all_channels:
            if bag.is_stamped(channel):
                counts[channel.topic, channel.type].stamps = Stamps(channel.topic)
        first = last = 0
        for channel, received, data in bag.arrivals():
            count = counts[channel.topic, channel.type]
            count.messages += 1
            if count.stamps is not None:
                count.stamps.add(stamp_of(data))
            first, last = first or received, received
            touch.take(channel.topic, channel.type, received, data)
        seconds = (last - first) * 1e-9
        topics = []
        for channel in sorted(bag.all_channels, key=lambda channel: channel.topic):
            count = counts[channel.topic, channel.type]
            stamps = count.stamps.problem if count.stamps is not None else ""
            topics.append(
                {
                    "name": channel.topic,
                    "type": channel.type,
                    "messages": count.messages,
                    "rate": round(count.messages / seconds, 2) if seconds > 1.0 else 0.0,
                    "problem": bag.problem(channel) or stamps,
                }
            )
        about = {key: value for key, value in bag.custom.items() if key != GOALS}
        goals = bag.goals()
        if goals:
            about[GOALS] = str(len(goals))
        messages = sum(count.messages for count in counts.values())
        notes = bag.notes + [f"{path}: {text}; name the right one (--topic)." for text in bag.unfit.values()]
        if bag.counted is not None and bag.counted != messages:
            notes.append(f"{path / METADATA}: counts {bag.counted} messages; the files hold {messages}.")
        notes += [f"{path}: {sentence}" for sentence in touch.notes()]
    return {
        "bag": str(path),
        "messages": messages,
        "seconds": round(seconds, 3),
        "about": about,
        "notes": notes,
        "topics": topics,
    }


class _Touch:
    """Looks at tactile and joint_states as the policy would; without a hand at nothing."""

    def __init__(self, bag: Bag, hand: Hand | None, source: SourceSettings) -> None:
        self._source = resolved(source, recorded_settings(bag))
        self._readings = self._refused = 0
        self._problem = ""
        self._stream: TouchStream | None = None
        self._topics: dict[tuple[str, str], Topic] = {}
        if hand is None:
            self._problem = (
                "which hand it is of is not known, so its touch is not looked at; name it (--hand)."
            )
            return
        try:
            self._inputs = BagInputs(bag, hand, self._source, wrist=False)
        except (
            DataError
        ) as error:  # it lacks touch or joints, which is no fault of a bag that is only looked at
            self._problem = str(error).removeprefix(f"{bag.path}: ")
            return
        self._stream = TouchStream(hand, self._source)
        self._topics = {
            (channel.topic, channel.type): topic
            for topic in self._inputs.topics
            for channel in bag.channels.get(topic, ())
        }

    def take(self, name: str, kind: str, received: int, data: bytes) -> None:
        """Look at one message of any topic."""
        topic = self._topics.get((name, kind))
        if topic is None or self._stream is None:
            return
        holds_touch = self._inputs.holds_touch(topic)
        try:
            self._readings += feed_touch(
                self._stream, self._inputs, Recorded(topic, name, kind, received, data)
            )
        except TacrefineError as error:
            self._readings += holds_touch
            self._refused += holds_touch
            self._problem = str(error)

    def notes(self) -> list[str]:
        """What is wrong with the touch, as sentences without the bag's name."""
        if self._stream is None:
            return [self._problem] if self._problem and self._source.adapter else []
        if not self._readings:
            return [f"no touch in it; {self._problem}."] if self._problem else []
        found = touch_notes(self._stream, self._source)
        if self._refused > FEW * self._readings:
            found.append(
                f"{self._refused} of {self._readings} tactile readings cannot be used; {self._problem.rstrip('.')}."
            )
        return found


def _hand_of(bag: Bag, name: str) -> Hand | None:
    """The hand of that name, or else the one that the recording names, if it is known here."""
    if name:
        return load_hand(name)
    try:
        hand = load_hand(bag.custom.get(HAND, ""))
    except TacrefineError:
        return None
    return hand if bag.custom.get(SIGNATURE, hand.signature) == hand.signature else None
