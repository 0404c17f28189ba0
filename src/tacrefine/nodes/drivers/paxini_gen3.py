"""PaXini GEN3 sensors behind the `driver` node: three force components of every taxel on `tactile`."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from tacrefine.drivers.paxini.device import PaxiniReading
from tacrefine.drivers.paxini.gen3 import Gen3Device, load_gen3, make_gen3
from tacrefine.drivers.taxels import PadLayout
from tacrefine.hands import load_hand
from tacrefine.nodes.drivers.device_driver import DeviceDriver
from tacrefine.nodes.drivers.tactile_output import TactileOutput


class PaxiniGen3Driver(DeviceDriver):
    """Forces of every sensor of the board; pads without a grid have one row for each taxel."""

    def make_device(self) -> Gen3Device:
        """The board, with what is published of it."""
        p = self.parameters
        description = load_gen3()
        device = make_gen3(description, p.gen3_board, p.device, p.gen3_pads, p.timeout)
        components = 3 if p.gen3_shear else 1
        layout = tuple(PadLayout(pad.name, pad.rows, pad.cols, components) for pad in device.layout)
        frame_id = load_hand(p.hand).wrist_frame
        self._output = TactileOutput(self.node, layout, description.full_scale, frame_id)
        return device

    def publish(self, reading: PaxiniReading, stamp: Time) -> None:
        """Normal forces, and tangential ones beside them where asked for."""
        shear = reading.shear if self.parameters.gen3_shear else None
        self._output.publish(reading.normal, stamp, self._output.few_touched(reading.normal), shear=shear)

    def report(self) -> dict[str, str]:
        """State of the connection and the taxels."""
        return super().report() | self._output.report()
