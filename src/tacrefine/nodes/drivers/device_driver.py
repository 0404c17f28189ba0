"""What every driver behind the node `driver` has in common: `Driver`, and `DeviceDriver` for a device that is read.

A new driver is a subclass with a line in the table of `tacrefine.nodes.drivers.driver`; the lifecycle, parameters and
/diagnostics are the node's.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from builtin_interfaces.msg import Time

from tacrefine.documents import quoted
from tacrefine.drivers.link import Device, Link
from tacrefine.errors import DeviceError
from tacrefine.nodes.core.health import Health
from tacrefine.nodes.core.protocols import Interfaces, Reporter
from tacrefine.nodes.drivers.parameters import DriverParameters


class Host(Interfaces, Reporter, Protocol):
    """The node that a driver works for."""

    parameters: DriverParameters
    health: Health

    @property
    def is_active(self) -> bool:
        """Whether the node is active."""

    def stamp(self, ago: float = 0.0) -> Time:
        """The ROS time `ago` seconds before now."""

    def fail(self, error: Exception | str, kind: str) -> None:
        """Report an error after which the node does not work until it is configured anew."""

    async def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds, for at most `timeout` s; returns whether it holds."""


class Driver:
    """One kind of driver. Publishers and the like are made in `setup` with the methods of `self.node`.

    `stream` names what is published; the driver counts its messages with `node.health.tick(stream)`.
    """

    stream: ClassVar[str] = "tactile"

    def __init__(self, node: Host) -> None:
        self.node = node
        self.parameters = node.parameters

    def setup(self) -> None:
        """Make publishers and check parameters; may raise TacrefineError in one sentence."""

    def start(self) -> None:
        """Begin to publish; the node has just become active."""

    def stop(self) -> None:
        """Stop publishing; whatever moves comes to rest."""

    def report(self) -> dict[str, str]:
        """Keys and values for /diagnostics."""
        return {}

    def is_healthy(self) -> bool:
        """Whether data flows; if not, the node's level on /diagnostics is a warning."""
        return True


class DeviceDriver(Driver, ABC):
    """A driver that reads one device in a thread of its own, which alone talks to the device."""

    def __init__(self, node: Host) -> None:
        super().__init__(node)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._running = False
        self._link: Link[Any] | None = None

    # ---- for drivers to fill
    @abstractmethod
    def make_device(self) -> Device[Any]:
        """The device, not yet open."""

    @abstractmethod
    def publish(self, reading: Any, stamp: Time) -> None:
        """Send one reading; runs in the device's thread. `stamp` is when the reading was begun."""

    # ---- the node's side
    def setup(self) -> None:
        """Make the device; nothing is opened yet."""
        p = self.parameters
        self._link = Link(self.make_device(), p.retry_first, p.retry_longest)

    def start(self) -> None:
        """Connect in the background: a device that is not there yet is no error of the node."""
        # A device may hold the thread before this one beyond the end of `stop`: only one may talk to it at a time.
        before, self._stopping = self._thread, threading.Event()
        self._running = True
        self._thread = threading.Thread(
            target=self._run, args=(self._stopping, before), name="device", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread and let go of the device."""
        self._stopping.set()
        self._running = False
        if self._thread is not None:
            self._thread.join(timeout=self.parameters.timeout + 2.0)

    def report(self) -> dict[str, str]:
        """State of the connection."""
        link = self._link
        if link is None:
            return {}
        return {
            "connected": "yes" if link.connected else "no",
            "reconnects": str(max(0, link.connects - 1)),
            "device failures": str(link.failures),
            "last device failure": link.last_failure,
        }

    def is_healthy(self) -> bool:
        """Connected, or not yet asked to be."""
        return self._link is None or self._link.connected or not self._running

    def _run(self, stopping: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        link, period = self._link, 1.0 / self.parameters.rate
        assert link is not None
        due = time.monotonic()
        try:
            while not stopping.is_set():
                try:
                    reading = link.step()
                    if reading is not None and not stopping.is_set():
                        self.publish(reading, self.node.stamp(ago=time.monotonic() - reading.time))
                except DeviceError as error:
                    self.node.report_error(error, "device")
                now = time.monotonic()
                due = max(due + period, now)
                stopping.wait(max(link.wait(), due - now))
        except Exception as error:
            self.node.fail(f"driver stopped: {quoted(error)} ({type(error).__name__})", "driver")
        finally:
            link.close()
