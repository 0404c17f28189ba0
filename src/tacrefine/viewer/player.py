"""A bag on a time line: read in the background, thinned to what a picture can show, shown at any moment of it."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

from tacrefine.bags.files import find_bags
from tacrefine.bags.inputs import adapter_of
from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import CORRECTION, DIAGNOSTICS, FEEDBACK, TF, Topic
from tacrefine.bags.session import HAND
from tacrefine.bags.stamps import NS
from tacrefine.documents import quoted
from tacrefine.errors import DataError, TacrefineError
from tacrefine.hands import load_hand
from tacrefine.objects import GraspObject
from tacrefine.supervision.phases import HandPhase
from tacrefine.touch import SourceSettings
from tacrefine.touch.adapters import Stamp
from tacrefine.touch.adapters.description import TF_MESSAGE
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.sensors import Sensors
from tacrefine.viewer.topics import BAG, SENSORS

DEFAULT_HAND = "five_finger"
"""where neither the command nor the bag names one"""
PERIOD_S = 0.04
"""of sensors no more than one message in such a time is kept"""
LATEST = 40
"""newest diagnostics, and parts of touch that is merged, that are looked at after a jump"""


class _Entry(NamedTuple):
    """A message that is kept: when it came (s from the first), how many it stands for, and how many of the newest of
    its topic are looked at after a jump, 0 for all.
    """

    time: float
    recorded: Recorded
    messages: int
    latest: int


def one_bag(path: Path) -> Path:
    """The one bag that a path is or holds; DataError in one sentence where there is none, or more."""
    bags = find_bags([path])
    if len(bags) > 1:
        names = ", ".join(str(bag) for bag in bags[:3]) + (", ..." if len(bags) > 3 else "")
        raise DataError(f"{path}: holds {len(bags)} bags; name one of them: {names}.")
    return bags[0]


def open_feed(
    path: Path,
    hand: str,
    objects: dict[str, GraspObject],
    settings: SourceSettings,
    names: Mapping[str, str] | None = None,
) -> Feed:
    """A feed for this bag: of the hand that is named or else recorded, through the adapter that is named or recorded.

    Raises DataError in one sentence where nothing can be shown, and ConfigError where hand and adapter do not fit.
    """
    with Bag(path, names) as bag:
        described = load_hand(hand or bag.custom.get(HAND, "") or DEFAULT_HAND)
        feed = Feed(described, objects, settings, BAG, adapter_of(bag, described, settings))
        bag.listen(feed.sensors.adapted)
        if not any(topic in bag.channels for topic in feed.sensors.topics):
            wanted = ", ".join(topic.name for topic in feed.sensors.adapted or SENSORS)
            held = ", ".join(quoted(channel.topic) for channel in bag.all_channels[:8]) or "none"
            raise DataError(
                f"{path}: holds none of the topics {wanted}; it has {held}. Name them with --topic, or give an adapter "
                "(--adapter)."
            )
    return feed


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
        skipped = self._skipped(end) if jump else set()
        for number in range(self._next, end):
            entry = self._entries[number]
            if number in skipped:
                self._feed.count(entry.recorded.topic, entry.time, entry.messages)
            else:
                self._take(entry)
        self._next, self.time = end, time

    def _skipped(self, end: int) -> set[int]:
        """The entries up to there that a jump need not look at."""
        skipped = set()
        later: Counter[Topic] = Counter()
        for number in range(end - 1, self._next - 1, -1):
            entry = self._entries[number]
            if entry.latest and later[entry.recorded.topic] >= entry.latest:
                skipped.add(number)
            later[entry.recorded.topic] += 1
        return skipped

    def _take(self, entry: _Entry) -> None:
        assert self._bag is not None
        topic = entry.recorded.topic
        self._feed.count(topic, entry.time, entry.messages)
        try:
            message = self._bag.read(entry.recorded)
        except TacrefineError as error:
            self._feed.state.inputs[topic].problem = str(error)
            return
        self._feed.take(topic, message, entry.time, Stamp.of_nanoseconds(entry.recorded.received))

    # ---- in the background
    def _read(self) -> None:
        try:
            with Bag(self._path, self._names) as bag:
                bag.listen(self._feed.sensors.adapted)
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
        sensors = self._feed.sensors
        for recorded in bag.messages(sensors.topics):
            if self._stopping.is_set():
                return
            topic = recorded.topic
            first = recorded.received if first is None else first
            time = max(self.duration, (recorded.received - first) / NS)
            waiting[topic] = waiting.get(topic, 0) + 1
            if topic is FEEDBACK:
                sensing = self._phase(bag, recorded) is HandPhase.SENSING
            is_continuous = (
                topic in sensors.continuous or topic is TF or (topic is CORRECTION and not sensing)
            )
            thinned = is_continuous and topic not in sensors.merged
            if thinned and time - kept.get(topic, -PERIOD_S) < PERIOD_S:
                continue
            kept[topic] = time
            self._entries.append(_Entry(time, recorded, waiting.pop(topic), _latest(topic, thinned, sensors)))
            self._times.append(time)

    @staticmethod
    def _phase(bag: Bag, recorded: Recorded) -> HandPhase | None:
        try:
            state = int(bag.read(recorded).feedback.state)
        except TacrefineError:
            return None
        return HandPhase(state) if 0 <= state <= max(HandPhase) else None


def _latest(topic: Topic, thinned: bool, sensors: Sensors) -> int:
    """How many of the newest entries of a topic a jump looks at; 0: at all."""
    if topic is DIAGNOSTICS or topic in sensors.merged:
        return LATEST
    return 1 if thinned and topic.type != TF_MESSAGE else 0
