"""Both Robotiq TSF-85 fingertips in software, on a pseudo-terminal."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.terminal import TerminalEmulator

START, SYNC, ASYNC, VERSION = 0x9A, 0x58, 0x59, 0xE3
TAXELS, VIBRATION, ACCELERATION, TURNING, TEMPERATURE, STAMP = 0x10, 0x20, 0x30, 0x40, 0x60, 0x70
ROWS, COLS = 7, 4


class RobotiqEmulator(TerminalEmulator):
    """`touch` sets a finger's taxels (7, 4); packets come by themselves once a period was asked for."""

    def __init__(self, port: Path, late_s: float = 1.0) -> None:
        super().__init__(port, late_s)
        self.fingers = np.zeros((2, ROWS, COLS), int)
        self.vibration = np.zeros(2, int)
        self._playing = 0.0
        self.restart()

    def restart(self) -> None:
        """Start again as after power-up: nothing is sent until it is asked for."""
        self.period = 0.0
        self._next = 0.0

    def touch(self, finger: int, counts: NDArray[np.integer]) -> None:
        """Set a finger (7, 4)."""
        with self.lock:
            self.fingers[finger] = counts

    def play(self, period_s: float = 4.0) -> None:
        """From now on something round moves to and fro over both fingers."""
        self._playing = period_s

    def answer(self, received: bytes) -> tuple[bytes, bytes]:
        """Take one command; a version is the only thing that is answered."""
        if len(received) < 4 or len(received) < 4 + received[3]:
            return b"", received
        command, data, rest = received[2], received[4 : 4 + received[3]], received[4 + received[3] :]
        if received[0] != START:
            return b"", received[1:]
        if command in (SYNC, ASYNC):
            self.period = data[0] / 1000.0
        return (self._packet(VERSION, b"1.0.0-emulated") if command == VERSION else b""), rest

    def due(self, now: float) -> bytes:
        """The next packet of both fingers."""
        if not self.period or now < self._next:
            return b""
        self._next = max(self._next + self.period, now)
        fault = self.take_fault()
        if fault is Fault.SILENT:
            return b""
        if fault is Fault.GARBAGE:
            return self.noise.randbytes(60)
        if fault is Fault.LATE:
            time.sleep(self.late_s)
        data = b"".join(self._finger(finger, now) for finger in range(2))
        if fault is Fault.FEWER:
            data = data[:-3]
        command = VERSION if fault is Fault.WRONG_ID else SYNC
        if fault is Fault.EXCEPTION:
            data = bytes([0xF0, *data[1:]])
        packet = self._packet(command, data)
        return packet[: len(packet) // 2] if fault is Fault.SHORT else packet

    def _finger(self, finger: int, now: float) -> bytes:
        counts = self.fingers[finger]
        if self._playing:
            r, c = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLS * 1j]
            where = 0.7 * np.sin(2.0 * np.pi * now / self._playing)
            counts = np.rint(20000.0 * np.exp(-3.0 * ((r - where) ** 2 + c**2))).astype(int)
        mark = finger << 2
        return b"".join(
            (
                bytes([TAXELS | mark]) + struct.pack(f">{ROWS * COLS}H", *counts.ravel().tolist()),
                bytes([VIBRATION | mark]) + struct.pack(">h", int(self.vibration[finger])),
                bytes([ACCELERATION | mark]) + struct.pack(">3h", 0, 0, 16384),
                bytes([TURNING | mark]) + struct.pack(">3h", 0, 0, 0),
                bytes([TEMPERATURE | mark]) + struct.pack(">h", 25),
                bytes([STAMP | mark]) + struct.pack(">Q", int(1000.0 * now)),
            )
        )

    @staticmethod
    def _packet(command: int, data: bytes) -> bytes:
        return bytes([START, 0, command, len(data)]) + data
