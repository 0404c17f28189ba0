"""PaXini GEN3 boards over a pseudo-terminal: our driver and the public SDK, each against the emulators."""

from __future__ import annotations

import contextlib
import termios
import time

import numpy as np
import pytest

from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.paxini_gen3 import MODULES, Gen3HandBoard, Gen3SingleBoard
from tacrefine.drivers.link import Link
from tacrefine.drivers.paxini.gen3 import gen3_pads, load_gen3, make_gen3
from tacrefine.errors import ConfigError, DeviceError

sdk = pytest.importorskip("paxini_sdk")

PATIENT, HASTY = 5.0, 0.4
COUNTS = {"Thumb-Tip": 51, "Index-Tip": 135, "Index-Proximal": 239, "Palm-1": 9}
MIXED = (
    "Palm-1:palm:PXSR-STDMC03A, Thumb-Tip:thumb_tip:PXSR-STDDP03D, Index-Tip:index_tip:PX6AX-GEN3-DP-L3530-Omega, "
    "Index-Proximal:index_pad:239"
)
SINGLE = "1:tip:PXSR-STDDP03D"
FAULTS = [fault for fault in Fault if fault not in (Fault.NONE, Fault.DROP)]


@pytest.fixture
def hand(tmp_path):
    with Gen3HandBoard(tmp_path / "ttyUSB0", COUNTS, late_s=2.0 * HASTY) as board:
        yield board


@pytest.fixture
def single(tmp_path):
    with Gen3SingleBoard(tmp_path / "ttyUSB0", 51, late_s=2.0 * HASTY) as board:
        yield board


def device_on(board, kind, pads, timeout=PATIENT):
    return make_gen3(load_gen3(), kind, str(board.port), pads, timeout)


def random_sensor(seed, count) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack(
        [rng.integers(-128, 128, count), rng.integers(-128, 128, count), rng.integers(0, 256, count)], 1
    )


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
    """Whole frames may still be on their way when a fault begins."""
    for _ in range(100):
        link.step()


def as_read(reading) -> np.ndarray:
    return np.column_stack([reading.shear, reading.normal]).astype(int)


def test_mixed_models_of_9_to_239_taxels_arrive_with_three_components_in_their_place(hand):
    sensors = {name: random_sensor(number, count) for number, (name, count) in enumerate(COUNTS.items())}
    for name, values in sensors.items():
        hand.touch(name, values)
    device = device_on(hand, "hand", MIXED)
    device.open()
    reading = device.read()
    assert [(pad.name, pad.rows, pad.cols, pad.components) for pad in device.layout] == [
        ("thumb_tip", 51, 1, 3),
        ("index_pad", 239, 1, 3),
        ("index_tip", 135, 1, 3),
        ("palm", 9, 1, 3),
    ]
    order = ("Thumb-Tip", "Index-Proximal", "Index-Tip", "Palm-1")
    assert np.array_equal(as_read(reading), np.concatenate([sensors[name] for name in order]))
    assert hand.speed() == termios.B921600
    device.close()


def test_some_sensors_of_a_board_may_be_left_out_and_resultant_forces_are_passed_over(hand):
    values = random_sensor(3, 135)
    hand.touch("Index-Tip", values)
    device = device_on(hand, "hand", "Index-Tip:tip:135")
    device.open()
    assert np.array_equal(as_read(device.read()), values)
    hand.data_type = 2
    device.open()
    assert np.array_equal(as_read(device.read()), values)
    hand.data_type = 1
    device.open()
    assert hand.data_type == 3, "distributed forces are switched on"
    assert np.array_equal(as_read(device.read()), values)
    device.close()


def test_a_frame_s_head_inside_the_data_is_passed_over(hand):
    values = np.zeros((135, 3), int)
    values[::2] = (0xAA - 256, 0x56, 0xAA)
    values[1::2] = (0x56, 0xAA - 256, 0x56)
    hand.touch("Index-Tip", values)
    link = Link(device_on(hand, "hand", "Index-Tip:tip:135"))
    for _ in range(5):
        assert np.array_equal(as_read(link.step()), values)
    assert (link.connects, link.failures) == (1, 0)
    link.close()


def test_a_whole_frame_is_found_behind_the_end_of_another_that_has_a_head_in_its_data(hand):
    values = np.zeros((135, 3), int)
    values[::2] = (0xAA - 256, 0x56, 0xAA)
    hand.touch("Index-Tip", values)
    device = device_on(hand, "hand", "Index-Tip:tip:135")
    device.open()
    frame = hand.frame(Fault.NONE)
    assert device._newest(frame[400:] + frame) == (frame, b"")
    assert device._newest(frame[400:] + frame[:-1])[0] == b""
    device.close()


