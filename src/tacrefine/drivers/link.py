"""Keeps a device connected: after any failure close it, wait (longer each time), and open it again.

A reading is handed over once, straight from a `read` of the device, and after every failure the device is opened anew,
so that no old reading is taken for a new one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from tacrefine.errors import DeviceError

Reading = TypeVar("Reading")
Reading_co = TypeVar("Reading_co", covariant=True)


class Device(Protocol[Reading_co]):
    """What a device has to offer its driver; every method may raise DeviceError in one sentence."""

    def open(self) -> None:
        """Connect and set up; discard whatever was received before."""

    def read(self) -> Reading_co:
        """Wait for one reading that was begun after this call."""
        ...

    def close(self) -> None:
        """Disconnect; safe at any time."""


class Link(Generic[Reading]):
    """Opens, reads and reopens one device.

    `first_wait` and `longest_wait` are seconds between attempts; the wait doubles with every failure in a row, and
    a reading resets it.
    """

    def __init__(
        self,
        device: Device[Reading],
        first_wait: float = 0.5,
        longest_wait: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device, self._clock = device, clock
        self._first_wait, self._longest_wait = first_wait, max(first_wait, longest_wait)
        self._next_wait = first_wait
        self._due = -float("inf")
        self.connected = False
        self.connects = 0
        self.failures = 0
        self.last_failure = ""

    def wait(self) -> float:
        """Seconds until `step` has something to do."""
        return 0.0 if self.connected else max(0.0, self._due - self._clock())

    def step(self) -> Reading | None:
        """Open the device if its time has come and read it; None while waiting.

        Raises DeviceError once for every failure, after the device was closed.
        """
        if not self.connected and self._clock() < self._due:
            return None
        try:
            if not self.connected:
                self._device.open()
                self.connected = True
                self.connects += 1
            reading = self._device.read()
        except DeviceError as error:
            self.failures += 1
            self.last_failure = str(error)
            self.close()
            self._due = self._clock() + self._next_wait
            self._next_wait = min(2.0 * self._next_wait, self._longest_wait)
            raise
        self._next_wait = self._first_wait
        return reading

    def close(self) -> None:
        """Disconnect; the next `step` opens the device again."""
        self.connected = False
        self._due = -float("inf")
        with contextlib.suppress(DeviceError):
            self._device.close()
