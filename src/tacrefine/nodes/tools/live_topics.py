"""Listens to topics without decoding them, for whoever asks twenty times a second what has come.

No executor runs: messages wait in the middleware until `poll` takes them, as bytes, so that a hundred of them cost less
than one that is decoded. The node publishes nothing of the stack's and calls nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from tacrefine.bags.schemas import Topic
from tacrefine.nodes.core.message_types import message_class

NAME = "tacrefine_view"
DEPTH = 100
"""messages that wait for us"""


class Arrived(NamedTuple):
    """What has come on one topic since the last look: the messages as bytes, oldest first."""

    topic: Topic
    messages: list[bytes]


class LiveTopics:
    """A context manager. Latched topics also give what was published before this node came."""

    def __init__(self, namespace: str, topics: Sequence[Topic]) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        place = "/" + namespace.strip("/")
        self._node = Node(
            NAME, namespace=place, context=self._context, enable_rosout=False, start_parameter_services=False
        )
        self._subscriptions: list[tuple[Topic, Any]] = []
        for topic in topics:
            kind = message_class(topic.type)
            self._subscriptions.append(
                (topic, self._node.create_subscription(kind, topic.name, _ignore, _wanted(topic), raw=True))
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    @property
    def namespace(self) -> str:
        """Where the stack is looked for."""
        return self._node.get_namespace()

    def poll(self) -> list[Arrived]:
        """Everything that has come since the last call."""
        found = []
        for topic, subscription in self._subscriptions:
            messages: list[bytes] = []
            with subscription.handle:
                while len(messages) < DEPTH:
                    taken = subscription.handle.take_message(subscription.msg_type, True)
                    if taken is None:
                        break
                    messages.append(bytes(taken[0]))
            if messages:
                found.append(Arrived(topic, messages))
        return found


def _ignore(_message: bytes) -> None:
    """Never called: nothing spins."""


def _wanted(topic: Topic) -> QoSProfile:
    """What every publisher of the topic can give, with as little work for it as possible."""
    latched = topic.qos == "latched"
    return QoSProfile(
        depth=10 if latched else DEPTH,
        history=HistoryPolicy.KEEP_LAST,
        reliability=ReliabilityPolicy.RELIABLE if latched else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )
