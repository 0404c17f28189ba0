"""A bag on a time line: read in the background, thinned to what a picture can show, shown at any moment of it."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

from tacrefine.bags.files import find_bags
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import CORRECTION, DIAGNOSTICS, FEEDBACK, TF, TF_STATIC, Topic
from tacrefine.bags.session import HAND
from tacrefine.bags.stamps import NS
from tacrefine.documents import quoted
from tacrefine.errors import DataError, TacrefineError
from tacrefine.supervision.phases import HandPhase
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.topics import BAG, SENSORS

PERIOD_S = 0.04
"""of sensors no more than one message in such a time is kept"""
REPORTS = 40
"""newest diagnostics that are looked at after a jump"""


class _Entry(NamedTuple):
    """A message that is kept: when it came (s from the first), how many it stands for, whether a jump may skip it."""

    time: float
    recorded: Recorded
    messages: int
    skippable: bool


def one_bag(path: Path) -> Path:
    """The one bag that a path is or holds; DataError in one sentence where there is none, or more."""
    bags = find_bags([path])
    if len(bags) > 1:
        names = ", ".join(str(bag) for bag in bags[:3]) + (", ..." if len(bags) > 3 else "")
        raise DataError(f"{path}: holds {len(bags)} bags; name one of them: {names}.")
    return bags[0]


def recorded_hand(path: Path, names: Mapping[str, str] | None = None) -> str:
    """Name of the hand that a bag was recorded with, '' where it does not say; DataError where nothing can be shown."""
    with Bag(path, names) as bag:
        if not any(topic in bag.channels for topic in BAG):
            wanted = ", ".join(topic.name for topic in SENSORS)
            held = ", ".join(quoted(channel.topic) for channel in bag.all_channels[:8]) or "none"
            raise DataError(
                f"{path}: holds none of the topics {wanted}; it has {held}. Name them with --topic."
            )
        return bag.custom.get(HAND, "")


class Player:
    """Feeds a state from a bag; `time` is where it stands, s after the first message. A context manager."""

    def __init__(self, path: Path, feed: Feed, names: Mapping[str, str] | None = None) -> None:
        self._path, self._feed, self._names = path, feed, names
        self._entries: list[_Entry] = []
        self._times: list[float] = []
        self._next = 0
        self._bag: Bag | None = None
        self._stopping = threading.Event()
        self._is_read = False
        self._problem = ""
        self.time = 0.0
        self._thread = threading.Thread(target=self._read, name="bag", daemon=True)

    def __enter__(self) -> Player:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(5.0)

    @property
    def duration(self) -> float:
        """How far the bag is read, s."""
        return self._times[-1] if self._times else 0.0

    @property
    def is_at_end(self) -> bool:
        """Whether everything was shown."""
        return self._is_read and self.time >= self.duration

    @property
    def note(self) -> str:
        """The bag's name, and how far it is read, as HTML text."""
        name = escape(str(self._path))
        if self._problem:
            return f"{name}: {escape(self._problem)}"
        return name if self._is_read else f"{name}: reading, {self.duration:.0f} s so far"

    def wait(self) -> None:
        """Return once the whole bag is read."""
        self._thread.join()

    def seek(self, time: float) -> None:
        """Show the moment `time`, s, or as much of it as is read."""
        time = min(max(0.0, time), self.duration)
        end = bisect_right(self._times, time)
        if end < self._next:
            self._feed.clear()
            self._next = 0
        jump = end - self._next > 500
        newest = self._newest(end) if jump else {}
        for number in range(self._next, end):
            entry = self._entries[number]
            topic = entry.recorded.topic
            if jump and entry.skippable and newest.get(topic) != number:
                self._feed.count(topic, entry.time, entry.messages)
            elif not (jump and topic is DIAGNOSTICS and number < newest.get(DIAGNOSTICS, 0)):
                self._take(entry)
        self._next, self.time = end, time

    def _newest(self, end: int) -> dict[Topic, int]:
        """The last entry of each topic that may be skipped, and the first of the last diagnostics."""
        found: dict[Topic, int] = {}
        reports = 0
        for number in range(end - 1, self._next - 1, -1):
            topic = self._entries[number].recorded.topic
            if topic is DIAGNOSTICS:
                reports += 1
                if reports <= REPORTS:
                    found[topic] = number
            else:
                found.setdefault(topic, number)
        return found

    def _take(self, entry: _Entry) -> None:
        assert self._bag is not None
        topic = entry.recorded.topic
        self._feed.count(topic, entry.time, entry.messages)
        try:
            message = self._bag.read(entry.recorded)
        except TacrefineError as error:
            self._feed.state.inputs[topic].problem = str(error)
            return
        self._feed.take(topic, message, entry.time)

    # ---- in the background
    def _read(self) -> None:
        try:
            with Bag(self._path, self._names) as bag:
                self._bag = bag
                self._keep(bag)
        except TacrefineError as error:
            self._problem = str(error)
        self._is_read = True

    def _keep(self, bag: Bag) -> None:
        first: int | None = None
        kept: dict[Topic, float] = {}
        waiting: dict[Topic, int] = {}
        sensing = False
        for recorded in bag.messages(BAG):
            if self._stopping.is_set():
                return
            topic = recorded.topic
            first = recorded.received if first is None else first
            time = max(self.duration, (recorded.received - first) / NS)
            waiting[topic] = waiting.get(topic, 0) + 1
            if topic is FEEDBACK:
                sensing = self._phase(bag, recorded) is HandPhase.SENSING
            flows = topic in (*SENSORS, TF) or (topic is CORRECTION and not sensing)
            if flows and time - kept.get(topic, -PERIOD_S) < PERIOD_S:
                continue
            kept[topic] = time
            skippable = flows and topic is not TF and topic is not TF_STATIC
            self._entries.append(_Entry(time, recorded, waiting.pop(topic), skippable))
            self._times.append(time)

    @staticmethod
    def _phase(bag: Bag, recorded: Recorded) -> HandPhase | None:
        try:
            state = int(bag.read(recorded).feedback.state)
        except TacrefineError:
            return None
        return HandPhase(state) if 0 <= state <= max(HandPhase) else None
