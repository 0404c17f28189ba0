"""What a recording holds besides the usual topics where a robot has an adapter."""

from __future__ import annotations

from tacrefine.bags.installed import know
from tacrefine.bags.schemas import Topic
from tacrefine.errors import ConfigError
from tacrefine.touch.adapters import Adapter


def adapted_topics(adapter: Adapter) -> list[Topic]:
    """The topics that an adapter reads, each once.

    Raises ConfigError in one sentence where a type is not installed here.
    """
    found: dict[str, Topic] = {}
    for entry in adapter.inputs:
        try:
            know(entry.type)
        except ConfigError as error:
            raise ConfigError(f"{adapter.where}: topic {entry.topic}: {error}") from error
        found.setdefault(
            entry.topic, Topic(entry.topic, entry.type, "latched" if entry.latched else "sensor")
        )
    return list(found.values())
