"""What a bag holds, in figures and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacrefine.bags.files import METADATA
from tacrefine.bags.reading import Bag
from tacrefine.bags.session import GOALS
from tacrefine.bags.stamps import Stamps, stamp_of


@dataclass
class _Count:
    """Messages of a topic, and their stamps where they have any."""

    messages: int = 0
    stamps: Stamps | None = None


def describe_bag(path: Path, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Keys `bag`, `messages`, `seconds`, `about` (the metadata), `notes` (what could not be read or does not agree, as
    sentences) and `topics` (`name`, `type`, `messages`, `rate`, Hz, and `problem`, '' if there is none).

    Counts come from the messages themselves: the metadata of a recording that was killed lags behind.
    """
    with Bag(path, names) as bag:
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
    return {
        "bag": str(path),
        "messages": messages,
        "seconds": round(seconds, 3),
        "about": about,
        "notes": notes,
        "topics": topics,
    }
