"""A lifecycle node whose topics, services and clients go away when it is cleaned up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.action import ActionClient
from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile

from tacrefine.nodes.core.waiting import wait_until


class InterfaceNode(LifecycleNode):
    """What a node makes its interfaces with. `steady` is the monotonic clock, for timers."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._cleanups: list[Callable[[], object]] = []

    def publish_on(self, kind: type, topic: str, qos: QoSProfile) -> Any:
        """A publisher that publishes nothing unless the node is active."""
        publisher = self.create_lifecycle_publisher(kind, topic, qos)
        self.add_cleanup(lambda: self.destroy_lifecycle_publisher(publisher))
        return publisher

    def listen_to(
        self,
        kind: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        group: CallbackGroup | None = None,
    ) -> None:
        """A subscription, in a callback group of its own where one is given."""
        subscription = self.create_subscription(kind, topic, callback, qos, callback_group=group)
        self.add_cleanup(lambda: self.destroy_subscription(subscription))

    def serve(self, kind: type, name: str, callback: Callable[[Any, Any], Any], **options: Any) -> None:
        """Return a service that is answered by `callback`."""
        service = self.create_service(kind, name, callback, **options)
        self.add_cleanup(lambda: self.destroy_service(service))

    def serve_waiting(self, kind: type, name: str, callback: Callable[[Any, Any], Awaitable[Any]]) -> None:
        """A service whose coroutine may wait; the node goes on with its work, and further requests queue behind it."""
        self.serve(kind, name, callback, callback_group=MutuallyExclusiveCallbackGroup())

    async def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds, for at most `timeout` s by the wall clock; returns whether it holds."""
        return await wait_until(self, condition, timeout)

    def client_of(self, kind: type, name: str) -> Any:
        """A client of a service."""
        client = self.create_client(kind, name)
        self.add_cleanup(lambda: self.destroy_client(client))
        return client

    def action_client_of(self, kind: type, name: str) -> Any:
        """A client of an action."""
        client = ActionClient(self, kind, name)
        self.add_cleanup(client.destroy)
        return client

    def add_cleanup(self, clean_up: Callable[[], object]) -> None:
        """Call `clean_up` when what `setup` made has to go; last made, first gone."""
        self._cleanups.append(clean_up)

    def clean_up(self) -> list[Exception]:
        """Let go of everything; returns what went wrong meanwhile."""
        faults: list[Exception] = []
        while self._cleanups:
            try:
                self._cleanups.pop()()
            except Exception as error:
                faults.append(error)
        return faults

    @property
    def is_active(self) -> bool:
        """Whether the node is in the lifecycle state 'active'."""
        return self.state_label == "active"

    @property
    def state_label(self) -> str:
        """Name of the present lifecycle state."""
        return str(self._state_machine.current_state[1])

    def stamp(self, ago: float = 0.0) -> Time:
        """The ROS time `ago` seconds before now."""
        now = self.get_clock().now()
        return (now - Duration(nanoseconds=int(ago * 1e9)) if ago else now).to_msg()
