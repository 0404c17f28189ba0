"""A whole adapter for one hand: which topics to listen to, and what each message becomes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from tacrefine.config import load_yaml, resolve
from tacrefine.errors import ConfigError, TouchError
from tacrefine.hands import Hand
from tacrefine.touch.adapters.description import RECEIVED, TF_MESSAGE, AdapterDescription
from tacrefine.touch.adapters.joints import JointTopic
from tacrefine.touch.adapters.merging import Merger
from tacrefine.touch.adapters.readings import Reading, Stamp
from tacrefine.touch.adapters.taxels import TouchTopic
from tacrefine.touch.adapters.wrist import WristFrames, WristTopic
from tacrefine.touch.settings import TouchSettings

Kind = Literal["touch", "joints", "wrist"]
TF, TF_STATIC = "/tf", "/tf_static"


class Input(NamedTuple):
    """One topic to listen to. `latched`: its newest messages are handed to late listeners (transient local)."""

    kind: Kind
    number: int
    topic: str
    type: str
    latched: bool = False


class Adapter:
    """Turns messages into readings. Raises ConfigError where the file does not fit the hand; `where` is its name.

    With `by_arrival` the time of arrival counts, whatever the stamps say.
    """

    def __init__(
        self, description: AdapterDescription, hand: Hand, where: str = "adapter", by_arrival: bool = False
    ) -> None:
        if by_arrival:
            description = _stamped_on_arrival(description)
        self.description, self.hand, self.where = description, hand, where
        self._touch = [
            TouchTopic(source, hand, f"{where}: touch.{number}")
            for number, source in enumerate(description.touch)
        ]
        self._check_pads()
        self._joints = [
            JointTopic(source, hand, f"{where}: joints.{number}")
            for number, source in enumerate(description.joints)
        ]
        wrist = description.wrist
        self._wrist: WristTopic | WristFrames | None = None
        if wrist is not None:
            self._wrist = WristFrames(wrist.tf) if wrist.tf is not None else WristTopic(wrist)
        self.restart()
        self.inputs: tuple[Input, ...] = tuple(inputs_of(description))
        """topics to listen to"""

    def restart(self) -> None:
        """Forget what has come so far."""
        self._merger = Merger(
            [topic.topic for topic in self._touch],
            self.description.merge_window,
            self.description.source_timeout,
        )

    def has(self, kind: Kind) -> bool:
        """Whether the file says where this comes from; else it is expected under its usual name."""
        return any(entry.kind == kind for entry in self.inputs)

    def check_settings(self, settings: TouchSettings) -> None:
        """Raise ConfigError where settings rename joints that the file has renamed already."""
        if self.has("joints") and (settings.joint_prefix or settings.joint_names):
            key = "joint_prefix" if settings.joint_prefix else "joint_names"
            raise ConfigError(
                f"{self.where}: 'joints' says how joints are called, and so does {key}; leave one out."
            )

    def take(self, entry: Input, message: Any, received: Stamp) -> Sequence[Reading]:
        """What a message of this input becomes: one reading, several or none.

        Raises TouchError in one sentence that names the topic and says what the message holds instead.
        """
        try:
            if entry.kind == "touch":
                stamp, sequence, pads = self._touch[entry.number].read(message, received)
                return self._merger.add(entry.number, stamp, sequence, pads)
            if entry.kind == "joints":
                return (self._joints[entry.number].read(message, received),)
            assert self._wrist is not None
            return self._wrist.read(message, received, entry.latched)
        except TouchError as error:
            raise TouchError(f"{entry.topic}: {error}") from None

    def problem(self, kind: Kind) -> str:
        """Why messages come and no reading does, or not a whole one, as a sentence; empty where nothing is wrong."""
        if kind == "touch":
            return self._merger.problem
        return self._wrist.problem if kind == "wrist" and isinstance(self._wrist, WristFrames) else ""

    def _check_pads(self) -> None:
        if not self._touch:
            return
        counts = Counter(name for topic in self._touch for name in topic.pads)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise ConfigError(
                f"{self.where}: touch reads pad '{twice[0]}' twice; each pad comes from one place."
            )
        missing = [pad.name for pad in self.hand.pads if pad.name not in counts]
        if missing:
            raise ConfigError(
                f"{self.where}: touch lacks pad {', '.join(repr(name) for name in missing)} of hand '{self.hand.name}'."
            )


def load_adapter(
    name_or_path: str | os.PathLike[str], hand: Hand, settings: TouchSettings | None = None
) -> Adapter:
    """The shipped adapter of this name, or that of a YAML file, for a hand; ConfigError in one sentence."""
    path = resolve("adapters", name_or_path)
    adapter = Adapter(load_yaml(path, AdapterDescription), hand, str(path))
    if settings is not None:
        adapter.check_settings(settings)
    return adapter


def _stamped_on_arrival(description: AdapterDescription) -> AdapterDescription:
    stamped = {"stamp": RECEIVED}
    return description.model_copy(
        update={
            "touch": tuple(source.model_copy(update=stamped) for source in description.touch),
            "joints": tuple(source.model_copy(update=stamped) for source in description.joints),
            "wrist": None if description.wrist is None else description.wrist.model_copy(update=stamped),
        }
    )


def inputs_of(description: AdapterDescription) -> list[Input]:
    """The topics that an adapter listens to, touch first, then joints, then the wrist."""
    found = [Input("touch", n, source.topic, source.type) for n, source in enumerate(description.touch)]
    found += [Input("joints", n, source.topic, source.type) for n, source in enumerate(description.joints)]
    wrist = description.wrist
    if wrist is None:
        return found
    if wrist.tf is not None:
        static = Input("wrist", 1, TF_STATIC, TF_MESSAGE, latched=True)
        return [*found, Input("wrist", 0, TF, TF_MESSAGE), static]
    assert wrist.topic is not None
    assert wrist.type is not None
    return [*found, Input("wrist", 0, wrist.topic, wrist.type)]
