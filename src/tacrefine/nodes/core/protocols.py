"""What helpers of a node need of it: as little as they use, so that they depend on no node class."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from builtin_interfaces.msg import Time
from rclpy.qos import QoSProfile

from tacrefine.nodes.core.health import Health


class Reporter(Protocol):
    """Tells errors: in the log, and on /diagnostics."""

    def report_error(self, error: Exception | str, kind: str) -> None:
        """Report an error in one sentence; the log shows one of a kind in five seconds."""


class Interfaces(Protocol):
    """Makes topics and services that go away when the node is cleaned up."""

    def publish_on(self, kind: type, topic: str, qos: QoSProfile) -> Any:
        """Return a publisher of a topic."""

    def listen_to(self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile) -> None:
        """Return a subscription to a topic."""

    def serve(self, kind: type, name: str, callback: Callable[[Any, Any], Any]) -> None:
        """Return a service that is answered by a callback."""

    def serve_waiting(self, kind: type, name: str, callback: Callable[[Any, Any], Awaitable[Any]]) -> None:
        """A service whose coroutine may wait."""

    def client_of(self, kind: type, name: str) -> Any:
        """A client of a service."""

    def action_client_of(self, kind: type, name: str) -> Any:
        """A client of an action."""

    def add_cleanup(self, clean_up: Callable[[], object]) -> None:
        """Call `clean_up` when what was made has to go."""


class ArmHost(Interfaces, Reporter, Protocol):
    """A node that moves an arm, as its links to controllers see it."""

    health: Health
    base_frame: str
    """in which the arm's pose comes"""

    def command_on(self, kind: type, topic: str) -> Any:
        """A publisher of commands to arm or hand."""

    def listen_to_sensor(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile
    ) -> None:
        """A subscription to what tells where arm or hand are."""

    def without_subscriber(self, publisher: Any, topic: str) -> str:
        """A sentence if nobody listens to commands on this topic, else empty."""

    def frame_problem(self) -> str:
        """A sentence if the arm's pose comes in a frame that the controller does not use, else empty."""

    def stamp(self, ago: float = 0.0) -> Time:
        """The ROS time `ago` seconds before now."""
