"""A bag as a stream of messages that are due at their times: what the replay driver publishes, without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tacrefine.bags.inputs import BagInputs
from tacrefine.bags.reading import Bag
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST, Topic, typestore
from tacrefine.bags.session import ADAPTER
from tacrefine.bags.stamps import NS, stamp_of
from tacrefine.errors import DamagedMessageError, DataError, TouchError
from tacrefine.hands import Hand
from tacrefine.touch import SourceSettings
from tacrefine.touch.adapters import JointReading, TouchReading
from tacrefine.touch.adapters.readings import Reading


class Due(NamedTuple):
    """A serialised message of a topic, its stamp in ns, and how many ns after the first message it was received."""

    topic: Topic
    stamp: int
    after: int
    data: bytes


def check_playable(path: Path, topics: Sequence[Topic], hand: Hand | None = None, adapter: str = "") -> None:
    """Raise DataError unless the bag has messages of every topic, in the form that is defined today or an older one.

    With a hand also through an adapter: the one that is named, or that the recording holds.
    """
    with Bag(path) as bag:
        if hand is not None and is_adapted(bag, adapter):
            BagInputs(bag, hand, SourceSettings(adapter=adapter), wrist=WRIST in topics)
            return
        for topic in topics:
            found = bag.channels.get(topic, ())
            if not any(channel.type == topic.type for channel in found):
                raise DataError(f"{path}: no messages on {topic.name}; it cannot be replayed.")
            if not bag.is_current(topic) and not bag.can_renew(topic):
                raise DataError(
                    f"{path}: {topic.type} has changed since; its bytes cannot be published, convert the bag instead."
                )


def is_adapted(bag: Bag, adapter: str) -> bool:
    """Whether touch, joints and wrist of a bag are read through an adapter."""
    return bool(adapter) or ADAPTER in bag.custom


def play(path: Path, topics: Sequence[Topic], hand: Hand | None = None, adapter: str = "") -> Iterator[Due]:
    """The messages of these topics, which all begin with a header, in the order in which they were received.

    With a hand, what an adapter reads comes as messages of these topics.
    """
    first: int | None = None
    with Bag(path) as bag:
        if hand is not None and is_adapted(bag, adapter):
            yield from _played_through(bag, topics, hand, adapter)
            return
        current = {
            topic: bag.is_current(topic) and topic is not TACTILE  # what bags say of it need not be true
            for topic in topics
            if topic in bag.channels
        }
        for recorded in bag.messages(topics):
            if recorded.type != recorded.topic.type:
                continue
            first = recorded.received if first is None else first
            try:
                data = recorded.data if current[recorded.topic] else bag.renewed(recorded)
            except DamagedMessageError:
                continue
            yield Due(recorded.topic, stamp_of(data), recorded.received - first, data)


def _played_through(bag: Bag, topics: Sequence[Topic], hand: Hand, adapter: str) -> Iterator[Due]:
    """What an adapter reads, as messages of the usual topics; messages that do not fit it are left out."""
    inputs = BagInputs(bag, hand, SourceSettings(adapter=adapter), wrist=WRIST in topics)
    first: int | None = None
    for recorded in bag.messages(inputs.topics):
        first = recorded.received if first is None else first
        try:
            readings = list(inputs.readings(recorded))
        except (TouchError, DamagedMessageError):
            continue
        for reading in readings:
            topic, message = _usual(reading, hand)
            stamp = reading.stamp.sec * NS + reading.stamp.nanosec
            data = bytes(typestore().serialize_cdr(message, topic.type))
            yield Due(topic, stamp, recorded.received - first, data)


def _usual(reading: Reading, hand: Hand) -> tuple[Topic, Any]:
    """A reading as the message of its usual topic."""
    types = typestore().types
    stamp = types["builtin_interfaces/msg/Time"](reading.stamp.sec, reading.stamp.nanosec)
    header = types["std_msgs/msg/Header"]
    if isinstance(reading, JointReading):
        positions, none = np.asarray(reading.positions, float), np.zeros(0)
        names = list(reading.names)
        return JOINTS, types[JOINTS.type](header(stamp, ""), names, positions, none, none)
    if isinstance(reading, TouchReading):
        frames = {pad.name: pad.frame_id for pad in hand.pads}
        pad_type = types["tacrefine/msg/TactilePad"]
        pads = [
            pad_type(
                p.name, frames[p.name], p.rows, p.cols, p.unit, np.asarray(p.data, np.float32), p.components
            )
            for p in reading.pads
        ]
        return TACTILE, types[TACTILE.type](header(stamp, hand.wrist_frame), reading.sequence, pads)
    point = types["geometry_msgs/msg/Point"](*map(float, reading.pose[:3]))
    turn = types["geometry_msgs/msg/Quaternion"](*map(float, reading.pose[3:]))
    pose = types["geometry_msgs/msg/Pose"](point, turn)
    return WRIST, types[WRIST.type](header(stamp, reading.frame_id), pose)
