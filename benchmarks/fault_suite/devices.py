"""Faults of devices: each emulated one misbehaves in every way, and the driver must say so and recover by itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fault_suite.refusals import without_folders
from fault_suite.running import Row, wanted
from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.paxini_gen3 import Gen3HandBoard, Gen3SingleBoard
from tacrefine.drivers.emulation.robotiq import RobotiqEmulator
from tacrefine.drivers.link import Link
from tacrefine.drivers.optical.device import OpticalDevice
from tacrefine.drivers.paxini.gen3 import load_gen3, make_gen3
from tacrefine.drivers.robotiq.device import RobotiqDevice, load_robotiq
from tacrefine.errors import DeviceError

TIMEOUT_S = 0.5
"""of the devices, as their parameter `device_timeout` says it"""
MARGIN_S = 1.5
"""of the machine: a fault is reported within the timeout and this"""
RECOVERS_S = 20.0
MODULE, TAXELS = "Thumb-Tip", 51


@dataclass(frozen=True)
class Stand:
    """One emulated device: its driver's link, what it is shown, and what a reading of it says."""

    name: str
    faults: tuple[Fault, ...]
    emulate: Callable[[Path], AbstractContextManager[Any]]
    link: Callable[[Any], Link[Any]]
    touch: Callable[[Any, int], None]
    read: Callable[[Any], int]


def _without(*faults: Fault) -> tuple[Fault, ...]:
    return tuple(fault for fault in Fault if fault not in (Fault.NONE, Fault.DROP, *faults))


def _linked(device: Any) -> Link[Any]:
    return Link(device, first_wait=0.01, longest_wait=0.05)


def _press(value: int) -> np.ndarray:
    return np.tile([value // 2, -value // 2, value], (TAXELS, 1))


def _stands() -> Iterator[Stand]:
    yield Stand(
        "PaXini GEN3, hand board",
        _without(),
        lambda at: Gen3HandBoard(at / "ttyUSB0", {MODULE: TAXELS}, late_s=2.0 * TIMEOUT_S),
        lambda b: _linked(make_gen3(load_gen3(), "hand", str(b.port), f"{MODULE}:tip:{TAXELS}", TIMEOUT_S)),
        lambda board, value: board.touch(MODULE, _press(value)),
        lambda reading: round(float(reading.normal[0])),
    )
    yield Stand(
        "PaXini GEN3, single board",
        _without(),
        lambda at: Gen3SingleBoard(at / "ttyUSB1", TAXELS, late_s=2.0 * TIMEOUT_S),
        lambda b: _linked(make_gen3(load_gen3(), "single", str(b.port), f"1:tip:{TAXELS}", TIMEOUT_S)),
        lambda board, value: board.touch("1", _press(value)),
        lambda reading: round(float(reading.normal[0])),
    )
    yield Stand(
        "Robotiq TSF-85",
        _without(Fault.CHECKSUM),  # its frames have none
        lambda at: RobotiqEmulator(at / "ttyACM0", late_s=2.0 * TIMEOUT_S),
        lambda e: _linked(
            RobotiqDevice(load_robotiq(), str(e.port), ("left_tip", "right_tip"), 0.01, TIMEOUT_S)
        ),
        lambda emulator, value: emulator.touch(0, np.full((7, 4), value)),
        lambda reading: int(reading.counts[0]),
    )


def devices() -> Iterator[Row]:
    """Each fault of each device, and its cable pulled."""
    for stand in _stands():
        for fault in stand.faults:
            if wanted(f"{stand.name}: {fault}", "reading"):
                yield _case(stand, f"{stand.name}: {fault}", lambda e, f=fault: setattr(e, "fault", f))
        if wanted(f"{stand.name}: unplugged", "reading"):
            yield _case(stand, f"{stand.name}: unplugged", lambda e: e.unplug())
    yield from _cameras()


def _case(stand: Stand, name: str, spoil: Callable[[Any], None]) -> Row:
    with tempfile.TemporaryDirectory(prefix="tacrefine-faults-") as folder, stand.emulate(Path(folder)) as e:
        link = stand.link(e)
        stand.touch(e, 40)
        _until(link, lambda reading: stand.read(reading) == 40)
        spoil(e)
        began = time.monotonic()
        message = _fault_of(link, began)
        seconds = time.monotonic() - began
        e.fault = Fault.NONE
        if name.endswith("unplugged"):
            e.plug()
        stand.touch(e, 90)
        fresh = _until(link, lambda reading: True)
        lost = fresh is None or stand.read(fresh) not in (40, 90)
        lost = lost or _until(link, lambda reading: stand.read(reading) == 90) is None
        link.close()
    return _row("drivers", name, stand.name, message, seconds, not lost, TIMEOUT_S + MARGIN_S)


def _fault_of(link: Link[Any], began: float) -> str:
    """The sentence of the driver, empty where none came."""
    while time.monotonic() - began < RECOVERS_S:
        try:
            link.step()
        except DeviceError as error:
            return str(error)
    return ""


def _until(link: Link[Any], right: Callable[[Any], bool]) -> Any:
    """The first reading that is right, None where none came."""
    deadline = time.monotonic() + RECOVERS_S
    while time.monotonic() < deadline:
        try:
            reading = link.step()
        except DeviceError:
            time.sleep(link.wait())
            continue
        if reading is not None and right(reading):
            return reading
        time.sleep(link.wait())
    return None


class _Camera:
    """Gives images until it is spoilt."""

    def __init__(self, spoilt: list[str]) -> None:
        self._spoilt = spoilt

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.005)
        if "silent" in self._spoilt:
            return False, None
        if "empty images" in self._spoilt:
            return True, np.zeros((0, 0, 3), np.uint8)
        return True, np.full((4, 6, 3), 90, np.uint8)

    def release(self) -> None:
        """Nothing to let go of."""


def _cameras() -> Iterator[Row]:
    for way in ("silent", "empty images", "gone"):
        name = f"optical fingertip: {way}"
        if not wanted(name, "reading"):
            continue
        spoilt: list[str] = []

        def opened(spoilt: list[str] = spoilt) -> _Camera:
            if "gone" in spoilt:
                raise DeviceError("camera: no such camera")
            return _Camera(spoilt)

        link = _linked(OpticalDevice("camera", opened, TIMEOUT_S))
        _until(link, lambda reading: True)
        spoilt.append(way)
        if way == "gone":
            spoilt.append("silent")
        began = time.monotonic()
        message = _fault_of(link, began)
        seconds = time.monotonic() - began
        spoilt.clear()
        found = _until(link, lambda reading: int(reading.image.max()) == 90)
        yield _row("drivers", name, "camera", message, seconds, found is not None, TIMEOUT_S + MARGIN_S)


def _row(family: str, fault: str, where: str, said: str, seconds: float, works: bool, allowed: float) -> Row:
    """A case without a goal: what was said, how soon, and whether all works again."""
    return Row(
        family, fault, where, "reading", "reported" if said else "not reported", None, "nothing published",
        seconds, seconds, 0.0, works, bool(said) and seconds <= allowed,
        without_folders(said),
    )  # fmt: skip
