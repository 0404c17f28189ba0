"""An Inspire hand as a `tacrefine.drivers.link.Device`: one cycle of registers is one reading."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.inspire.description import InspireHandMap
from tacrefine.drivers.inspire.modbus import ModbusRegisters
from tacrefine.drivers.inspire.motion import HandMotion
from tacrefine.errors import DeviceError

STREAM_S = 0.02
"""between two set points of a trajectory"""


@dataclass(frozen=True, eq=False)
class InspireReading:
    """One cycle. `time` is the monotonic clock before the first register was asked for, so nothing in it is older.

    `counts` (T,) in the hand's order, `angles` (6,) raw 0..1000, `forces` (6,) g, `errors` and `status` (6,) codes.
    """

    time: float
    counts: NDArray[np.float32]
    angles: NDArray[np.int16]
    forces: NDArray[np.int16]
    errors: NDArray[np.uint8]
    status: NDArray[np.uint8]


class InspireDevice:
    """Reads angles, state and every pad in cycles, and streams set points of a trajectory in between.

    `force_limit` in g and `speed` 0..1000 are sent at every connection, before anything moves.
    """

    def __init__(
        self,
        hand: InspireHandMap,
        registers: ModbusRegisters,
        motion: HandMotion,
        force_limit: int,
        speed: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hand, self._registers, self._motion = hand, registers, motion
        self._force_limit, self._speed = force_limit, speed
        self._clock = clock
        self._map = hand.description.registers
        self._angle_set = hand.description.angle_set_blocks()
        self._requests: SimpleQueue[tuple[int, Event]] = SimpleQueue()
        self._streamed = -float("inf")

    def open(self) -> None:
        """Connect, write speed and force limit, and let motion start from the measured angles."""
        drives = len(self._hand.joints)
        self._registers.open()
        self._registers.write(self._map.speed_set, np.full(drives, self._speed, np.int16))
        self._registers.write(self._map.force_set, np.full(drives, self._force_limit, np.int16))
        self._motion.start_from(self._angles(), self._clock())

    def close(self) -> None:
        """Disconnect; drop a running trajectory, the drives hold their positions."""
        self._motion.drop()
        with contextlib.suppress(
            Empty
        ):  # a request to a hand that is gone must not reach it when it comes back
            while True:
                self._requests.get_nowait()
        self._registers.close()

    def read(self) -> InspireReading:
        """One cycle: requested writes, angles, state, every pad; set points in between."""
        began = self._clock()
        self._write_requested()
        angles = self._angles()
        forces = self._registers.read(self._map.force_act, len(angles))
        errors = self._bytes(self._map.error, len(angles))
        status = self._bytes(self._map.status, len(angles))
        blocks = []
        for block in self._hand.blocks:
            self._stream_set_points()
            blocks.append(self._registers.read(block.address, block.count))
        return InspireReading(began, self._hand.counts(blocks), angles, forces, errors, status)

    def clear_errors(self) -> Event:
        """Request CLEAR_ERROR; the event is set once it was sent."""
        return self._request(self._map.clear_error)

    def calibrate_force(self) -> Event:
        """Request the calibration of the force sensors, during which the hand moves by itself; the event as above."""
        return self._request(self._map.force_calibration)

    def _request(self, address: int) -> Event:
        sent = Event()
        self._requests.put((address, sent))
        return sent

    def _write_requested(self) -> None:
        while True:
            try:
                address, sent = self._requests.get_nowait()
            except Empty:
                return
            self._registers.write_one(address, 1)
            sent.set()

    def _stream_set_points(self) -> None:
        now = self._clock()
        if now - self._streamed < STREAM_S:
            return
        self._streamed = now
        points = self._motion.set_points(now)
        if points is not None:
            for address, drives in self._angle_set:
                self._registers.write(address, points[drives])

    def _angles(self) -> NDArray[np.int16]:
        angles = self._registers.read(self._map.angle_act, len(self._hand.joints))
        if angles.min() < -100 or angles.max() > 1100:  # a little beyond 0..1000 is the drives' own play
            raise DeviceError(f"ANGLE_ACT reads {angles.tolist()}, allowed are 0 to 1000")
        return angles

    def _bytes(self, address: int, count: int) -> NDArray[np.uint8]:
        registers = self._registers.read(address, (count + 1) // 2)
        return self._hand.description.bytes_of(registers)[:count]
