"""The node `driver`: touch, joints or images of a real device. The parameter `driver` says which.

The node is the lifecycle; what differs between devices is a `Driver`, imported only when it is chosen, so that
nobody needs the packages of a device that is not there.
"""

from __future__ import annotations

import sys
from importlib import import_module

from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.running import run
from tacrefine.nodes.drivers.device_driver import Driver
from tacrefine.nodes.drivers.parameters import DriverParameters

DRIVERS = {
    "inspire_rh56dftp": ("tacrefine.nodes.drivers.inspire", "InspireDriver"),
    "paxini": ("tacrefine.nodes.drivers.paxini", "PaxiniDriver"),
    "paxini_gen3": ("tacrefine.nodes.drivers.paxini_gen3", "PaxiniGen3Driver"),
    "robotiq_tsf85": ("tacrefine.nodes.drivers.robotiq", "RobotiqDriver"),
    "optical": ("tacrefine.nodes.drivers.optical", "OpticalDriver"),
    "optical_taxels": ("tacrefine.nodes.drivers.optical", "OpticalTaxelDriver"),
    "replay": ("tacrefine.nodes.drivers.replay", "ReplayDriver"),
}


class DriverNode(TacrefineNode):
    """The lifecycle of whatever driver was chosen."""

    group = DriverParameters
    parameters: DriverParameters
    _driver: Driver | None = None

    def setup(self) -> None:
        """Make the chosen driver and let it set up."""
        module, name = DRIVERS[self.parameters.driver]
        self.health.values = {}
        self.add_cleanup(self._forget)
        self._driver = getattr(import_module(module), name)(self)
        self._driver.setup()

    def start(self) -> None:
        """Begin to publish."""
        assert self._driver is not None
        self._driver.start()

    def stop(self) -> None:
        """Stop publishing."""
        if self._driver is not None:
            self._driver.stop()

    def before_report(self) -> None:
        """The driver's own lines on /diagnostics."""
        if self._driver is None:
            return
        self.health.values = {"driver": self.parameters.driver, **self._driver.report()}
        self.health.warned = not self._driver.is_healthy()

    def _forget(self) -> None:
        if self._driver is not None:
            self._driver.stop()
        self._driver = None


def main() -> int:
    """Entry point of the executable."""
    return run(DriverNode, "tacrefine_driver")


if __name__ == "__main__":
    sys.exit(main())
