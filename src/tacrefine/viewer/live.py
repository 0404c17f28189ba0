"""What has come from a running stack, into state: events one by one, of readings the newest alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from tacrefine.bags.schemas import DIAGNOSTICS, FEEDBACK, STATUS, Topic
from tacrefine.touch.adapters import Stamp
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.topics import ESTOP, LOG

EVENTS = (FEEDBACK, STATUS, DIAGNOSTICS, ESTOP, LOG)
"""topics of which every message counts"""


class Arrivals(Protocol):
    """What has come on one topic since the last look."""

    @property
    def topic(self) -> Topic:
        """The topic."""

    @property
    def messages(self) -> Sequence[bytes]:
        """Serialised messages, oldest first."""


def take_arrivals(feed: Feed, arrivals: Iterable[Arrivals], now: float) -> None:
    """Count all messages and look at those that count; `now` is when they were taken, s."""
    received = Stamp.of_nanoseconds(time.time_ns())
    for arrived in arrivals:
        feed.count(arrived.topic, now, len(arrived.messages))
        every = arrived.topic in EVENTS or arrived.topic in feed.sensors.transforms
        for data in arrived.messages if every else arrived.messages[-1:]:
            feed.take_bytes(arrived.topic, data, now, received)
