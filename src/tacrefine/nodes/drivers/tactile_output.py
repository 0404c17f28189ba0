"""Touch on its way out of a driver: zero, dead taxels, `tactile`, the service `tare`, and lines for /diagnostics."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray

from tacrefine.drivers.taxels import PadLayout, TaxelMonitor, Zero, dead_taxels
from tacrefine.errors import TacrefineError
from tacrefine.msg import TactileArray, TactilePad
from tacrefine.nodes.core.convert import pad_messages
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.srv import Tare

if TYPE_CHECKING:
    from tacrefine.nodes.drivers.driver import DriverNode


class TactileOutput:
    """Raw counts in, `TactileArray` out. `publish` runs in the device's thread, `tare` in the executor's."""

    def __init__(self, node: DriverNode, pads: Sequence[PadLayout], full_scale: float, frame_id: str) -> None:
        self._node, self._pads, self._frame_id = node, pads, frame_id
        self.zero = Zero(pads, full_scale)
        self.monitor = TaxelMonitor(pads, full_scale)
        self._dead = dead_taxels(node.parameters.dead_taxels, pads)
        self.sequence = 0
        self._collected: list[NDArray[np.float32]] | None = None
        self._enough = threading.Event()
        self._refusal = ""
        self._publisher = node.publish_on(TactileArray, "tactile", SENSOR)
        node.serve(Tare, "tare", self._on_tare)

    def publish(
        self, counts: NDArray[np.float32], stamp: Time, at_rest: bool | NDArray[np.bool_], no_tare: str = ""
    ) -> None:
        """Send counts (T,) of one reading; `no_tare` says why such a reading is no zero, '' if it is one."""
        self.sequence += 1
        self.monitor.observe(counts, at_rest)
        self._collect(counts, no_tare)
        shown = np.array(self.zero.apply(counts))
        shown[self._dead] = np.nan
        message = TactileArray(sequence=self.sequence)
        message.header.stamp, message.header.frame_id = stamp, self._frame_id
        message.pads = pad_messages(self._pads, shown, TactilePad.UNIT_RAW)
        self._publisher.publish(message)
        self._node.health.tick("tactile")

    def report(self) -> dict[str, str]:
        """Lines for /diagnostics."""
        tared = "no" if self.zero.counts is None else f"yes, largest {self.zero.counts.max():.0f} counts"
        return self.monitor.report() | {"tared": tared}

    def _collect(self, counts: NDArray[np.float32], no_tare: str) -> None:
        collected = self._collected
        if collected is None or self._enough.is_set():
            return
        collected.append(counts)
        self._refusal = no_tare
        if no_tare or len(collected) >= self._node.parameters.tare_frames:
            self._enough.set()

    def _on_tare(self, _request: Tare.Request, answer: Tare.Response) -> Tare.Response:
        self._enough.clear()
        self._refusal = ""
        collected: list[NDArray[np.float32]] = []
        self._collected = collected
        timeout = self._node.parameters.tare_timeout
        try:
            if not self._enough.wait(timeout):
                wanted = self._node.parameters.tare_frames
                answer.message = f"tare: {len(collected)} of {wanted} readings came within {timeout:g} s"
            elif self._refusal:
                answer.message = f"tare: {self._refusal}"
            else:
                self.zero.take(collected)
                answer.success, answer.message = True, "every pad was tared"
        except TacrefineError as error:
            answer.message = str(error)
        finally:
            self._collected = None
        if not answer.success:
            self._node.complain(answer.message)
        return answer
