"""PaXini GEN3 sensors on either communication board as a `tacrefine.drivers.link.Device`.

Frames and models come from the package paxini-sdk. The single converter is asked for every reading; the hand's board
pushes frames of all its sensors.
"""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field, PositiveInt

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.drivers.optional import need
from tacrefine.drivers.paxini.device import PaxiniReading
from tacrefine.drivers.paxini.protocol import taxels
from tacrefine.drivers.serial_line import SerialLine
from tacrefine.drivers.taxels import PadLayout
from tacrefine.errors import ConfigError, DeviceError

LARGEST = 8192
"""bytes of a frame"""


class Gen3Description(Description):
    """The file `config/drivers/paxini_gen3.yaml`."""

    port: str
    baud: PositiveInt
    full_scale: PositiveInt
    device_id: int = Field(ge=0, le=255)
    accepted_status: tuple[int, ...]
    reported_zero: bool


@dataclass(frozen=True)
class Gen3Pad:
    """A sensor: which module of the board it is (or the number of the single converter), its pad and its taxels."""

    module: str
    name: str
    count: int
    model: str


def load_gen3(name_or_path: str = "paxini_gen3") -> Gen3Description:
    """Read the description; raises ConfigError."""
    return load_yaml(resolve("drivers", name_or_path), Gen3Description)


def gen3_pads(text: str, board: str) -> tuple[Gen3Pad, ...]:
    """Pads from ``Thumb-Tip:thumb_tip:PXSR-STDDP03D, ...``; raises ConfigError that names the entry.

    The third part is the maker's part code, its model name, or the number of taxels. On the single converter the first
    part is 1 and there is one entry.
    """
    names = need("paxini_sdk.registers", "paxini-sdk").MODULE_NAMES
    allowed = tuple(names) if board == "hand" else ("1",)
    found: list[Gen3Pad] = []
    for entry in (part.strip() for part in text.split(",")):
        module, name, model = ([*entry.split(":"), "", ""])[:3]
        if entry.count(":") != 2 or module not in allowed or not name.isidentifier():
            modules = "one of " + ", ".join(allowed) if board == "hand" else "1"
            example = "Thumb-Tip" if board == "hand" else "1"
            raise ConfigError(
                f"parameter 'gen3_pads': '{entry}' must be module:pad:model, for example "
                f"'{example}:thumb_tip:PXSR-STDDP03D'; module is {modules} with gen3_board {board}"
            )
        if any(module == pad.module or name == pad.name for pad in found):
            raise ConfigError(f"parameter 'gen3_pads': '{entry}' names a module or a pad for the second time")
        found.append(Gen3Pad(module, name, _count(entry, model), model))
    return tuple(sorted(found, key=lambda pad: allowed.index(pad.module)))


def _count(entry: str, model: str) -> int:
    registry = need("paxini_sdk.sensor_registry", "paxini-sdk").list_sensors()
    if model.isdecimal() and 1 <= int(model) <= 512:
        return int(model)
    for sensor in registry:
        if model.upper() in (sensor.vendor_part_code.upper(), sensor.sensor_model.upper()):
            return int(sensor.n_points)
    known = ", ".join(f"{sensor.vendor_part_code} ({sensor.n_points})" for sensor in registry)
    raise ConfigError(
        f"parameter 'gen3_pads': '{entry}' names an unknown model; known are {known}, or give the number of taxels"
    )


