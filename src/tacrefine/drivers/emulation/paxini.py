"""A PaXini control box with GEN2-DP arrays in software, on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import random
import select
import threading
import time
import tty
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.emulation.faults import Fault

HEAD, TAIL = b"\x55\xaa\x7b\x7b", b"\x55\xaa\x7d\x7d"
TAXELS, COLUMNS = 120, 10
FIRST_TAXEL = 1038
STEP = 3


class PaxiniEmulator:
    """`port` is a link to the terminal, as udev makes them: it survives unplugging. `touch` sets an array.

    `arrays` maps a connector to (120, 3) signed x, signed y, unsigned z.
    """

    def __init__(self, port: Path, connectors: tuple[int, ...] = (1,), late_s: float = 1.0) -> None:
        self.port = port
        self.arrays = {c: np.zeros((TAXELS, 3), int) for c in connectors}
        self.fault = Fault.NONE
        self.faults_left = -1  # answers that are still faulty; below 0: all of them
        self.late_s = late_s
        self.questions = 0
        self._period = 0.0
        self._noise = random.Random(0)
        self._selected = next(iter(connectors))
        self._lock = threading.Lock()
        self._master = self._slave = -1
        self._unplugged = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> PaxiniEmulator:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """A new terminal under the old name; the box has forgotten which connector was selected."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._selected = next(iter(self.arrays))
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        self._unplugged.clear()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """The terminal is gone, in the middle of whatever was said."""
        self.port.unlink(missing_ok=True)
        self._unplugged.set()
        if self._thread is not None:
            self._thread.join(timeout=self.late_s + 5.0)
            self._thread = None
        for end in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(end)

    def touch(self, connector: int, values: NDArray[np.integer]) -> None:
        """Set an array (120, 3)."""
        with self._lock:
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

    def _talk(self) -> None:
        received = b""
        while not self._unplugged.is_set():
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            try:
                received += os.read(self._master, 4096)
            except OSError:
                return
            while len(received) >= 11:
                size = 11 + int.from_bytes(received[9:11], "little") + 5
                if len(received) < size:
                    break
                answer = self._answer(received[:size])
                received = received[size:]
                self.questions += 1
                with contextlib.suppress(OSError):
                    os.write(self._master, answer)

    def _answer(self, frame: bytes) -> bytes:
        with self._lock:
            command, data = frame[6:9], frame[11:-5]
            error, content = 0, b""
            if command == b"\x70\xb1\x0a":
                self._selected = data[0] // STEP + 1
                error = 0 if self._selected in self.arrays else 1
            elif command == b"\x70\xc0\x06":
                first = int.from_bytes(data[1:3], "little") - FIRST_TAXEL
                size = int.from_bytes(data[3:5], "little")
                array = self._played() if self._period else self.arrays[self._selected]
                memory = bytes(int(value) % 256 for value in array.ravel())
                content = bytes(6) + memory[first : first + size]
            elif command != b"\x70\xc0\x0c":
                error = 1
        return self._wire(frame[4:9], error, content)

    def _wire(self, addresses: bytes, error: int, content: bytes) -> bytes:
        fault = self.fault if self.faults_left else Fault.NONE
        self.faults_left -= fault is not Fault.NONE and self.faults_left > 0
        if fault is Fault.SILENT:
            return b""
        if fault is Fault.GARBAGE:
            return self._noise.randbytes(60)
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
