"""Touch, joints and wrist pose as a node hears them: under their usual names, or through an adapter's file.

Whoever listens gets messages with the fields of `TactileArray`, `JointState` and `PoseStamped` in either case.
Nothing is decided here: the adapter reads (`tacrefine.touch.adapters`), and what is missing is told by
`tacrefine.touch.adapters.instead`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from tacrefine.errors import TouchError
from tacrefine.hands import Hand
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.duplicate_nodes import UNKNOWN
from tacrefine.nodes.core.message_types import known_class
from tacrefine.touch import PadReading, TouchSettings
from tacrefine.touch.adapters import (
    Adapter,
    Input,
    JointReading,
    Stamp,
    TouchReading,
    WristReading,
    load_adapter,
)
from tacrefine.touch.adapters.adapter import Kind
from tacrefine.touch.adapters.description import JOINT_STATE, TF_MESSAGE
from tacrefine.touch.adapters.instead import not_received
from tacrefine.touch.adapters.readings import Reading

USUAL: dict[Kind, tuple[str, type, str]] = {
    "touch": ("tactile", TactileArray, "tacrefine/msg/TactileArray"),
    "joints": ("joint_states", JointState, JOINT_STATE),
    "wrist": ("wrist_pose", PoseStamped, "geometry_msgs/msg/PoseStamped"),
}
"""topic, class and type of each input where no adapter says otherwise"""
STATIC = QoSProfile(
    depth=100, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
TRANSFORMS = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)
QUIET_S = 2.0
"""without a message, from which on the graph is looked at for the reason"""
PATIENCE_S = 5.0
"""after a node's start, in which drivers may still be starting"""
Callback = Callable[[Any], None]


class Listen(Protocol):
    """Makes a subscription. One that is not `sampled` hears every message, also while its node rests."""

    def __call__(self, kind: type, topic: str, callback: Callback, qos: QoSProfile, sampled: bool, /) -> None:
        """Subscribe."""


@dataclass(slots=True)
class AdaptedTouch:
    """Stands for a TactileArray."""

    header: Header
    sequence: int
    pads: Sequence[PadReading]


@dataclass(slots=True)
class _Stamped:
    stamp: Stamp


@dataclass(slots=True)
class AdaptedJoints:
    """Stands for a JointState."""

    header: _Stamped
    name: Sequence[str]
    position: Sequence[float]


class RobotInputs:
    """What a node hears of its robot; ConfigError in one sentence where the adapter fits neither hand nor install."""

    def __init__(self, node: TacrefineNode, hand: Hand, settings: TouchSettings, listen: Listen) -> None:
        self._node, self._listen = node, listen
        self.adapter: Adapter | None = (
            load_adapter(settings.adapter, hand, settings) if settings.adapter else None
        )
        self._received: dict[Kind, float] = {}
        self._misread: dict[Kind, str] = {}
        if self.adapter is not None:
            node.health.values["adapter"] = self.adapter.where

    def sole_topics(self, *kinds: Kind) -> list[str]:
        """The topics of these inputs that only one node may publish: all but TF."""
        wanted = [entry for kind in kinds for entry in self._wanted(kind)]
        return list(dict.fromkeys(topic for topic, type_name in wanted if type_name != TF_MESSAGE))

    def needed(self, *kinds: Kind) -> list[str]:
        """The topics on which these inputs come, but for static transforms."""
        return list(dict.fromkeys(topic for kind in kinds for topic, _ in self._wanted(kind)))

    def listen(self, kind: Kind, callback: Callback, qos: QoSProfile) -> None:
        """Hand every message of an input to `callback`, as one of its usual type."""
        adapter = self.adapter
        if adapter is None or not adapter.has(kind):
            topic, message_type, _ = USUAL[kind]
            self._listen(message_type, topic, partial(self._on_usual, kind, callback), qos, True)
            return
        groups: dict[tuple[str, str], list[Input]] = {}
        for entry in adapter.inputs:
            if entry.kind == kind:
                groups.setdefault((entry.topic, entry.type), []).append(entry)
        for (topic, type_name), entries in groups.items():
            found = known_class(type_name, topic, adapter.where)
            profile = qos
            if type_name == TF_MESSAGE:
                profile = STATIC if entries[0].latched else TRANSFORMS
            # What belongs together by its stamps must not be thinned out while the node rests.
            sampled = len(groups) == 1
            self._listen(found, topic, partial(self._on_message, kind, entries, callback), profile, sampled)

    def problem(self, kind: Kind) -> str:
        """Why nothing usable comes on an input, as a sentence that says what arrives instead; empty: it comes."""
        if time.monotonic() - self._received.get(kind, -float("inf")) < QUIET_S:
            return self.adapter.problem(kind) if self.adapter is not None else ""
        if kind in self._misread:
            return self._misread[kind]
        if self.adapter is not None and self.adapter.problem(kind):
            return self.adapter.problem(kind)
        there = {
            name: kinds[0]
            for name, kinds in self._node.get_topic_names_and_types()
            if kinds and self._node.count_publishers(name)
        }
        for topic, type_name in self._wanted(kind):
            sentence = not_received(
                self._node.resolve_topic_name(topic), type_name, self._published(topic), there
            )
            if sentence:
                return sentence
        return ""

    def _wanted(self, kind: Kind) -> list[tuple[str, str]]:
        if self.adapter is None or not self.adapter.has(kind):
            return [(USUAL[kind][0], USUAL[kind][2])]
        return [
            (entry.topic, entry.type)
            for entry in self.adapter.inputs
            if entry.kind == kind and not entry.latched
        ]

    def _published(self, topic: str) -> dict[str, str]:
        """The type by the name of each node that publishes a topic."""
        infos = self._node.get_publishers_info_by_topic(self._node.resolve_topic_name(topic))
        return {_name_of(info): info.topic_type for info in infos}

    def _on_usual(self, kind: Kind, callback: Callback, message: Any) -> None:
        self._received[kind] = time.monotonic()
        callback(message)

    def _on_message(self, kind: Kind, entries: Sequence[Input], callback: Callback, message: Any) -> None:
        assert self.adapter is not None
        received = Stamp.of_nanoseconds(self._node.get_clock().now().nanoseconds)
        for entry in entries:
            try:
                readings = self.adapter.take(entry, message, received)
            except TouchError as error:
                self._misread[kind] = str(error)
                self._node.report_error(error, f"input {entry.topic}")
                continue
            for reading in readings:
                self._misread.pop(kind, None)
                self._received[kind] = time.monotonic()
                callback(_as_message(reading))


def _name_of(info: Any) -> str:
    """A publisher's node; for a moment after it has come nobody knows its name."""
    known = info.node_name != UNKNOWN
    return f"{info.node_namespace.rstrip('/')}/{info.node_name}" if known else "a node"


def _as_message(reading: Reading) -> Any:
    """A reading with the fields of its usual message."""
    if isinstance(reading, TouchReading):
        return AdaptedTouch(Header(stamp=Time(**reading.stamp._asdict())), reading.sequence, reading.pads)
    if isinstance(reading, JointReading):
        return AdaptedJoints(_Stamped(reading.stamp), reading.names, reading.positions)
    return _pose(reading)


def _pose(reading: WristReading) -> PoseStamped:
    message = PoseStamped()
    message.header.stamp = Time(**reading.stamp._asdict())
    message.header.frame_id = reading.frame_id
    p, q = message.pose.position, message.pose.orientation
    p.x, p.y, p.z, q.x, q.y, q.z, q.w = map(float, reading.pose)
    return message
