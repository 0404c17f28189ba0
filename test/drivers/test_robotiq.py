"""Robotiq TSF-85 fingertips over a pseudo-terminal: our driver and the maker's package, each against the emulator."""

from __future__ import annotations

import contextlib
import time

import numpy as np
import pytest

from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.robotiq import RobotiqEmulator
from tacrefine.drivers.link import Link
from tacrefine.drivers.robotiq.device import RobotiqDevice, finger_pads, load_robotiq
from tacrefine.errors import ConfigError, DeviceError

maker = pytest.importorskip("pyrobotiqtactile")

PATIENT, HASTY = 5.0, 0.4
BOTH = ("left_tip", "right_tip")


@pytest.fixture
def emulator(tmp_path):
    with RobotiqEmulator(tmp_path / "ttyACM0", late_s=2.0 * HASTY) as running:
        yield running


def device_on(emulator, timeout=PATIENT, pads=BOTH):
    return RobotiqDevice(load_robotiq(), str(emulator.port), pads, 0.01, timeout)


def numbered(start=0) -> np.ndarray:
    return np.arange(start, start + 28).reshape(7, 4) * 1000


def reading_of(link):
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        with contextlib.suppress(DeviceError):
            reading = link.step()
            if reading is not None:
                return reading
        time.sleep(link.wait())
    raise AssertionError("no reading for 30 s")


def step_often(link) -> None:
    for _ in range(100):
        link.step()


def test_every_taxel_of_both_fingers_arrives_in_its_place(emulator):
    emulator.touch(0, numbered())
    emulator.touch(1, numbered(30))
    emulator.vibration[:] = (-5, 7)
    device = device_on(emulator)
    device.open()
    reading = device.read()
    assert [(pad.name, pad.rows, pad.cols) for pad in device.layout] == [
        ("left_tip", 7, 4),
        ("right_tip", 7, 4),
    ]
    assert np.array_equal(reading.counts, np.concatenate([numbered().ravel(), numbered(30).ravel()]))
    assert reading.vibration.tolist() == [-5, 7]
    device.close()


def test_a_gripper_with_one_fingertip_needs_only_that(emulator):
    emulator.touch(0, numbered())
    device = device_on(emulator, pads=("tip",))
    device.open()
    assert np.array_equal(device.read().counts, numbered().ravel())
    device.close()


def test_a_start_byte_inside_the_data_does_no_harm(emulator):
    emulator.touch(0, np.full((7, 4), 0x9A9A))
    link = Link(device_on(emulator))
    for _ in range(5):
        assert set(link.step().counts[:28]) == {0x9A9A}
    assert link.failures == 0
    link.close()


FAULTS = [fault for fault in Fault if fault not in (Fault.NONE, Fault.DROP, Fault.CHECKSUM)]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_any_fault_the_link_recovers_and_shows_only_what_is_new(fault, emulator):
    link = Link(device_on(emulator, HASTY), first_wait=0.01, longest_wait=0.02)
    emulator.touch(0, numbered())
    reading_of(link)
    emulator.fault = fault
    with pytest.raises(DeviceError, match="ttyACM0"):
        step_often(link)
    assert not link.connected
    emulator.fault = Fault.NONE
    emulator.touch(0, numbered(20))
    assert np.array_equal(reading_of(link).counts[:28], numbered(20).ravel())
    link.close()


def test_unplugged_fingertips_are_found_again_under_their_name(emulator):
    link = Link(device_on(emulator, HASTY), first_wait=0.01, longest_wait=0.02)
    reading_of(link)
    emulator.unplug()
    with pytest.raises(DeviceError, match="ttyACM0"):
        step_often(link)
    emulator.touch(0, numbered(5))
    emulator.plug()
    assert np.array_equal(reading_of(link).counts[:28], numbered(5).ravel())
    link.close()


@pytest.mark.parametrize("text", ["", "a, a", "a, b, c", "left tip"])
def test_pads_that_make_no_sense_are_refused(text):
    with pytest.raises(ConfigError, match="robotiq_pads"):
        finger_pads(text)


def test_the_maker_s_package_reads_the_emulated_fingertips(emulator):
    emulator.touch(0, numbered())
    emulator.touch(1, numbered(30))
    with maker.RobotiqTactileSensor(port=str(emulator.port)) as sensor:
        sensor.configure(update_period_ms=10)
        reading = sensor.read_frame(timeout=PATIENT)
    assert np.array_equal(reading.pressure, np.stack([numbered(), numbered(30)]))
    assert reading.temperature.tolist() == [25, 25]
