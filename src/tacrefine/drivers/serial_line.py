"""A serial port whose every failure is a DeviceError in one sentence."""

from __future__ import annotations

import termios
import time
from collections.abc import Callable
from typing import Any

from tacrefine.drivers.optional import need
from tacrefine.errors import DeviceError

QUIET_S = 0.05
"""s without a byte after which nothing older is on its way"""


class SerialLine:
    """One port; `timeout` s is what a caller waits for bytes at most."""

    def __init__(
        self, port: str, baud: int, timeout: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.port, self.timeout, self.clock = port, timeout, clock
        self._baud = baud
        self._serial = need("serial", "pyserial")
        self._line: Any = None

    def open(self) -> None:
        """Open the port anew."""
        self.close()
        try:
            self._line = self._serial.Serial(
                self.port, self._baud, timeout=QUIET_S, write_timeout=self.timeout, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise DeviceError(f"{self.port}: cannot be opened ({error})") from error

    def close(self) -> None:
        """Close the port; safe at any time."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def write(self, data: bytes) -> None:
        """Send bytes; raises DeviceError where the line is gone."""
        self._do(lambda: self._line.write(data))

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer where none came for a moment."""
        return bytes(self._do(lambda: self._line.read(size)))

    def waiting(self) -> bytes:
        """Everything that has arrived, at least one byte where one comes within a moment."""
        return bytes(self._do(lambda: self._line.read(max(1, self._line.in_waiting))))

    def drain(self) -> None:
        """Wait until nothing comes any more; raises DeviceError where it never ends."""
        deadline = self.clock() + self.timeout
        while self.read(4096):
            if self.clock() > deadline:
                raise DeviceError(f"{self.port}: sends without a request")

    def _do(self, what: Callable[[], Any]) -> Any:
        if self._line is None:
            raise DeviceError(f"{self.port}: not open")
        try:
            return what()
        except (OSError, termios.error, TypeError) as error:
            # pyserial raises a TypeError where the port is closed while it reads
            raise DeviceError(f"{self.port}: lost ({error})") from error
