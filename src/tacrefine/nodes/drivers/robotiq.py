"""Robotiq TSF-85 fingertips behind the `driver` node: `tactile`."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from tacrefine.drivers.robotiq.device import RobotiqDevice, RobotiqReading, finger_pads, load_robotiq
from tacrefine.hands import load_hand
from tacrefine.nodes.drivers.device_driver import DeviceDriver
from tacrefine.nodes.drivers.tactile_output import TactileOutput


class RobotiqDriver(DeviceDriver):
    """Pressure of both fingertips."""

    def make_device(self) -> RobotiqDevice:
        """The fingertips, with what is published of them."""
        p = self.parameters
        description = load_robotiq()
        pads = finger_pads(p.robotiq_pads)
        device = RobotiqDevice(description, p.device or description.port, pads, 1.0 / p.rate, p.timeout)
        frame_id = load_hand(p.hand).wrist_frame
        self._output = TactileOutput(self.node, device.layout, description.full_scale, frame_id)
        self._newest: RobotiqReading | None = None
        return device

    def publish(self, reading: RobotiqReading, stamp: Time) -> None:
        """Publish one reading in raw counts."""
        self._newest = reading
        self._output.publish(reading.counts, stamp, self._output.few_touched(reading.counts))

    def report(self) -> dict[str, str]:
        """State of the connection and the taxels, and the dynamic channel of each finger."""
        lines = super().report()
        if self._newest is not None:
            lines["vibration"] = ", ".join(str(value) for value in self._newest.vibration)
        return lines | self._output.report()
