"""Both TSF-85 fingertips of a gripper as a `tacrefine.drivers.link.Device`; packets by the package pyrobotiqtactile.

Packets have no checksum that the package knows, so only one that is made of whole fields is believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.drivers.optional import need
from tacrefine.drivers.serial_line import SerialLine
from tacrefine.drivers.taxels import PadLayout
from tacrefine.errors import ConfigError, DeviceError

LONGEST_PERIOD = 255
"""ms between two packets at most"""
PACKAGE = "pyrobotiqtactile"


class RobotiqDescription(Description):
    """The file `config/drivers/robotiq_tsf85.yaml`."""

    port: str
    baud: PositiveInt
    rows: PositiveInt
    cols: PositiveInt
    full_scale: PositiveInt


@dataclass(frozen=True, eq=False)
class RobotiqReading:
    """One reading of both fingers. `time`: monotonic clock; `counts` (T,); `vibration` (2,) the dynamic channel."""

    time: float
    counts: NDArray[np.float32]
    vibration: NDArray[np.int16]


def load_robotiq(name_or_path: str = "robotiq_tsf85") -> RobotiqDescription:
    """Read the description; raises ConfigError."""
    return load_yaml(resolve("drivers", name_or_path), RobotiqDescription)


def finger_pads(text: str) -> tuple[str, ...]:
    """Pads of finger 0 and 1 from ``left_tip, right_tip``; raises ConfigError."""
    names = tuple(part.strip() for part in text.split(","))
    if len(names) not in (1, 2) or len(set(names)) != len(names) or not all(n.isidentifier() for n in names):
        raise ConfigError(
            f"parameter 'robotiq_pads': '{text}' must be one or two different pads, for example 'left_tip, right_tip'"
        )
    return names


class RobotiqDevice:
    """Lets the sensor send by itself every `period` s, and takes the newest reading of every finger.

    A reading is older than its packet by at most one period, so its time lies that far back.
    """

    def __init__(
        self,
        description: RobotiqDescription,
        port: str,
        pads: tuple[str, ...],
        period: float,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._line = SerialLine(port, description.baud, timeout, clock)
        self._protocol = need(f"{PACKAGE}.protocol", PACKAGE)
        self._period = int(np.clip(round(1000.0 * period), 1, LONGEST_PERIOD))
        self.layout = tuple(PadLayout(name, description.rows, description.cols) for name in pads)
        if self.layout[0].size != self._protocol.STATIC_TACTILE_SIZE:
            raise ConfigError(
                f"robotiq_tsf85: {description.rows} x {description.cols} taxels; the package {PACKAGE} has "
                f"{self._protocol.STATIC_TACTILE_SIZE} a finger"
            )
        self._parser: Any = None
        self._damage = ""

    def open(self) -> None:
        """Open the port, stop what is being sent, and ask for packets anew."""
        self._line.open()
        self._line.write(self._protocol.PacketParser.build_autosend_command(0))
        self._line.drain()
        self._parser = self._protocol.PacketParser(len(self.layout))
        self._damage = ""
        self._line.write(self._protocol.PacketParser.build_autosend_command(self._period))

    def close(self) -> None:
        """Close the port; safe at any time."""
        self._line.close()

    def read(self) -> RobotiqReading:
        """The next reading that every finger has a part in; packets that had arrived before are thrown away."""
        if self._parser is None:
            raise DeviceError(f"{self._line.port}: not open")
        before = self._clock()
        self._take(self._line.waiting())
        self._parser.clear_updated_flags()
        deadline = before + self._line.timeout
        while not all(finger.updated for finger in self._parser.fingers):
            if self._clock() > deadline:
                why = f"; last: {self._damage}" if self._damage else ""
                raise DeviceError(
                    f"{self._line.port}: no reading of every finger came within {self._line.timeout:g} s{why}"
                )
            self._take(self._line.waiting())
        fingers = self._parser.fingers
        counts = np.concatenate([np.asarray(finger.static_tactile, np.float32) for finger in fingers])
        vibration = np.array([finger.dynamic_tactile for finger in fingers], np.int16)
        return RobotiqReading(before - self._period / 1000.0, counts, vibration)

    def _take(self, data: bytes) -> None:
        for packet in self._parser.feed(data):
            if packet[2] in (self._protocol.COMMAND_AUTOSEND_SYNC, self._protocol.COMMAND_AUTOSEND_ASYNC):
                if self._is_whole(packet[self._protocol.HEADER_SIZE :]):
                    self._parser.parse_sensor_packet(packet)
                else:
                    self._damage = f"a packet of {len(packet)} bytes is not made of whole fields"

    def _is_whole(self, data: bytes) -> bool:
        """Whether fields of known kinds fill the data without a rest, taxels among them."""
        p = self._protocol
        sizes = {
            p.SENSOR_STATIC_TACTILE: 2 * p.STATIC_TACTILE_SIZE,
            p.SENSOR_DYNAMIC_TACTILE: 2 * p.DYNAMIC_TACTILE_SIZE,
            p.SENSOR_ACCELEROMETER: 2 * p.IMU_AXES,
            p.SENSOR_GYROSCOPE: 2 * p.IMU_AXES,
            p.SENSOR_MAGNETOMETER: 2 * p.IMU_AXES,
            p.SENSOR_TEMPERATURE: 2,
            p.SENSOR_TIMESTAMP: 8,
        }
        at, felt = 0, False
        while at < len(data):
            kind = data[at] & 0xF0
            if kind not in sizes:
                return False
            felt |= kind == p.SENSOR_STATIC_TACTILE
            at += 1 + sizes[kind]
        return felt and at == len(data)
