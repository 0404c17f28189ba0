"""A PaXini control box with GEN2-DP arrays in software, on a pseudo-terminal."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.terminal import TerminalEmulator

HEAD, TAIL = b"\x55\xaa\x7b\x7b", b"\x55\xaa\x7d\x7d"
TAXELS, COLUMNS = 120, 10
FIRST_TAXEL = 1038
STEP = 3


class PaxiniEmulator(TerminalEmulator):
    """The box; `touch` sets an array.

    `arrays` maps a connector to (120, 3) signed x, signed y, unsigned z.
    """

    def __init__(self, port: Path, connectors: tuple[int, ...] = (1,), late_s: float = 1.0) -> None:
        super().__init__(port, late_s)
        self.arrays = {c: np.zeros((TAXELS, 3), int) for c in connectors}
        self._period = 0.0
        self._selected = next(iter(connectors))

    def restart(self) -> None:
        """The box has forgotten which connector was selected."""
        self._selected = next(iter(self.arrays))

    def touch(self, connector: int, values: NDArray[np.integer]) -> None:
        """Set an array (120, 3)."""
        with self.lock:
            self.arrays[connector] = np.array(values, int)

    def play(self, period_s: float = 4.0) -> None:
        """From now on something round moves to and fro over every array."""
        self._period = period_s

    def _played(self) -> NDArray[np.integer]:
        row, col = np.divmod(np.arange(TAXELS), COLUMNS)
        where = 5.5 + 4.0 * np.sin(2.0 * np.pi * time.monotonic() / self._period)
        normal = 220.0 * np.exp(-((row - where) ** 2 + (col - 4.5) ** 2) / 6.0)
        pull = normal * 0.2
        values = np.stack([pull * np.sign(4.5 - col), pull * np.sign(where - row), normal], 1)
        return np.rint(values).astype(int)

    def answer(self, received: bytes) -> tuple[bytes, bytes]:
        """The box's answer to the first whole question."""
        if len(received) < 11:
            return b"", received
        size = 11 + int.from_bytes(received[9:11], "little") + 5
        if len(received) < size:
            return b"", received
        frame = received[:size]
        command, data = frame[6:9], frame[11:-5]
        error, content = 0, b""
        if command == b"\x70\xb1\x0a":
            self._selected = data[0] // STEP + 1
            error = 0 if self._selected in self.arrays else 1
        elif command == b"\x70\xc0\x06":
            first = int.from_bytes(data[1:3], "little") - FIRST_TAXEL
            length = int.from_bytes(data[3:5], "little")
            array = self._played() if self._period else self.arrays[self._selected]
            memory = bytes(int(value) % 256 for value in array.ravel())
            content = bytes(6) + memory[first : first + length]
        elif command != b"\x70\xc0\x0c":
            error = 1
        return self._wire(frame[4:9], error, content), received[size:]

    def _wire(self, addresses: bytes, error: int, content: bytes) -> bytes:
        fault = self.take_fault()
        if fault is Fault.SILENT:
            return b""
        if fault is Fault.GARBAGE:
            return self.noise.randbytes(60)
        if fault is Fault.LATE:
            time.sleep(self.late_s)
        if fault is Fault.EXCEPTION:
            error, content = 4, b""
        if fault is Fault.WRONG_ID:
            addresses = addresses[:2] + b"\x60\xa0\x01"
        if fault is Fault.FEWER and content:
            content = content[:-3]
        body = addresses + bytes([error]) + len(content).to_bytes(2, "little") + content
        checksum = (0x100 - sum(body) % 0x100) % 0x100
        if fault is Fault.CHECKSUM:
            checksum ^= 0x40
        frame = HEAD + body + bytes([checksum]) + TAIL
        return frame[: len(frame) // 2] if fault is Fault.SHORT else frame
