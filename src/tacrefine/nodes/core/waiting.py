"""Coroutines wait here for something without holding up the executor's thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

PERIOD_S = 0.02


async def wait_until(node: Node, condition: Callable[[], bool], timeout: float) -> bool:
    """Wait until the condition holds, for at most `timeout` s by the wall clock; returns whether it holds.

    The condition is asked fifty times a second on the executor's thread, which goes on with its other work meanwhile.
    A service callback that waits needs a callback group of its own, see `TacrefineNode.serve_waiting`.
    """
    deadline = time.monotonic() + timeout
    done: Future[None] = Future(executor=node.executor)

    def look() -> None:
        if not done.done() and (condition() or time.monotonic() >= deadline):
            done.set_result(None)

    timer = node.create_timer(PERIOD_S, look, clock=Clock(clock_type=ClockType.STEADY_TIME))
    try:
        look()
        await done
    finally:
        node.destroy_timer(timer)
    return condition()
