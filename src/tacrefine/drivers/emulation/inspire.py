"""An Inspire RH56DFTP in software: drives that move, forces, and touch that is set or grows as the hand closes."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.emulation.modbus import ModbusEmulator

ANGLE_SET, FORCE_SET, SPEED_SET, ANGLE_ACT = 1486, 1498, 1522, 1546
FORCE_ACT, ERROR, STATUS, CLEAR_ERROR, FORCE_CALIBRATION = 1582, 1606, 1612, 1004, 1009
SIZES = {"tip": (3, 3), "fingertip": (12, 8), "pad": (10, 8), "middle": (3, 3)}
FINGERS = ("little", "ring", "middle", "index", "thumb")
FULL_SPEED = 1200.0  # raw counts a second at SPEED_SET 1000
CONTACT_BELOW = 500  # raw angle from which on the played touch of a finger begins
MAX_COUNT = 2400.0


def pad_shapes() -> dict[str, tuple[int, int, int]]:
    """Address, rows and columns of every pad; each begins where the one before ends."""
    shapes, address = {}, 3000
    for finger in FINGERS:
        parts = ("tip", "fingertip", "middle", "pad") if finger == "thumb" else ("tip", "fingertip", "pad")
        for part in parts:
            rows, cols = (12, 8) if (finger, part) == ("thumb", "pad") else SIZES[part]
            shapes[f"{finger}_{part}"] = (address, rows, cols)
            address += 2 * rows * cols
    shapes["palm"] = (address, 8, 14)
    return shapes


class InspireEmulator(ModbusEmulator):
    """The hand, open at start. With `plays_touch` a closing finger feels something; else `touch` sets the taxels.

    `angles` (6,) raw 0..1000 are where the drives stand; `blocked_at` (6,) is where something stops them.
    """

    def __init__(self, port: int = 0, plays_touch: bool = False, late_s: float = 1.0) -> None:
        super().__init__(port, late_s=late_s)
        self.pads = pad_shapes()
        self.plays_touch = plays_touch
        self.angles = np.full(6, 1000.0)
        self.blocked_at = np.zeros(6)
        self._goals = np.full(6, 1000.0)
        self._moved = time.monotonic()
        self._rng = np.random.default_rng(0)
        self.set_registers(SPEED_SET, [1000] * 6)
        self.set_registers(FORCE_SET, [1000] * 6)

    def power_cycle(self) -> None:
        """Restart: the settings are gone, errors are cleared, the drives stay where they are."""
        self.stop()
        with self.lock:
            self.memory[:] = bytes(len(self.memory))
            self.set_registers(SPEED_SET, [1000] * 6)
            self.set_registers(FORCE_SET, [1000] * 6)
            self._goals = self.angles.copy()
        self.start()

    def touch(self, pads: Mapping[str, NDArray[np.integer]]) -> None:
        """Set taxels (rows, cols) of some pads, in counts."""
        with self.lock:
            for name, grid in pads.items():
                address, rows, cols = self.pads[name]
                if name == "palm":  # column after column, each from the last row to the first
                    wire = [int(grid[row][col]) for col in range(cols) for row in reversed(range(rows))]
                else:
                    wire = [int(value) for line in grid for value in line]
                self.set_registers(address, wire)

    def fail(self, errors: list[int], status: list[int]) -> None:
        """Set error bits and status codes, six bytes each."""
        with self.lock:
            self.memory[ERROR : ERROR + 6] = bytes(errors)
            self.memory[STATUS : STATUS + 6] = bytes(status)

    def stand_at(self, angles: NDArray[np.integer]) -> None:
        """Put the drives somewhere at once, raw."""
        with self.lock:
            self.angles = np.array(angles, float)
            self._goals = self.angles.copy()

    def before_read(self, address: int, count: int) -> None:
        """Let the drives move on, and the touch with them."""
        now = time.monotonic()
        speed = np.array(self.registers(SPEED_SET, 6)) / 1000.0 * FULL_SPEED
        reach = speed * (now - self._moved)
        self._moved = now
        goals = np.maximum(self._goals, self.blocked_at)
        self.angles = self.angles + np.clip(goals - self.angles, -reach, reach)
        self.set_registers(ANGLE_ACT, np.rint(self.angles).astype(int).tolist())
        pressing = np.maximum(self.blocked_at - self._goals, 0)
        forces = np.minimum(pressing * 4, self.registers(FORCE_SET, 6))
        self.set_registers(FORCE_ACT, forces.astype(int).tolist())
        if self.plays_touch and address >= 3000:
            self._play()

    def after_write(self, address: int, count: int) -> None:
        """New goals, or an order."""
        if address == ANGLE_SET:
            wanted = np.array(self.registers(ANGLE_SET, 6), float)
            self._goals = np.where(wanted < 0, self._goals, np.clip(wanted, 0, 1000))
        if address == CLEAR_ERROR and self.registers(CLEAR_ERROR, 1) == [1]:
            self.memory[ERROR : ERROR + 6] = bytes(6)
        if address == FORCE_CALIBRATION:
            self._goals[:] = 1000.0

    def _play(self) -> None:
        """A soft round thing: pressure in the middle of each pad grows as its finger closes."""
        closed = np.clip((CONTACT_BELOW - self.angles) / CONTACT_BELOW, 0.0, 1.0)
        pads = {}
        for name, (_, rows, cols) in self.pads.items():
            finger = name.partition("_")[0]
            share = closed[:4].mean() if finger == "palm" else closed[FINGERS.index(finger)]
            r, c = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]
            grid = MAX_COUNT * share * np.exp(-3.0 * (r**2 + c**2))
            noisy = grid + 3.0 * self._rng.standard_normal(grid.shape)
            pads[name] = np.where(grid > 20.0, noisy, 0).clip(0, 4095).astype(int)
        self.touch(pads)
