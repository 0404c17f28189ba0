"""A node in a context of its own that looks at the graph for a while and leaves it."""

from __future__ import annotations

from typing import Self

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


class GraphVisitor:
    """A context manager; whoever looks at the graph inherits from it."""

    def __init__(self, name: str, namespace: str) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        place = "/" + namespace.strip("/")
        self._node = Node(name, namespace=place, context=self._context, enable_rosout=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)
