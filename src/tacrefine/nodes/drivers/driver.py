"""`driver`: touch, joints or images of a real device. Which one is chosen by the parameter `driver`.

The node is the lifecycle; what differs between devices is a `DriverPart`, imported only when it is chosen, so that
nobody needs the packages of a device that is not there.
"""

from __future__ import annotations

import sys
from importlib import import_module

from tacrefine.nodes.core.base import TacrefineNode, run
from tacrefine.nodes.drivers.parameters import DriverParameters
from tacrefine.nodes.drivers.part import DriverPart

PARTS = {
    "inspire_rh56dftp": ("tacrefine.nodes.drivers.inspire", "InspireDriver"),
    "paxini": ("tacrefine.nodes.drivers.paxini", "PaxiniDriver"),
    "optical": ("tacrefine.nodes.drivers.optical", "OpticalDriver"),
    "replay": ("tacrefine.nodes.drivers.replay", "ReplayDriver"),
}


class DriverNode(TacrefineNode):
    """See the module."""

    group = DriverParameters
    _part: DriverPart | None = None

    def setup(self) -> None:
        """Make the chosen driver and let it set up."""
        module, name = PARTS[self.parameters.driver]
        self.health.values = {}
        self.keep(self._forget)
        self._part = getattr(import_module(module), name)(self)
        self._part.setup()

    def start(self) -> None:
        """Begin to publish."""
        assert self._part is not None
        self._part.start()

    def stop(self) -> None:
        """Cease to publish."""
        if self._part is not None:
            self._part.stop()

    def before_report(self) -> None:
        """The driver's own lines on /diagnostics."""
        if self._part is None:
            return
        self.health.values = {"driver": self.parameters.driver, **self._part.report()}
        self.health.warned = not self._part.is_healthy()

    def _forget(self) -> None:
        if self._part is not None:
            self._part.stop()
        self._part = None


def main() -> int:
    """Entry point of the executable."""
    return run(DriverNode, "tacrefine_driver")


if __name__ == "__main__":
    sys.exit(main())