class Gen3Device(ABC):
    """What both boards share: the line, the pads in the order of the board, and how bytes become a reading."""

    def __init__(
        self,
        description: Gen3Description,
        port: str,
        pads: Sequence[Gen3Pad],
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._description, self._pads, self._clock = description, tuple(pads), clock
        self._line = SerialLine(port, description.baud, timeout, clock)
        self._protocol = need("paxini_sdk.protocol", "paxini-sdk")
        self._registers = need("paxini_sdk.registers", "paxini-sdk")
        self._errors = need("paxini_sdk.exceptions", "paxini-sdk")
        self.layout = tuple(PadLayout(pad.name, pad.count, 1, 3) for pad in self._pads)

    @abstractmethod
    def open(self) -> None:
        """Connect and set up."""

    @abstractmethod
    def read(self) -> PaxiniReading:
        """One reading of every pad."""

    def close(self) -> None:
        """Close the port; safe at any time."""
        self._line.close()

    def _reading(self, began: float, data: bytes) -> PaxiniReading:
        values = taxels(data).astype(np.float32)
        return PaxiniReading(began, values[:, 2].copy(), values[:, :2].copy())

    def _fill(self, received: bytes, size: int, deadline: float) -> bytes:
        """Bytes until there are `size`; raises DeviceError where they do not come in time."""
        port = self._line.port
        if size > LARGEST:
            raise DeviceError(f"{port}: a frame claims {size} bytes, at most {LARGEST} are possible")
        while len(received) < size:
            received += self._line.read(size - len(received))
            if len(received) < size and self._clock() > deadline:
                state = f"broke off after {len(received)} bytes" if received else "did not come"
                raise DeviceError(f"{port}: an answer {state} within {self._line.timeout:g} s")
        return received

    def _parsed(self, parse: Callable[[bytes], Any], frame: bytes) -> Any:
        try:
            return parse(frame)
        except self._errors.PaxiniError as error:
            raise DeviceError(f"{self._line.port}: damaged or refused ({error})") from error


class Gen3SingleDevice(Gen3Device):
    """One sensor on the Serial Converter Board."""

    def open(self) -> None:
        """Open the port and wait until nothing older is on its way."""
        self._line.open()
        self._line.drain()
        if self._description.reported_zero:
            self._ask(self._protocol.FIN_FUNC_CALIBRATION, self._registers.FIN_ADDR_CALIBRATION, b"\x01", 0)

    def read(self) -> PaxiniReading:
        """Ask for every taxel."""
        began = self._clock()
        size = 3 * self._pads[0].count
        address = self._registers.FIN_ADDR_DISTRIBUTED_FORCE
        return self._reading(began, self._ask(self._protocol.FIN_FUNC_FORCE, address, b"", size))

    def _ask(self, function: int, address: int, data: bytes, size: int) -> bytes:
        """One request and the data of its answer, `size` bytes; 0: a write."""
        ask = self._protocol.build_fin_request
        device = self._description.device_id
        if size:
            request = ask(function, address, read=True, data_len=size, device_id=device)
        else:
            request = ask(function, address, read=False, data=data, device_id=device)
        self._line.write(request)
        deadline = self._clock() + self._line.timeout
        frame = self._fill(b"", 4, deadline)
        frame = self._fill(frame, int.from_bytes(frame[2:4], "little") + 5, deadline)
        answer = self._parsed(self._protocol.parse_fin_response, frame)
        port = self._line.port
        if (answer.device_id, answer.func_code, answer.addr) != (device, request[6], address):
            raise DeviceError(f"{port}: an answer to another request (address {answer.addr:#06x})")
        allowed = self._description.accepted_status if size else (0,)
        if answer.status not in allowed:
            name = self._protocol.fin_error_name(answer.status)
            raise DeviceError(f"{port}: the board answers with status {answer.status} ({name})")
        if len(answer.data) != size:
            raise DeviceError(f"{port}: {len(answer.data)} bytes of data, asked for {size}")
        return bytes(answer.data)


class Gen3HandDevice(Gen3Device):
    """Up to 28 sensors of different models on the High-Speed Communication Board."""

    _places: list[tuple[str, slice]]
    _size: int
    _received: bytes
    _damage: str

    def open(self) -> None:
        """Open the port, compare what the board has with the pads, and let it push frames."""
        r, p = self._registers, self._protocol
        self._line.open()
        self._line.write(p.build_simple_request(p.FUNC_WRITE_SIMPLE, r.REG_AUTO_PUSH, data=b"\x00"))
        self._line.drain()
        active = r.parse_active_modules_bitmap(
            self._ask(p.FUNC_READ_SIMPLE, r.REG_STATUS_THUMB_INDEX, b"", 4)
        )
        counts = np.frombuffer(
            self._ask(p.FUNC_READ_SIMPLE, r.REG_DISTRIBUTION_POINTS_BASE, b"", 2 * r.MODULE_COUNT), "<u2"
        )
        self._compare({r.MODULE_NAMES[module]: int(counts[module]) for module in active})
        if self._description.reported_zero:
            self._ask(p.FUNC_HS_CALIBRATION, 0x0002, b"\x01", 1)
        kinds = self._ask(p.FUNC_READ_SIMPLE, r.REG_DATA_TYPE, b"", 1)[0]
        if not kinds & r.DATA_TYPE_DISTRIBUTED:
            kinds |= r.DATA_TYPE_DISTRIBUTED
            self._ask(p.FUNC_WRITE_SIMPLE, r.REG_DATA_TYPE, bytes([kinds]), 1)
        self._places, at = [], 0
        for module in active:
            at += r.MODULE_FORCE_BYTES if kinds & r.DATA_TYPE_RESULTANT else 0
            self._places.append((r.MODULE_NAMES[module], slice(at, at + 3 * int(counts[module]))))
            at += 3 * int(counts[module])
        self._size, self._received, self._damage = at, b"", ""
        self._line.write(p.build_simple_request(p.FUNC_WRITE_SIMPLE, r.REG_AUTO_PUSH, data=b"\x01"))

    def close(self) -> None:
        """Let the board fall silent and close the port."""
        p = self._protocol
        with contextlib.suppress(DeviceError):  # it may be gone
            self._line.write(
                p.build_simple_request(p.FUNC_WRITE_SIMPLE, self._registers.REG_AUTO_PUSH, data=b"\x00")
            )
        super().close()

    def read(self) -> PaxiniReading:
        """The next frame that becomes whole.

        It was sent, and before that measured, within the time that two frames take, so its time lies that far back.
        """
        before = self._clock()
        self._received = self._newest(self._received + self._line.waiting())[1]
        deadline = before + self._line.timeout
        while True:
            frame, self._received = self._newest(self._received)
            if frame:
                break
            if self._clock() > deadline:
                why = f"; last: {self._damage}" if self._damage else ""
                raise DeviceError(f"{self._line.port}: no frame came within {self._line.timeout:g} s{why}")
            self._received += self._line.waiting()
        if frame[5]:
            raise DeviceError(f"{self._line.port}: the board reports error {frame[5]:#04x}")
        parts = dict(self._places)
        data = b"".join(frame[6:-1][parts[pad.module]] for pad in self._pads)
        return self._reading(before - 2 * 10.0 * len(frame) / self._description.baud, data)

    def _newest(self, received: bytes) -> tuple[bytes, bytes]:
        """The last whole frame in what was received (empty: none), and what comes after it.

        What looks like a head in the middle of data is passed over: its length or its checksum is wrong.
        """
        size, newest = self._size + 7, b""
        while (start := received.find(self._protocol.RESP_HEAD_AUTO_PUSH)) >= 0:
            received = received[start:]
            if len(received) < 5:
                break
            length = int.from_bytes(received[3:5], "little") + 6
            if length != size:
                self._damage = f"a frame of {length} bytes, expected {size}"
            elif len(received) < size:
                break
            else:
                try:
                    self._protocol.parse_auto_push(received[:size])
                except self._errors.PaxiniError as error:
                    self._damage = str(error)
                else:
                    newest, received = received[:size], received[size:]
                    continue
            received = received[1:]
        return newest, received[-LARGEST:]

    def _compare(self, reported: dict[str, int]) -> None:
        """Raise DeviceError where a pad's module is not there or has another number of taxels."""
        for pad in self._pads:
            if pad.module not in reported:
                raise DeviceError(
                    f"{self._line.port}: module {pad.module} reports nothing; the board has "
                    f"{', '.join(reported) or 'none'}"
                )
            if reported[pad.module] != pad.count:
                raise DeviceError(
                    f"{self._line.port}: module {pad.module} has {reported[pad.module]} taxels, model {pad.model} of "
                    f"parameter 'gen3_pads' has {pad.count}"
                )

    def _ask(self, function: int, address: int, data: bytes, size: int) -> bytes:
        """One request and the data of its answer, `size` bytes."""
        p = self._protocol
        length = size if function == p.FUNC_READ_SIMPLE else len(data)
        self._line.write(p.build_simple_request(function, address, data=data, data_len=length))
        deadline = self._clock() + self._line.timeout
        frame = self._fill(b"", 8, deadline)
        frame = self._fill(frame, int.from_bytes(frame[6:8], "little") + 9, deadline)
        answer = self._parsed(p.parse_simple_response, frame)
        port = self._line.port
        if (answer.func_code, answer.reg_addr) != (function, address):
            raise DeviceError(f"{port}: an answer to another request (register {answer.reg_addr:#06x})")
        if len(answer.data) != size:
            raise DeviceError(f"{port}: {len(answer.data)} bytes of data, asked for {size}")
        if function != p.FUNC_READ_SIMPLE and answer.data[0]:
            raise DeviceError(f"{port}: the board answers with status {answer.data[0]}")
        return bytes(answer.data)


def make_gen3(description: Gen3Description, board: str, port: str, pads: str, timeout: float) -> Gen3Device:
    """The device of one board ("hand" or "single"); raises ConfigError."""
    kind = Gen3HandDevice if board == "hand" else Gen3SingleDevice
    return kind(description, port or description.port, gen3_pads(pads, board), timeout)
