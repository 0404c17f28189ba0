"""PaXini GEN3 communication boards in software: the single converter, which answers, and the hand's, which pushes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.terminal import TerminalEmulator

ASK, TELL, PUSH = b"\x55\xaa", b"\xaa\x55", b"\xaa\x56"
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")
MODULES = (
    *(f"{finger}-{part}" for finger in FINGERS for part in ("Proximal", "Middle", "Tip", "Nail")),
    *(f"Palm-{number}" for number in range(1, 9)),
)
VERSION, ACTIVE, DATA_TYPE, AUTO_PUSH, COUNTS, FORCES = 0x0000, 0x0010, 0x0016, 0x0017, 0x0030, 0x0500
RESULTANT, DISTRIBUTED = 1, 2
SINGLE_RESULTANT, SINGLE_DISTRIBUTED, SINGLE_CALIBRATION = 0x03F0, 0x040E, 0x0003
READ, WRITE, CALIBRATE = 0x03, 0x10, 0x17


class Gen3Board(TerminalEmulator):
    """What both boards have: sensors (N, 3) of signed x, signed y, unsigned z; `touch` sets one, `play` moves them all.

    `calibrate` of the board takes the present z as zero.
    """

    def __init__(self, port: Path, counts: Mapping[str, int], late_s: float = 1.0) -> None:
        super().__init__(port, late_s)
        self.sensors = {name: np.zeros((count, 3), int) for name, count in counts.items()}
        self.zeros = {name: np.zeros((count, 3), int) for name, count in counts.items()}
        self._period = 0.0

    def touch(self, name: str, values: NDArray[np.integer]) -> None:
        """Set a sensor (N, 3)."""
        with self.lock:
            self.sensors[name] = np.array(values, int)

    def play(self, period_s: float = 4.0) -> None:
        """From now on something presses every sensor, more at one end than at the other, by turns."""
        self._period = period_s

    def readings(self, name: str) -> NDArray[np.integer]:
        """What a sensor (N, 3) feels above its zero."""
        values = self.sensors[name]
        if self._period:
            along = np.linspace(-1.0, 1.0, len(values))
            where = np.sin(2.0 * np.pi * time.monotonic() / self._period)
            normal = 200.0 * np.exp(-((along - where) ** 2) / 0.3)
            values = np.rint(np.stack([0.2 * normal, -0.1 * normal, normal], 1)).astype(int)
        return np.asarray(values - self.zeros[name])

    def wire_of(self, name: str) -> bytes:
        """Three bytes a taxel."""
        return bytes(int(value) % 256 for value in self.readings(name).ravel())

    def resultant(self, name: str) -> tuple[int, int, int]:
        """Sum of a sensor, as its electronics clips it."""
        x, y, z = self.readings(name).sum(0)
        return int(np.clip(x, -128, 127)), int(np.clip(y, -128, 127)), int(np.clip(z, 0, 255))

    def set_zero(self) -> None:
        """The present readings become zero."""
        for name in self.sensors:
            self.zeros[name] = self.zeros[name] + self.readings(name)

    def sealed(self, head: bytes, body: bytes, fault: Fault) -> bytes:
        """A frame with its checksum, damaged where asked."""
        if fault is Fault.SILENT:
            return b""
        if fault is Fault.GARBAGE:
            return self.noise.randbytes(60)
        if fault is Fault.LATE:
            time.sleep(self.late_s)
        check = -sum(head + body) & 0xFF
        if fault is Fault.CHECKSUM:
            check ^= 0x40
        frame = head + body + bytes([check])
        return frame[: len(frame) // 2] if fault is Fault.SHORT else frame


class Gen3SingleBoard(Gen3Board):
    """The Serial Converter Board: one sensor, requests and answers, never a word of its own accord."""

    def __init__(self, port: Path, count: int = 51, late_s: float = 1.0) -> None:
        super().__init__(port, {"1": count}, late_s)

    def answer(self, received: bytes) -> tuple[bytes, bytes]:
        """The answer to the first whole request."""
        if len(received) < 4:
            return b"", received
        size = int.from_bytes(received[2:4], "little") + 5
        if len(received) < size:
            return b"", received
        frame, rest = received[:size], received[size:]
        if frame[:2] != ASK or -sum(frame[:-1]) & 0xFF != frame[-1]:
            return b"", rest
        fault = self.take_fault()
        function, address = frame[6], int.from_bytes(frame[7:11], "little")
        length = int.from_bytes(frame[11:13], "little")
        # Real boards set status 1 in answers to reads though their data is right.
        status, data = 1 if function & 0x80 else 0, b""
        if function == 0xFB and address == SINGLE_DISTRIBUTED:
            data = self.wire_of("1")[:length].ljust(length, b"\0")
        elif function == 0xFB and address == SINGLE_RESULTANT:
            data = bytes(value % 256 for value in self.resultant("1"))[:length]
        elif function == 0x79 and address == SINGLE_CALIBRATION:
            self.set_zero()
        else:
            status = 6
        if fault is Fault.EXCEPTION:
            status, data = 6, bytes(length)
        if fault is Fault.WRONG_ID:
            address += 1
        if fault is Fault.FEWER:
            data, length = data[:-3], length - 3
        body = frame[4:7] + address.to_bytes(4, "little") + length.to_bytes(2, "little")
        body += bytes([status]) + data
        return self.sealed(TELL, len(body).to_bytes(2, "little") + body, fault), rest


class Gen3HandBoard(Gen3Board):
    """The High-Speed Communication Board: up to 28 sensors, mixed; pushes frames of all of them once told to.

    `counts` are taxels by module, `rate` frames a second.
    """

    def __init__(
        self, port: Path, counts: Mapping[str, int], late_s: float = 1.0, rate: float = 100.0
    ) -> None:
        super().__init__(port, {name: counts[name] for name in MODULES if name in counts}, late_s)
        self.rate = rate
        self.restart()

    def restart(self) -> None:
        """Both kinds of data, and no frames until they are asked for."""
        self.data_type = RESULTANT | DISTRIBUTED
        self.pushing = False
        self._next = 0.0

    def answer(self, received: bytes) -> tuple[bytes, bytes]:
        """The answer to the first whole request."""
        if len(received) < 8:
            return b"", received
        function, address = received[3], int.from_bytes(received[4:6], "little")
        length = int.from_bytes(received[6:8], "little")
        size = 9 + (0 if function == READ else length)
        if len(received) < size:
            return b"", received
        frame, rest = received[:size], received[size:]
        if frame[:2] != ASK or -sum(frame[:-1]) & 0xFF != frame[-1]:
            return b"", rest
        fault = self.take_fault()
        if function == READ:
            data = self._memory(address, length)
            return self._told(function, address, data, fault), rest
        if function == WRITE and address == AUTO_PUSH:
            self.pushing = frame[8] == 1
            return (self.frame(fault) if self.pushing else b""), rest
        if function == WRITE and address == DATA_TYPE:
            self.data_type = frame[8]
        if function == CALIBRATE:
            self.set_zero()
        return self._told(function, address, b"\0", fault), rest

    def due(self, now: float) -> bytes:
        """The next frame, if pushing and its time has come."""
        if not self.pushing or now < self._next:
            return b""
        self._next = max(self._next + 1.0 / self.rate, now)
        return self.frame(self.take_fault())

    def frame(self, fault: Fault) -> bytes:
        """All sensors as one frame."""
        data = b""
        for name in self.sensors:
            if self.data_type & RESULTANT:
                data += b"".join((value % 65536).to_bytes(2, "little") for value in self.resultant(name))
            if self.data_type & DISTRIBUTED:
                data += self.wire_of(name)
        if fault is Fault.FEWER:
            data = data[:-3]
        error = 4 if fault is Fault.EXCEPTION else 0
        body = b"\0" + (len(data) + 1).to_bytes(2, "little") + bytes([error]) + data
        return self.sealed(b"\xaa\x57" if fault is Fault.WRONG_ID else PUSH, body, fault)

    def _told(self, function: int, address: int, data: bytes, fault: Fault) -> bytes:
        if fault is Fault.EXCEPTION:
            function, data = function | 0x80, b""
        if fault is Fault.WRONG_ID:
            address += 1
        if fault is Fault.FEWER:
            data = data[:-1]
        body = bytes([0, function]) + address.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data
        return self.sealed(TELL, body, fault)

    def _memory(self, address: int, length: int) -> bytes:
        active = sum(1 << MODULES.index(name) for name in self.sensors)
        counts = b"".join(len(self.sensors.get(name, ())).to_bytes(2, "little") for name in MODULES)
        parts = {
            VERSION: b"GEN3-EMULATED".ljust(15, b"\0"),
            ACTIVE: active.to_bytes(4, "little"),
            DATA_TYPE: bytes([self.data_type]),
            AUTO_PUSH: bytes([self.pushing]),
            COUNTS: counts,
        }
        for number, name in enumerate(MODULES):
            force = self.resultant(name) if name in self.sensors else (0, 0, 0)
            parts[FORCES + 6 * number] = b"".join((value % 65536).to_bytes(2, "little") for value in force)
        memory = bytearray(2048)
        for start, data in parts.items():
            memory[start : start + len(data)] = data
        return bytes(memory[address : address + length])
