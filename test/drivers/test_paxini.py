"""PaXini arrays over a pseudo-terminal against their emulator."""

from __future__ import annotations

import contextlib
import time

import numpy as np
import pytest

from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.paxini import PaxiniEmulator
from tacrefine.drivers.link import Link
from tacrefine.drivers.paxini.device import PaxiniDevice, connectors, load_paxini
from tacrefine.drivers.paxini.protocol import HEAD, TAIL, lrc, missing, parse, request, taxels
from tacrefine.errors import ConfigError, DeviceError

PATIENT, HASTY = 5.0, 0.4
PADS = {1: "index_tip", 3: "thumb_tip"}


@pytest.fixture
def emulator(tmp_path):
    with PaxiniEmulator(tmp_path / "ttyACM0", tuple(PADS), late_s=2.0 * HASTY) as running:
        yield running


def device_on(emulator, timeout=PATIENT) -> PaxiniDevice:
    return PaxiniDevice(load_paxini(), str(emulator.port), PADS, timeout)


@pytest.fixture
def hasty(emulator):
    link = Link(device_on(emulator, HASTY), first_wait=0.01, longest_wait=0.02)
    yield link
    link.close()


def reading_of(link):
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        with contextlib.suppress(DeviceError):
            reading = link.step()
            if reading is not None:
                return reading
        time.sleep(link.wait())
    raise AssertionError("no reading for 30 s")


def random_array(seed) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack(
        [rng.integers(-128, 128, 120), rng.integers(-128, 128, 120), rng.integers(0, 256, 120)], 1
    )


def test_a_question_has_head_tail_and_a_checksum_that_sums_to_zero():
    frame = request(0x0E, bytes([0x70, 0xC0, 0x0C]), bytes([1]))
    assert frame.hex(" ") == "55 aa 7b 7b 0e 00 70 c0 0c 01 00 01 b4 55 aa 7d 7d"
    assert sum(frame[4:-4]) % 256 == 0


def test_x_and_y_are_signed_and_z_is_not():
    assert taxels(bytes([0xFF, 0x80, 0xFF, 0x7F, 1, 0])).tolist() == [[-1, -128, 255], [127, 1, 0]]


def test_a_frame_is_whole_only_with_its_last_byte():
    body = bytes([0x0E, 0, 0x70, 0xC0, 6, 0, 2, 0, 9, 9])
    frame = HEAD + body + bytes([lrc(body)]) + TAIL
    assert missing(b"", 2) > 0
    assert [missing(frame[:n], 2) > 0 for n in range(len(frame))] == [True] * len(frame)
    assert missing(frame, 2) == 0
    assert parse(frame).data == bytes([9, 9])
    with pytest.raises(DeviceError, match="claims 2 bytes"):
        missing(frame, 1)
    with pytest.raises(DeviceError, match="garbage"):
        missing(frame[1:], 2)
    with pytest.raises(DeviceError, match="checksum"):
        parse(frame[:-6] + b"\x0a" + frame[-5:])
    with pytest.raises(DeviceError, match="ends with"):
        parse(frame[:-1] + b"\x00")


def test_every_array_arrives_in_its_place(emulator):
    first, second = random_array(1), random_array(2)
    emulator.touch(1, first)
    emulator.touch(3, second)
    device = device_on(emulator)
    device.open()
    reading = device.read()
    device.close()
    assert [pad.name for pad in device.layout] == ["index_tip", "thumb_tip"]
    assert np.array_equal(reading.normal, np.concatenate([first[:, 2], second[:, 2]]))
    assert np.array_equal(reading.shear, np.concatenate([first[:, :2], second[:, :2]]))


FAULTS = [fault for fault in Fault if fault not in (Fault.NONE, Fault.DROP)]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_any_fault_the_link_recovers_and_shows_only_what_is_new(fault, emulator, hasty):
    emulator.touch(1, random_array(1))
    reading_of(hasty)
    emulator.fault = fault
    with pytest.raises(DeviceError, match="ttyACM0"):
        hasty.step()
    assert not hasty.connected
    fresh = random_array(7)
    emulator.fault = Fault.NONE
    emulator.touch(1, fresh)
    emulator.touch(3, fresh[::-1])
    before = time.monotonic()
    reading = reading_of(hasty)
    assert reading.time >= before
    # What the box had been asked before still lies in its buffers: none of it may come out as this reading.
    assert np.array_equal(reading.normal, np.concatenate([fresh[:, 2], fresh[::-1, 2]]))


def test_one_damaged_answer_is_asked_for_again_without_losing_the_connection(emulator):
    device = device_on(emulator)
    link = Link(device)
    link.step()
    emulator.faults_left = 1
    emulator.fault = Fault.CHECKSUM
    assert link.step() is not None
    assert (link.connects, link.failures) == (1, 0)
    link.close()


def test_an_unplugged_box_is_missed_and_found_again_under_its_name(emulator, hasty):
    emulator.touch(1, random_array(1))
    reading_of(hasty)
    emulator.unplug()
    for _ in range(3):
        with pytest.raises(DeviceError, match="ttyACM0"):
            hasty.step()
        time.sleep(hasty.wait())
    emulator.touch(1, random_array(2))
    emulator.plug()
    assert np.array_equal(reading_of(hasty).normal[:120], random_array(2)[:, 2])


@pytest.mark.parametrize("text", ["", "tip", "0:tip", "1:tip, 1:toe", "1:in dex", "99:tip"])
def test_pads_without_connector_are_refused(text):
    with pytest.raises(ConfigError, match="paxini_pads"):
        connectors(text)
