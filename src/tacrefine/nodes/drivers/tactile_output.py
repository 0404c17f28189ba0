"""Touch on its way out of a driver: zero, dead taxels, `tactile`, the service `tare`, and lines for /diagnostics."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from std_srvs.srv import Trigger

from tacrefine.drivers.tare import TareReadings
from tacrefine.drivers.taxels import PadLayout, TaxelMonitor, Zero, dead_taxels, slices_of
from tacrefine.errors import DeviceError
from tacrefine.msg import TactileArray, TactilePad
from tacrefine.nodes.core.convert import pad_messages
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.drivers.device_driver import Host


class TactileOutput:
    """Readings in, `TactileArray` out. `publish` runs in the device's thread, `tare` on the executor's.

    `full_scale` in counts; 1: readings are shares of it. Up to `rest_level` a taxel counts as untouched.
    """

    def __init__(
        self,
        node: Host,
        pads: Sequence[PadLayout],
        full_scale: float,
        frame_id: str,
        rest_level: float = 0.0,
    ) -> None:
        self._node, self._pads, self._frame_id = node, pads, frame_id
        self._unit = TactilePad.UNIT_NORMALIZED if full_scale == 1.0 else TactilePad.UNIT_RAW
        self._full_scale, self._rest_level = full_scale, rest_level
        self.zero = Zero(pads, full_scale)
        self.monitor = TaxelMonitor(pads, full_scale, rest_level)
        self._shear_zero: NDArray[np.float32] | None = None
        self._shear_seen: list[NDArray[np.float32]] = []
        self._dead = dead_taxels(node.parameters.dead_taxels, pads)
        self.sequence = 0
        self._tare: TareReadings | None = None
        self._publisher = node.publish_on(TactileArray, "tactile", SENSOR)
        node.serve_waiting(Trigger, "tare", self._on_tare)

    def publish(
        self,
        counts: NDArray[np.float32],
        stamp: Time,
        at_rest: bool | NDArray[np.bool_],
        joints: NDArray[np.float64] | None = None,
        no_tare: str = "",
        shear: NDArray[np.float32] | None = None,
    ) -> None:
        """Send counts (T,) of one reading, with tangential ones `shear` (T, 2) where pads have three components.

        `at_rest` says whether nothing touches, for all taxels or each; `joints` (J,) rad are those of the reading where
        they are known; `no_tare` says why such a reading is no zero, '' if it is one.
        """
        self.sequence += 1
        self.monitor.observe(counts, at_rest)
        tare = self._tare
        if tare is not None:
            tare.add(time.monotonic(), counts, joints, no_tare)
            if shear is not None:
                self._shear_seen.append(shear)
        shown = np.array(self.zero.apply(counts))
        shown[self._dead] = np.nan
        if shear is not None:
            sideways = np.array(shear if self._shear_zero is None else shear - self._shear_zero)
            sideways[self._dead] = np.nan
            shown = np.column_stack([shown, sideways]).ravel()
        message = TactileArray(sequence=self.sequence)
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        message.pads = pad_messages(self._pads, shown, self._unit)
        self._publisher.publish(message)
        self._node.health.tick("tactile")

    def report(self) -> dict[str, str]:
        """Lines for /diagnostics."""
        tared = "no"
        if self.zero.counts is not None:
            largest = float(self.zero.counts.max())
            tared = f"yes, largest {largest:.0f} counts"
            if self._full_scale == 1.0:
                tared = f"yes, largest {100.0 * largest:.1f} % of full scale"
        return self.monitor.report() | {"tared": tared}

    def few_touched(self, counts: NDArray[np.float32], share: float = 0.25) -> NDArray[np.bool_]:
        """For each taxel (T,) whether its pad is at rest: fewer than `share` of its taxels feel anything.

        For devices without joints to tell an open hand by.
        """
        rest = np.empty(len(counts), bool)
        for part in slices_of(self._pads):
            rest[part] = (counts[part] > self._rest_level).mean() < share
        return rest

    async def _on_tare(self, _request: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        p = self._node.parameters
        self._shear_seen = []
        readings = self._tare = TareReadings(p.tare_frames)
        try:
            if not await self._node.wait_until(lambda: readings.is_over, p.tare_timeout):
                raise DeviceError(
                    f"tare: {len(readings)} of {readings.wanted} readings came within {p.tare_timeout:g} s"
                )
            readings.take(self.zero)
            if self._shear_seen:
                self._shear_zero = np.mean(np.stack(self._shear_seen), 0, dtype=np.float32)
            answer.success, answer.message = True, "every pad was tared"
        except DeviceError as error:
            answer.message = str(error)
            self._node.report_error(error, "tare")
        finally:
            self._tare = None
        return answer
