"""PaXini arrays on one control box as a `tacrefine.drivers.link.Device`: all arrays read once are one reading."""

from __future__ import annotations

import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PositiveInt

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.drivers.optional import need
from tacrefine.drivers.paxini.protocol import Answer, missing, parse, request, taxels
from tacrefine.drivers.taxels import PadLayout
from tacrefine.errors import ConfigError, DeviceError

QUIET_S = 0.05
"""s without a byte after which no answer to an older request is on its way"""

Command = Annotated[bytes, BeforeValidator(bytes), Field(min_length=3, max_length=3)]
Byte = Annotated[int, Field(ge=0, le=255)]


class PaxiniDescription(Description):
    """The file `config/drivers/paxini_gen2_dp.yaml`."""

    port: str
    baud: PositiveInt
    rows: PositiveInt
    cols: PositiveInt
    full_scale: PositiveInt
    box: Byte
    mode: Byte
    connector_step: PositiveInt
    set_mode: Command
    select_port: Command
    read: Command
    read_function: Byte
    read_address: int = Field(ge=0, le=65535)
    read_prefix: int = Field(ge=0)


@dataclass(frozen=True, eq=False)
class PaxiniReading:
    """One cycle. `time`: monotonic clock before it began; `normal` (T,) z counts; `shear` (T, 2) x and y counts."""

    time: float
    normal: NDArray[np.float32]
    shear: NDArray[np.float32]


def load_paxini(name_or_path: str = "paxini_gen2_dp") -> PaxiniDescription:
    """Read the description; raises ConfigError."""
    return load_yaml(resolve("drivers", name_or_path), PaxiniDescription)


def connectors(text: str) -> dict[int, str]:
    """Pads by connector from ``1:index_tip, 2:thumb_tip``; raises ConfigError that names the entry."""
    found: dict[int, str] = {}
    for entry in (part.strip() for part in text.split(",")):
        number, _, name = entry.partition(":")
        if (
            not number.isdecimal()
            or not 1 <= int(number) <= 32
            or not name.isidentifier()
            or int(number) in found
        ):
            raise ConfigError(
                f"parameter 'paxini_pads': '{entry}' must be connector:pad, for example '1:index_tip, 2:thumb_tip', "
                "each connector (1 to 32) once"
            )
        found[int(number)] = name
    return found


class PaxiniDevice:
    """Reads every array of one control box in turn over a serial port.

    `pads` names the array at each connector; `timeout` in s counts for each answer. `layout` are the pads in order.
    """

    def __init__(
        self,
        description: PaxiniDescription,
        port: str,
        pads: dict[int, str],
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._description, self._port, self._timeout, self._clock = description, port, timeout, clock
        self._connectors: Sequence[int] = tuple(pads)
        self.layout = tuple(PadLayout(name, description.rows, description.cols) for name in pads.values())
        self._serial = need("serial", "pyserial")
        self._line: Any = None

    def open(self) -> None:
        """Open the port, wait until no older answer is on its way, and set the box's mode."""
        self.close()
        try:
            self._line = self._serial.Serial(
                self._port,
                self._description.baud,
                timeout=QUIET_S,
                write_timeout=self._timeout,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            raise DeviceError(f"{self._port}: cannot be opened ({error})") from error
        self._drain()
        self._ask(self._description.set_mode, bytes([self._description.mode]), 0)

    def close(self) -> None:
        """Close the port; safe at any time."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def read(self) -> PaxiniReading:
        """One reading of every array; a request whose answer came damaged is repeated once."""
        began = self._clock()
        parts = []
        for connector in self._connectors:
            try:
                parts.append(self._read_array(connector))
            except DamagedError:
                self._drain()
                parts.append(self._read_array(connector))
        values = np.concatenate(parts).astype(np.float32)
        return PaxiniReading(began, values[:, 2].copy(), values[:, :2].copy())

    def _read_array(self, connector: int) -> NDArray[np.int16]:
        d = self._description
        port = (connector - 1) * d.connector_step
        self._ask(d.select_port, bytes([port]), 0)
        size = 3 * d.rows * d.cols
        span = d.read_address.to_bytes(2, "little") + size.to_bytes(2, "little")
        answer = self._ask(d.read, bytes([d.read_function]) + span, d.read_prefix + size)
        return taxels(answer.data[d.read_prefix :])

    def _ask(self, command: bytes, data: bytes, size: int) -> Answer:
        """Send one request; its answer, whose data must have `size` bytes (0: any number)."""
        if self._line is None:
            raise DeviceError(f"{self._port}: not open")
        box = self._description.box
        try:
            self._line.write(request(box, command, data))
            received, deadline = b"", self._clock() + self._timeout
            while more := self._missing(received, size):
                received += self._line.read(more)
                if self._clock() > deadline:
                    state = f"broke off after {len(received)} bytes" if received else "did not come"
                    raise DeviceError(f"{self._port}: an answer {state} within {self._timeout:g} s")
        except (OSError, termios.error, TypeError) as error:
            # pyserial raises a TypeError where the port is closed while it reads
            raise DeviceError(f"{self._port}: lost ({error})") from error
        answer = self._checked(received)
        if answer.addresses != bytes([box, 0]) + command:
            raise DamagedError(f"{self._port}: an answer to another request ({answer.addresses.hex(' ')})")
        if answer.error:
            raise DeviceError(f"{self._port}: the box answers with error {answer.error:#04x}")
        if size and len(answer.data) != size:
            raise DamagedError(f"{self._port}: {len(answer.data)} bytes of data, asked for {size}")
        return answer

    def _missing(self, received: bytes, size: int) -> int:
        try:
            return missing(received, max(size, 256))
        except DeviceError as error:
            raise DamagedError(f"{self._port}: {error}") from error

    def _checked(self, received: bytes) -> Answer:
        try:
            return parse(received)
        except DeviceError as error:
            raise DamagedError(f"{self._port}: {error}") from error

    def _drain(self) -> None:
        deadline = self._clock() + self._timeout
        try:
            while self._line.read(4096):
                if self._clock() > deadline:
                    raise DeviceError(f"{self._port}: sends without a request")
        except (OSError, termios.error, TypeError) as error:
            raise DeviceError(f"{self._port}: lost ({error})") from error


class DamagedError(DeviceError):
    """An answer came, but not as it was sent: worth another request."""
