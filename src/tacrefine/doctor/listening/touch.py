"""Which topics look like the touch of a hand, and how an adapter would read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tacrefine.config import available, load_yaml, resolve
from tacrefine.doctor.listening.shapes import Numbers, numbers_in, words_of
from tacrefine.documents import read_yaml
from tacrefine.errors import ConfigError
from tacrefine.hands import Hand
from tacrefine.supervision.received_topics import ReceivedTopic
from tacrefine.touch.adapters.description import AdapterDescription


class Proposal(NamedTuple):
    """Topics that look like an input, how an adapter would read them, and why, as half a sentence."""

    topics: tuple[ReceivedTopic, ...]
    sources: list[dict[str, Any]]
    why: str


def propose_touch(topics: Sequence[ReceivedTopic], hand: Hand) -> Proposal | None:
    """The topics that fit the pads of a hand best; None where none does."""
    received = [topic for topic in topics if topic.sample is not None]
    numbers = {topic.name: numbers_in(topic.sample) for topic in received}
    for topic in received:
        found = _of_one(topic, numbers[topic.name], hand)
        if found is not None:
            return found
    return _of_several(received, numbers, hand)


def known_driver(topics: Sequence[ReceivedTopic]) -> str:
    """The shipped adapter whose message types are there, except for the plain array; '' if there is none."""
    there = {topic.type for topic in topics}
    for name in available("adapters"):
        described = load_yaml(resolve("adapters", name), AdapterDescription)
        kinds = {source.type for source in described.touch}
        if kinds and kinds <= there and not any(kind.startswith("std_msgs/") for kind in kinds):
            return name
    return ""


def of_driver(name: str, kind: str, topics: Sequence[ReceivedTopic]) -> Proposal | None:
    """What a shipped adapter says of an input, with the topics that there are; None where it says nothing."""
    sources = read_yaml(resolve("adapters", name), ConfigError).get(kind)
    if not isinstance(sources, list):
        return None
    left, used = list(topics), []
    for source in sources:
        topic = next((topic for topic in left if topic.type == source.get("type")), None)
        if topic is None:
            return None
        left.remove(topic)
        used.append(topic)
        source["topic"] = topic.name
    why = f"it is of the driver that the shipped adapter '{name}' reads; check the names of the pads"
    return Proposal(tuple(used), sources, why)


def _of_one(topic: ReceivedTopic, numbers: Sequence[Numbers], hand: Hand) -> Proposal | None:
    """All pads from one topic: in one field, or pad by pad."""
    for found in numbers:
        if found.length == hand.taxel_count:
            source = _source(topic, found.unit) | {
                "field": found.path,
                "pads": [pad.name for pad in hand.pads],
            }
            why = f"field '{found.path}' has {found.length} values, as many as hand '{hand.name}' has taxels"
            return Proposal((topic,), [source], why)
    pads = _by_pad(numbers, hand)
    if pads is None:
        return None
    unit = next(found.unit for found in numbers if found.path in pads.values())
    why = f"fields like '{next(iter(pads.values()))}' have as many values as the pads have taxels"
    return Proposal((topic,), [_source(topic, unit) | {"pads": pads}], why)


def _by_pad(numbers: Sequence[Numbers], hand: Hand) -> dict[str, str] | None:
    """A field for each pad: of its size, and best of its name; in the order of the message where no name tells."""
    left = [found for found in numbers if any(found.length == pad.size for pad in hand.pads)]
    pads: dict[str, str] = {}
    for pad in hand.pads:
        fitting = [found for found in left if found.length == pad.size]
        if not fitting:
            return None
        best = max(fitting, key=lambda found: len(words_of(found.path) & words_of(pad.name)))
        pads[pad.name] = best.path
        left.remove(best)
    return pads


def _of_several(
    topics: Sequence[ReceivedTopic], numbers: dict[str, list[Numbers]], hand: Hand
) -> Proposal | None:
    """A topic for each pad, or each finger: of one type, told apart by their names."""
    sources: list[dict[str, Any]] = []
    used: list[ReceivedTopic] = []
    path = ""
    for pad in hand.pads:
        fitting = [
            (topic, found)
            for topic in topics
            for found in numbers[topic.name]
            if topic not in used and found.length == pad.size
        ]
        if not fitting:
            return None
        topic, found = max(fitting, key=lambda pair: len(words_of(pair[0].name) & words_of(pad.name)))
        used.append(topic)
        path = found.path
        sources.append(_source(topic, found.unit) | {"pads": {pad.name: found.path}})
    why = f"{len(used)} topics have in '{path}' as many values as the pads have taxels"
    return Proposal(tuple(used), sources, why)


def _source(topic: ReceivedTopic, unit: str) -> dict[str, Any]:
    source: dict[str, Any] = {"topic": topic.name, "type": topic.type}
    if not hasattr(topic.sample, "header"):
        source["stamp"] = "received"
    return source | {"unit": unit}
