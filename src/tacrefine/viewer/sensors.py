"""Where the console gets touch, joints and wrist: under their usual names, or through an adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tacrefine.bags.schemas import JOINTS, TACTILE, TF, TF_STATIC, WRIST, Topic
from tacrefine.touch.adapters import Adapter, Input, Stamp
from tacrefine.touch.adapters.adapter import Kind
from tacrefine.touch.adapters.description import TF_MESSAGE
from tacrefine.touch.adapters.readings import Reading
from tacrefine.viewer.topics import SENSORS

USUAL: dict[Kind, tuple[Topic, ...]] = {
    "touch": (TACTILE,),
    "joints": (JOINTS,),
    "wrist": (WRIST, TF, TF_STATIC),
}
"""topics that an adapter takes the place of"""


class Sensors:
    """The topics of a console, sensors first; `usual` are those without an adapter."""

    def __init__(self, usual: Sequence[Topic], adapter: Adapter | None = None) -> None:
        self.adapter = adapter
        self._inputs: dict[Topic, list[Input]] = {}
        for entry in adapter.inputs if adapter is not None else ():
            topic = Topic(entry.topic, entry.type, "latched" if entry.latched else "sensor")
            self._inputs.setdefault(topic, []).append(entry)
        replaced = {
            topic
            for kind, topics in USUAL.items()
            if adapter is not None and adapter.has(kind)
            for topic in topics
        }
        kept = [topic for topic in usual if topic not in replaced]
        self.adapted = tuple(self._inputs)
        """topics that an adapter reads"""
        self.topics = (*self.adapted, *kept)
        self.continuous = frozenset(
            [topic for topic in self.adapted if topic.qos != "latched"] + [t for t in SENSORS if t in kept]
        )
        """topics that publish all the time"""
        merged = [topic for topic in self.adapted if self._holds(topic, "touch")]
        self.merged = frozenset(merged if len(merged) > 1 else [])
        """topics whose messages belong together by their stamps"""
        self.transforms = frozenset(topic for topic in self.adapted if topic.type == TF_MESSAGE)
        """topics whose messages tell of different frames, so that every one is needed"""

    def restart(self) -> None:
        """Forget what has come so far."""
        if self.adapter is not None:
            self.adapter.restart()

    def readings(self, topic: Topic, message: Any, received: Stamp) -> Iterator[Reading]:
        """What a message of an adapted topic becomes; TouchError in one sentence where it cannot be used."""
        assert self.adapter is not None
        for entry in self._inputs[topic]:
            yield from self.adapter.take(entry, message, received)

    def problem(self, topic: Topic) -> str:
        """Why messages of an adapted topic come and no whole reading does, as a sentence; empty: they do."""
        assert self.adapter is not None
        kinds = {entry.kind: None for entry in self._inputs[topic]}
        return next(filter(None, map(self.adapter.problem, kinds)), "")

    def _holds(self, topic: Topic, kind: Kind) -> bool:
        return any(entry.kind == kind for entry in self._inputs[topic])
