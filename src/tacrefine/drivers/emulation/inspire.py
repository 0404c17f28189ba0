"""An Inspire RH56DFTP in software, as the maker's manual says: drives, forces, and touch that is set or played."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.emulation.modbus import ModbusEmulator

HAND_ID, BAUD_RATE, CLEAR_ERROR, SAVE, RESET, FORCE_CALIBRATION = 1000, 1002, 1004, 1005, 1006, 1009
DEFAULT_SPEED_SET, DEFAULT_FORCE_SET = 1032, 1044
POSITION_SET, ANGLE_SET, FORCE_SET, SPEED_SET = 1474, 1486, 1498, 1522
POSITION_ACT, ANGLE_ACT, FORCE_ACT, CURRENT = 1534, 1546, 1582, 1594
ERROR, STATUS, TEMPERATURE, IP_PART = 1606, 1612, 1618, 1700
DRIVES = 6
HOLD = -1
TOO_HOT = 0b10  # an error that CLEAR_ERROR leaves
OPENING, CLOSING, AT_POSITION, AT_FORCE = 0, 1, 2, 3
SIZES = {"tip": (3, 3), "fingertip": (12, 8), "pad": (10, 8), "middle": (3, 3)}
FINGERS = ("little", "ring", "middle", "index", "thumb")
FULL_SPEED = 1000.0 / 0.6  # raw angle a second at SPEED_SET 1000: from end to end in 0.6 s
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

    `angle_set` are the addresses of ANGLE_SET, one a drive: public sources differ, the manual has six in a row.
    `angles` (6,) raw 0..1000 are where the drives stand; `blocked_at` (6,) is where something stops them.
    """

    BYTES = frozenset(
        {HAND_ID, BAUD_RATE, CLEAR_ERROR, SAVE, RESET, FORCE_CALIBRATION, *range(IP_PART, 1704)}
    )

    def __init__(
        self,
        port: int = 0,
        plays_touch: bool = False,
        late_s: float = 1.0,
        angle_set: Sequence[int] = tuple(range(ANGLE_SET, ANGLE_SET + 12, 2)),
    ) -> None:
        super().__init__(port, late_s=late_s)
        self.pads = pad_shapes()
        self.plays_touch = plays_touch
        self.angles = np.full(DRIVES, 1000.0)
        self.blocked_at = np.zeros(DRIVES)
        self._angle_set = tuple(angle_set)
        self._goals = np.full(DRIVES, 1000.0)
        self._moved = time.monotonic()
        self._status: list[int] | None = None
        self._rng = np.random.default_rng(0)
        self._power_on()

    def power_cycle(self) -> None:
        """Restart: the settings are gone, errors are cleared, the drives stay where they are."""
        self.stop()
        with self.lock:
            self._power_on()
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
        """Set error bits of the drives, and status codes that stay as long as there are errors."""
        with self.lock:
            self.memory[ERROR : ERROR + DRIVES] = bytes(errors)
            self._status = status if any(errors) else None

    def stand_at(self, angles: NDArray[np.integer]) -> None:
        """Put the drives somewhere at once, raw."""
        with self.lock:
            self.angles = np.array(angles, float)
            self._goals = self.angles.copy()

    def angle_set(self) -> list[int]:
        """What ANGLE_SET holds, one a drive."""
        return [self.registers(address, 1)[0] for address in self._angle_set]

    def before_read(self, address: int, count: int) -> None:
        """Let the drives move on, and forces, currents, status and touch with them."""
        now = time.monotonic()
        speed = np.array(self.registers(SPEED_SET, DRIVES)) / 1000.0 * FULL_SPEED
        reach = speed * (now - self._moved)
        self._moved = now
        goals = np.maximum(self._goals, self.blocked_at)
        self.angles = self.angles + np.clip(goals - self.angles, -reach, reach)
        moving = goals - self.angles
        limits = np.array(self.registers(FORCE_SET, DRIVES))
        forces = np.minimum(np.maximum(self.blocked_at - self._goals, 0) * 4, limits)
        currents = 20.0 + 150.0 * (moving != 0) + 0.3 * forces
        self.set_registers(ANGLE_ACT, np.rint(self.angles).astype(int).tolist())
        self.set_registers(POSITION_ACT, np.rint(2.0 * (1000.0 - self.angles)).astype(int).tolist())
        self.set_registers(FORCE_ACT, forces.astype(int).tolist())
        self.set_registers(CURRENT, currents.astype(int).tolist())
        pressing = (forces > 0) & (forces >= limits)
        status = np.where(moving > 0, OPENING, np.where(moving < 0, CLOSING, AT_POSITION))
        played = np.where(pressing & (moving == 0), AT_FORCE, status)
        self.memory[STATUS : STATUS + DRIVES] = bytes(self._status or played.tolist())
        if self.plays_touch and address >= 3000:
            self._play()

    def after_write(self, address: int, count: int) -> None:
        """New goals for the drives whose registers were written, or an order."""
        written = range(address, address + 2 * count)
        for drive in range(DRIVES):
            if self._angle_set[drive] in written:
                self._set_goal(drive, self.registers(self._angle_set[drive], 1)[0])
            elif POSITION_SET + 2 * drive in written:
                position = self.registers(POSITION_SET + 2 * drive, 1)[0]
                self._set_goal(drive, HOLD if position < 0 else 1000 - position // 2)
        if CLEAR_ERROR in written and self.memory[CLEAR_ERROR] == 1:
            left = [code & TOO_HOT for code in self.memory[ERROR : ERROR + DRIVES]]
            self.fail(left, self._status or [AT_POSITION] * DRIVES)
            self.memory[CLEAR_ERROR] = 0
        if FORCE_CALIBRATION in written and self.memory[FORCE_CALIBRATION] == 1:
            self._goals[:] = 1000.0
            self.memory[FORCE_CALIBRATION] = 0

    def _set_goal(self, drive: int, angle: int) -> None:
        """A drive moves at once to an angle in 0..1000; it does not react to anything else, HOLD included."""
        if 0 <= angle <= 1000:
            self._goals[drive] = angle

    def _power_on(self) -> None:
        self.memory[:] = bytes(len(self.memory))
        self.memory[HAND_ID] = self.memory[BAUD_RATE] = 1
        self.memory[IP_PART : IP_PART + 4] = bytes([192, 168, 11, 210])
        for address, value in (
            (DEFAULT_SPEED_SET, 1000),
            (DEFAULT_FORCE_SET, 1000),
            (SPEED_SET, 1000),
            (FORCE_SET, 1000),
            (POSITION_SET, HOLD),
        ):
            self.set_registers(address, [value] * DRIVES)
        for address in self._angle_set:
            self.set_registers(address, [HOLD])
        self.memory[TEMPERATURE : TEMPERATURE + DRIVES] = bytes([34, 34, 35, 35, 36, 33])
        self._goals = self.angles.copy()
        self._status = None

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
