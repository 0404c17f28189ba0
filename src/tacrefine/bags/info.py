"""What a bag holds, in figures and words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tacrefine.bags.reading import Bag
from tacrefine.bags.session import GOALS


def describe_bag(path: Path, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Keys `bag`, `messages`, `seconds`, `about` (the metadata) and `topics` (`name`, `type`, `messages`, `rate`, Hz).

    Counts come from the messages themselves: the metadata of a recording that was killed lags behind.
    """
    with Bag(path, names) as bag:
        counts: dict[str, int] = {}
        first = last = 0
        for connection, received in bag.arrivals():
            counts[connection.topic] = counts.get(connection.topic, 0) + 1
            first, last = first or received, received
        seconds = (last - first) * 1e-9
        topics = [
            {
                "name": connection.topic,
                "type": connection.msgtype,
                "messages": counts.get(connection.topic, 0),
                "rate": round(counts.get(connection.topic, 0) / seconds, 2) if seconds > 1.0 else 0.0,
            }
            for connection in sorted(bag.all_connections, key=lambda connection: connection.topic)
        ]
        about = {key: value for key, value in bag.custom.items() if key != GOALS}
        goals = bag.goals()
        if goals:
            about[GOALS] = str(len(goals))
    return {
        "bag": str(path),
        "messages": sum(counts.values()),
        "seconds": round(seconds, 3),
        "about": about,
        "topics": topics,
    }
