"""A node that has nothing to do looks at its sensors now and then, not at every message.

In rclpy each message costs a third of a millisecond before anything is done with it. While a node rests, its sensor
topics are left out of what its executor waits for, except that each may hand over one message in `PERIOD_S`.
"""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock
from rclpy.node import Node
from rclpy.subscription import Subscription
from rclpy.timer import Timer

PERIOD_S = 0.4
"""between two messages of a topic while the node rests"""


class SampledGroup(CallbackGroup):
    """Subscriptions that all are served while `is_resting` is False, else once each after every `renew`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_resting = False
        self._served: set[int] = set()

    def renew(self) -> None:
        """Each subscription may hand over one more message."""
        self._served.clear()

    def can_execute(self, entity: Any) -> bool:
        """Whether the executor may wait for this subscription."""
        if not self.is_resting:
            return True
        return isinstance(entity, Subscription) and id(entity) not in self._served

    def beginning_execution(self, entity: Any) -> bool:
        """Note that a message is being handed over."""
        self._served.add(id(entity))
        return True

    def ending_execution(self, entity: Any) -> None:
        """Nothing: the executor has one thread."""


class SensorSampling:
    """Whether a node rests, between calls of `rest` and `wake`."""

    def __init__(self, node: Node, clock: Clock) -> None:
        self._node, self._users, self._is_closed = node, 0, False
        self.group = SampledGroup()
        self._tickers: list[Timer] = []
        self._renewing = node.create_timer(PERIOD_S, self.group.renew, clock=clock)
        self._renewing.cancel()

    @property
    def is_resting(self) -> bool:
        """Whether messages are only sampled."""
        return self.group.is_resting

    def add_ticker(self, timer: Timer) -> None:
        """Stop this timer while the node rests."""
        self._tickers.append(timer)

    def rest(self) -> None:
        """Rest from now on, but for those who `wake`."""
        self.group.is_resting = True
        self._renewing.reset()
        for timer in self._tickers:
            timer.cancel()

    def wake(self) -> None:
        """Hand over every message until `sleep` was called as often as this."""
        self._users += 1
        if not self.group.is_resting:
            return
        self.group.is_resting = False
        self._renewing.cancel()
        for timer in self._tickers:
            timer.reset()
        if self._node.executor is not None:
            self._node.executor.wake()

    def sleep(self) -> None:
        """One who called `wake` is done; the last one lets the node rest again."""
        self._users -= 1
        if self._users == 0 and not self._is_closed:
            self.rest()

    def close(self) -> None:
        """Let go of the timers."""
        self._is_closed = True
        self._node.destroy_timer(self._renewing)
