"""PaXini arrays behind the `driver` node: normal counts on `tactile`, both shear axes on `tactile_shear`."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time

from tacrefine.drivers.paxini.device import PaxiniDevice, PaxiniReading, connectors, load_paxini
from tacrefine.drivers.taxels import PadLayout, slices_of
from tacrefine.hands import load_hand
from tacrefine.msg import TactileArray, TactilePad
from tacrefine.nodes.core.convert import pad_messages
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.drivers.device_driver import DeviceDriver
from tacrefine.nodes.drivers.tactile_output import TactileOutput


class PaxiniDriver(DeviceDriver):
    """Forces of every pad of the control box."""

    def make_device(self) -> PaxiniDevice:
        """The control box, with what is published of it."""
        p, node = self.parameters, self.node
        description = load_paxini()
        device = PaxiniDevice(description, p.device or description.port, connectors(p.paxini_pads), p.timeout)
        self._layout, self._frame_id = device.layout, load_hand(p.hand).wrist_frame
        self._output = TactileOutput(node, self._layout, description.full_scale, self._frame_id)
        self._shear_layout = tuple(
            PadLayout(f"{pad.name}_{axis}", pad.rows, pad.cols) for pad in self._layout for axis in "xy"
        )
        self._shear = node.publish_on(TactileArray, "tactile_shear", SENSOR)
        return device

    def publish(self, reading: PaxiniReading, stamp: Time) -> None:
        """Publish one reading: normal forces as taxels, tangential ones beside them."""
        self._output.publish(reading.normal, stamp, self._output.few_touched(reading.normal))
        parts = [reading.shear[part, axis] for part in slices_of(self._layout) for axis in (0, 1)]
        message = TactileArray(sequence=self._output.sequence)
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        message.pads = pad_messages(self._shear_layout, np.concatenate(parts), TactilePad.UNIT_RAW)
        self._shear.publish(message)

    def report(self) -> dict[str, str]:
        """State of the connection and the taxels."""
        return super().report() | self._output.report()
