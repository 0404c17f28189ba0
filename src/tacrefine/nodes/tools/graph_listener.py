"""Listens to every topic of a graph for a while, commands nothing, and hands back what it received as plain data."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message

from tacrefine.errors import ConfigError
from tacrefine.nodes.core.message_types import known_class
from tacrefine.nodes.tools.graph_visitor import GraphVisitor
from tacrefine.supervision.received_topics import ReceivedGraph, ReceivedTopic
from tacrefine.touch.adapters.description import TF_MESSAGE
from tacrefine.touch.adapters.instead import OWN

NAME = "tacrefine_listener"
LARGEST = 2**20
"""bytes of a message that is decoded; images and point clouds are not touch"""
LISTEN = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(
    depth=100, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)


@dataclass
class _Subscribed:
    kind: str
    message_type: Any = None
    problem: str = ""
    count: int = 0
    size: int = 0
    first: float = 0.0
    last: float = 0.0
    data: bytes = field(default=b"", repr=False)


class GraphListener(GraphVisitor):
    """A context manager; `listen` tells what came within so many seconds."""

    def __init__(self, namespace: str = "") -> None:
        super().__init__(NAME, namespace)
        self._subscribed: dict[str, _Subscribed] = {}
        self._frames: dict[str, str] = {}

    def listen(self, seconds: float) -> ReceivedGraph:
        """Everything that was received; topics that appear meanwhile are received from then on."""
        end, looked = time.monotonic() + seconds, 0.0
        while (now := time.monotonic()) < end:
            if now - looked > 0.25:
                self._look()
                looked = now
            self._executor.spin_once(timeout_sec=min(end - now, 0.1))
        topics = tuple(self._received(name, entry) for name, entry in sorted(self._subscribed.items()))
        return ReceivedGraph(topics, dict(self._frames), self._node.get_namespace())

    def _look(self) -> None:
        for name, kinds in self._node.get_topic_names_and_types():
            if (
                name in self._subscribed
                or name in OWN
                or "/_" in name
                or not self._node.count_publishers(name)
            ):
                continue
            entry = self._subscribed[name] = _Subscribed(kinds[0])
            try:
                entry.message_type = known_class(kinds[0], name, "listening")
            except ConfigError as error:
                entry.problem = str(error).removeprefix("listening: ")
                continue
            except Exception as error:  # types of actions and services that travel as topics
                entry.problem = f"topic {name} of type {kinds[0]} cannot be received ({error!r:.100})"
                continue
            profile = LATCHED if name.endswith("_static") else LISTEN
            self._node.create_subscription(
                entry.message_type, name, partial(self._on_message, entry), profile, raw=True
            )

    def _on_message(self, entry: _Subscribed, data: bytes) -> None:
        now = time.monotonic()
        entry.first = entry.first or now
        entry.count, entry.last, entry.size = entry.count + 1, now, len(data)
        if len(data) <= LARGEST:
            entry.data = data
        if entry.kind == TF_MESSAGE:
            for frame in deserialize_message(data, entry.message_type).transforms:
                self._frames[frame.child_frame_id.lstrip("/")] = frame.header.frame_id.lstrip("/")

    def _received(self, name: str, entry: _Subscribed) -> ReceivedTopic:
        infos = self._node.get_publishers_info_by_topic(name)
        nodes = tuple(sorted({f"{i.node_namespace.rstrip('/')}/{i.node_name}" for i in infos}))
        span = entry.last - entry.first
        rate = (entry.count - 1) / span if span > 0.0 else 0.0
        sample = deserialize_message(entry.data, entry.message_type) if entry.data else None
        return ReceivedTopic(name, entry.kind, nodes, rate, entry.size, sample, entry.problem)
