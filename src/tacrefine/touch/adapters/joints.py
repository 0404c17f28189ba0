"""One topic with positions of joints: names become the hand's, numbers become rad."""

from __future__ import annotations

import math
from typing import Any

from tacrefine.errors import ConfigError, TouchError
from tacrefine.hands import Hand
from tacrefine.touch.adapters.description import JointSource, PositionField
from tacrefine.touch.adapters.paths import FieldPath
from tacrefine.touch.adapters.readings import JointReading, Stamp
from tacrefine.touch.adapters.taxels import StampField

DEGREE = math.pi / 180.0


class JointTopic:
    """Reads one topic of joints for a hand; ConfigError where its description names joints that the hand lacks."""

    def __init__(self, source: JointSource, hand: Hand, where: str) -> None:
        self.topic, self._source = source.topic, source
        self._own = frozenset(hand.joint_names)
        self._stamp = StampField(source.stamp)
        self._factor = DEGREE if source.degrees else 1.0
        for key, names in (("names", source.names.values()), ("positions", source.positions)):
            for name in names:
                if name not in self._own:
                    raise ConfigError(
                        f"{where}: {key} has the joint '{name}'; hand '{hand.name}' has {', '.join(hand.joint_names)}."
                    )
        self._positions = [
            (name, FieldPath(entry.field), entry.scale, entry.offset)
            for name, entry in (
                (name, entry if isinstance(entry, PositionField) else PositionField(field=entry))
                for name, entry in source.positions.items()
            )
        ]
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def read(self, message: Any, received: Stamp) -> JointReading:
        """Names as the hand has them, and positions in rad; TouchError in half a sentence."""
        stamp = self._stamp.of(message, received)
        if self._positions:
            return JointReading(stamp, *self._by_path(message))
        try:
            names, positions = tuple(message.name), message.position
        except AttributeError:
            raise TouchError(
                f"it is a {type(message).__name__}, which has no 'name' and 'position'"
            ) from None
        if names not in self._known:
            if len(self._known) > 1000:  # somebody makes names up
                self._known.clear()
            self._known[names] = tuple(self._name(name) for name in names)
        if self._factor != 1.0:
            positions = [position * self._factor for position in positions]
        return JointReading(stamp, self._known[names], positions)

    def _by_path(self, message: Any) -> tuple[list[str], list[float]]:
        names, positions = [], []
        for name, path, scale, offset in self._positions:
            value = path.value(message)
            try:
                position = float(value)
            except (TypeError, ValueError):
                raise TouchError(
                    f"field '{path.text}' holds {type(value).__name__}, not the position of joint '{name}'"
                ) from None
            names.append(name)
            positions.append((scale * position + offset) * self._factor)
        return names, positions

    def _name(self, name: str) -> str:
        """What the hand calls a joint; a name that no joint of a hand can have if it is not the hand's."""
        if name in self._source.names:
            return self._source.names[name]
        prefix = self._source.prefix
        if not prefix:
            return name
        if name.startswith(prefix) and name.removeprefix(prefix) in self._own:
            return name.removeprefix(prefix)
        return name if name not in self._own else f"{name} (without {prefix})"
