"""A bag as a stream of messages that are due at their times: what the replay driver publishes, without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tacrefine.bags.reading import Bag
from tacrefine.bags.schemas import Topic, typestore
from tacrefine.errors import DataError

STAMP_AT, STAMP_END = 4, 12
"""bytes of the stamp in a serialised message that begins with a header: after the encapsulation, sec and nanosec"""
NS = 1_000_000_000


class Due(NamedTuple):
    """A serialised message of a topic, its stamp in ns, and how many ns after the first message it was received."""

    topic: Topic
    stamp: int
    after: int
    data: bytes


def check_playable(path: Path, topics: Sequence[Topic]) -> None:
    """Raise DataError unless the bag has messages of every topic, in the form in which they are defined today."""
    with Bag(path) as bag:
        for topic in topics:
            found = bag.connections.get(topic)
            if not found:
                raise DataError(f"{path}: no messages on {topic.name}; it cannot be replayed.")
            if bag.fingerprint(topic) != typestore().hash_rihs01(topic.type):
                raise DataError(
                    f"{path}: {topic.type} has changed since; its bytes cannot be published, convert the bag instead."
                )


def play(path: Path, topics: Sequence[Topic]) -> Iterator[Due]:
    """The messages of these topics, which all begin with a header, in the order in which they were received."""
    first: int | None = None
    with Bag(path) as bag:
        for recorded in bag.messages(topics):
            first = recorded.received if first is None else first
            yield Due(recorded.topic, stamp_of(recorded.data), recorded.received - first, recorded.data)


def stamp_of(data: bytes) -> int:
    """The header's stamp in ns."""
    order = _order(data)
    sec = int.from_bytes(data[STAMP_AT : STAMP_AT + 4], order, signed=True)
    return sec * NS + int.from_bytes(data[STAMP_AT + 4 : STAMP_END], order)


def restamped(data: bytes, stamp: int) -> bytes:
    """The same message with another stamp (ns) in its header."""
    order = _order(data)
    sec, nanosec = divmod(stamp, NS)
    return (
        data[:STAMP_AT] + sec.to_bytes(4, order, signed=True) + nanosec.to_bytes(4, order) + data[STAMP_END:]
    )


def _order(data: bytes) -> Literal["little", "big"]:
    return "little" if data[1] & 1 else "big"
