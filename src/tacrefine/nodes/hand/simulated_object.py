"""Which object stands in the simulation: it knows, and a wrong name in a request would make a wrong target of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from std_msgs.msg import String

from tacrefine.nodes.core.protocols import Interfaces
from tacrefine.nodes.core.qos import LATCHED
from tacrefine.supervision.errors import InvalidGoal

TOPIC = "sim/object"
"""name of the object (std_msgs/String, latched); published by the simulation alone"""


class Host(Interfaces, Protocol):
    """The node that wants to know."""

    def count_publishers(self, topic: str) -> int:
        """How many nodes publish a topic."""


class SimulatedObject:
    """Listens to the simulation. On a robot nobody publishes the topic, and every name is taken as it comes."""

    def __init__(self, host: Host) -> None:
        self._name = ""
        self._publishers: Callable[[], int] = lambda: host.count_publishers(TOPIC)
        host.listen_to(String, TOPIC, self._take, LATCHED)

    @property
    def name(self) -> str:
        """The object in the simulation, empty where there is none or no simulation runs."""
        return self._name if self._publishers() > 0 else ""

    def refuse_other(self, name: str) -> None:
        """Raise InvalidGoal if the simulated hand is at another object than this."""
        if self.name not in ("", name):
            raise InvalidGoal(
                f"the simulated hand is at object '{self.name}', not '{name}'; give that name, or place '{name}' with "
                "sim/reset"
            )

    def _take(self, message: String) -> None:
        self._name = message.data
