"""Touch, joints and wrist out of a bag, under their usual names or through an adapter, as the live nodes take them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from tacrefine.bags.grasps import pad_readings
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import JOINTS, TACTILE, Topic
from tacrefine.bags.session import ADAPTER
from tacrefine.bags.wrist import WristPoses
from tacrefine.config import describe, load_yaml, resolve
from tacrefine.documents import first_upper, parse_yaml
from tacrefine.errors import DataError
from tacrefine.hands import Hand
from tacrefine.touch import SourceSettings
from tacrefine.touch.adapters import (
    Adapter,
    AdapterDescription,
    Input,
    JointReading,
    Stamp,
    TouchReading,
    WristReading,
)
from tacrefine.touch.adapters.readings import Reading, stamp_of


class BagInputs:
    """What to read from a bag, and what each message becomes.

    With `wrist` the wrist's pose is wanted too. Raises DataError in one sentence where the bag lacks a topic, and
    ConfigError where the adapter does not fit the hand.
    """

    def __init__(self, bag: Bag, hand: Hand, source: SourceSettings, *, wrist: bool = True) -> None:
        self._bag, self._by_arrival = bag, source.receive_times
        self.adapter = adapter_of(bag, hand, source)
        self._adapted: dict[Topic, list[Input]] = {}
        for entry in self.adapter.inputs if self.adapter else ():
            if wrist or entry.kind != "wrist":
                topic = Topic(entry.topic, entry.type, "latched" if entry.latched else "sensor")
                self._adapted.setdefault(topic, []).append(entry)
        bag.listen(self._adapted)
        self._wrist: WristPoses | None = None
        self.topics: tuple[Topic, ...] = tuple(self._adapted)
        if self.adapter is None or not self.adapter.has("touch"):
            self.topics += (TACTILE,)
        if self.adapter is None or not self.adapter.has("joints"):
            self.topics += (JOINTS,)
        if wrist and not (self.adapter is not None and self.adapter.has("wrist")):
            self._wrist = WristPoses(bag, hand, source)
            self.topics += self._wrist.topics
        self.poses = 0
        """of the wrist, found so far"""
        self._check_topics()

    def names(self, kind: str) -> str:
        """What holds touch or joints in this bag, for sentences."""
        usual = {"touch": TACTILE.name, "joints": JOINTS.name}[kind]
        found = [e.topic for entries in self._adapted.values() for e in entries if e.kind == kind]
        return ", ".join(dict.fromkeys(found)) or usual

    def holds_touch(self, topic: Topic) -> bool:
        """Whether messages of this topic hold touch."""
        return topic is TACTILE or any(entry.kind == "touch" for entry in self._adapted.get(topic, ()))

    def readings(self, recorded: Recorded) -> Iterator[Reading]:
        """What a message becomes; TouchError in one sentence where it cannot be used."""
        message = self._bag.read(recorded)
        received = Stamp.of_nanoseconds(recorded.received)
        if recorded.topic in self._adapted:
            assert self.adapter is not None
            for entry in self._adapted[recorded.topic]:
                for reading in self.adapter.take(entry, message, received):
                    self.poses += isinstance(reading, WristReading)
                    yield reading
            return
        if recorded.topic not in (TACTILE, JOINTS):
            assert self._wrist is not None
            for pose, frame_id in self._wrist.poses(recorded, message):
                self.poses += 1
                yield WristReading(received, pose, frame_id)
            return
        stamp = received if self._by_arrival else stamp_of(message.header.stamp, "header.stamp")
        if recorded.topic is JOINTS:
            yield JointReading(stamp, message.name, message.position)
        else:
            yield TouchReading(stamp, int(message.sequence), pad_readings(message))

    def check_wrist(self) -> None:
        """Raise DataError where the messages never told where the wrist is."""
        if self._wrist is not None:
            self._wrist.check()
        elif self.adapter is not None and self.adapter.has("wrist") and not self.poses:
            why = self.adapter.problem("wrist") or "no message told where the wrist is"
            raise DataError(f"{self._bag.path}: {why}; see the adapter {self.adapter.where}.")

    def _check_topics(self) -> None:
        """A recording of another type or without the topic is told at once, with what it has instead."""
        for topic, entries in self._adapted.items():
            if topic in self._bag.channels or entries[0].latched:
                continue
            assert self.adapter is not None
            raise DataError(
                f"{self._bag.path}: {self._bag.instead(topic)}; see the adapter {self.adapter.where}."
            )
        for topic in (TACTILE, JOINTS):
            if topic in self.topics and topic not in self._bag.channels:
                raise DataError(
                    f"{self._bag.path}: no messages on {topic.name}; a grasp needs touch, joints and wrist pose. "
                    f"{first_upper(self._bag.instead(topic))}. Name its topic (--topic {topic.name}=TOPIC), or give an "
                    "adapter (--adapter)."
                )


def adapter_of(bag: Bag, hand: Hand, source: SourceSettings) -> Adapter | None:
    """The adapter that was named, or else the one that the recording holds; None where there is neither."""
    if source.adapter:
        path = resolve("adapters", source.adapter)
        described, where = load_yaml(path, AdapterDescription), str(path)
    elif ADAPTER in bag.custom:
        described, where = recorded_adapter(bag.path, bag.custom[ADAPTER]), f"recorded in {bag.path}"
    else:
        return None
    adapter = Adapter(described, hand, where, by_arrival=source.receive_times)
    adapter.check_settings(source)
    return adapter


def recorded_adapter(path: Path, text: str) -> AdapterDescription:
    """The adapter that a recording was made with, from its metadata; DataError where it is none."""
    content = parse_yaml(text, f"{path}: adapter in the metadata", DataError)
    try:
        return AdapterDescription.model_validate(content)
    except ValidationError as error:
        reason = describe(error, AdapterDescription)
        raise DataError(f"{path}: the adapter in the metadata: {reason}") from error