def test_a_single_sensor_is_asked_and_its_status_of_reads_does_not_matter(single):
    values = random_sensor(1, 51)
    single.touch("1", values)
    device = device_on(single, "single", SINGLE)
    device.open()
    before = time.monotonic()
    reading = device.read()
    assert reading.time >= before
    assert np.array_equal(as_read(reading), values)
    device.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_after_any_fault_of_a_pushing_board_the_link_recovers_and_shows_only_what_is_new(fault, hand):
    link = Link(device_on(hand, "hand", "Thumb-Tip:tip:51", HASTY), first_wait=0.01, longest_wait=0.02)
    hand.touch("Thumb-Tip", random_sensor(1, 51))
    reading_of(link)
    hand.fault = fault
    with pytest.raises(DeviceError, match="ttyUSB0"):
        step_often(link)
    assert not link.connected
    fresh = random_sensor(2, 51)
    hand.fault = Fault.NONE
    hand.touch("Thumb-Tip", fresh)
    assert np.array_equal(as_read(reading_of(link)), fresh)
    link.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_after_any_fault_of_a_single_converter_the_link_recovers_and_shows_only_what_is_new(fault, single):
    link = Link(device_on(single, "single", SINGLE, HASTY), first_wait=0.01, longest_wait=0.02)
    single.touch("1", random_sensor(1, 51))
    reading_of(link)
    single.fault = fault
    with pytest.raises(DeviceError, match="ttyUSB0"):
        link.step()
    fresh = random_sensor(2, 51)
    single.fault = Fault.NONE
    single.touch("1", fresh)
    assert np.array_equal(as_read(reading_of(link)), fresh)
    link.close()


def test_an_unplugged_board_is_found_again_under_its_name(hand):
    link = Link(device_on(hand, "hand", "Thumb-Tip:tip:51", HASTY), first_wait=0.01, longest_wait=0.02)
    reading_of(link)
    hand.unplug()
    with pytest.raises(DeviceError, match="ttyUSB0"):
        step_often(link)
    hand.touch("Thumb-Tip", random_sensor(5, 51))
    hand.plug()
    assert np.array_equal(as_read(reading_of(link)), random_sensor(5, 51))
    link.close()


@pytest.mark.parametrize(
    ("pads", "sentence"),
    [
        ("Ring-Tip:tip:51", r"module Ring-Tip reports nothing; the board has Thumb-Tip, Index-Proximal"),
        ("Thumb-Tip:tip:PXSR-STDDP03G", r"module Thumb-Tip has 51 taxels, model PXSR-STDDP03G .* has 52"),
    ],
)
def test_a_board_with_other_sensors_than_the_parameter_says_is_refused(hand, pads, sentence):
    with pytest.raises(DeviceError, match=sentence):
        device_on(hand, "hand", pads).open()


@pytest.mark.parametrize(
    ("board", "text", "word"),
    [
        ("hand", "thumb_tip", "module:pad:model"),
        ("hand", "Nose:tip:51", "Thumb-Proximal, "),
        ("hand", "Thumb-Tip:tip:S1813", "PXSR-STDDP03D"),
        ("hand", "Thumb-Tip:tip:51, Thumb-Tip:other:51", "second time"),
        ("single", "Thumb-Tip:tip:51", "module is 1"),
        ("single", "1:tip:0", "unknown model"),
    ],
)
def test_pads_that_make_no_sense_are_refused_with_what_is_allowed(board, text, word):
    with pytest.raises(ConfigError, match=word):
        gen3_pads(text, board)


# ---- the public SDK, an independent look at both sides
def test_the_public_sdk_reads_the_emulated_hand_board(hand):
    values = random_sensor(4, 51)
    hand.touch("Thumb-Tip", values)
    with sdk.HighSpeedHandBoard(str(hand.port)) as board:
        assert board.read_version() == "GEN3-EMULATED"
        assert [MODULES[m] for m in board.read_active_modules()] == list(hand.sensors)
        assert board.read_distribution_point_count(MODULES.index("Index-Proximal")) == 239
        frames = list(board.stream_auto_push(max_frames=3))
        assert len(frames) == 3
        forces = frames[-1].distributed_forces
        assert np.array_equal(np.array(forces["Thumb-Tip"]), values)
        assert len(forces["Index-Proximal"]) == 239
        assert frames[-1].resultant_forces["Thumb-Tip"][2] == min(255, values[:, 2].sum())
        board.calibrate()
    assert not hand.pushing
    assert hand.readings("Thumb-Tip").max() == 0


def test_the_public_sdk_reads_the_emulated_single_converter(single):
    values = random_sensor(4, 51)
    single.touch("1", values)
    with sdk.SingleSensorBoard(str(single.port), sensor="PXSR-STDDP03D") as board:
        points = [point.as_tuple() for point in board.read_distributed_force()]
        assert np.array_equal(np.array(points), values)
        assert board.read_resultant_force()[2] == min(255, values[:, 2].sum())
        board.calibrate()
        assert max(point.fz for point in board.read_distributed_force()) == 0
