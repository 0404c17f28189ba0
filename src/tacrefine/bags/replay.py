"""A bag as a stream of messages that are due at their times: what the replay driver publishes, without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tacrefine.bags.reading import Bag
from tacrefine.bags.schemas import Topic
from tacrefine.bags.stamps import stamp_of
from tacrefine.errors import DataError


class Due(NamedTuple):
    """A serialised message of a topic, its stamp in ns, and how many ns after the first message it was received."""

    topic: Topic
    stamp: int
    after: int
    data: bytes


def check_playable(path: Path, topics: Sequence[Topic]) -> None:
    """Raise DataError unless the bag has messages of every topic, in the form that is defined today or an older one."""
    with Bag(path) as bag:
        for topic in topics:
            found = bag.channels.get(topic, ())
            if not any(channel.type == topic.type for channel in found):
                raise DataError(f"{path}: no messages on {topic.name}; it cannot be replayed.")
            if not bag.is_current(topic) and not bag.can_renew(topic):
                raise DataError(
                    f"{path}: {topic.type} has changed since; its bytes cannot be published, convert the bag instead."
                )


def play(path: Path, topics: Sequence[Topic]) -> Iterator[Due]:
    """The messages of these topics, which all begin with a header, in the order in which they were received."""
    first: int | None = None
    with Bag(path) as bag:
        current = {topic: bag.is_current(topic) for topic in topics if topic in bag.channels}
        for recorded in bag.messages(topics):
            if recorded.type != recorded.topic.type:
                continue
            first = recorded.received if first is None else first
            data = recorded.data if current[recorded.topic] else bag.renewed(recorded)
            yield Due(recorded.topic, stamp_of(data), recorded.received - first, data)
