"""The Inspire hand over real TCP against its emulator: registers, motion, and everything that can go wrong."""

from __future__ import annotations

import contextlib
import socket
import time

import numpy as np
import pytest

from hands import make_hand
from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.inspire import InspireEmulator
from tacrefine.drivers.inspire.description import HOLD, InspireHandMap, load_inspire
from tacrefine.drivers.inspire.device import InspireDevice
from tacrefine.drivers.inspire.modbus import ModbusRegisters, host_and_port
from tacrefine.drivers.inspire.motion import HandMotion
from tacrefine.drivers.link import Link
from tacrefine.drivers.taxels import slices_of
from tacrefine.errors import ConfigError, DeviceError, TouchError
from tacrefine.hands import load_hand

PATIENT, HASTY = 5.0, 0.4  # s: for right answers on a busy machine, and for answers that never come


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    return InspireHandMap(load_inspire(), make_hand(tmp_path_factory.mktemp("hand")))


@pytest.fixture
def emulator():
    with InspireEmulator(late_s=2.0 * HASTY) as running:
        yield running


@pytest.fixture
def registers(emulator):
    client = ModbusRegisters(emulator.address, 1, 125, PATIENT)
    client.open()
    yield client
    client.close()


@pytest.fixture
def motion(hand):
    return HandMotion(hand, speed=100.0)


@pytest.fixture
def device(hand, emulator, motion):
    client = ModbusRegisters(emulator.address, 1, 125, PATIENT)
    made = InspireDevice(hand, client, motion, force_limit=321, speed=777)
    yield made
    made.close()


@pytest.fixture
def hasty(hand, emulator, motion):
    client = ModbusRegisters(emulator.address, 1, 125, HASTY)
    link = Link(InspireDevice(hand, client, motion, 321, 777), first_wait=0.01, longest_wait=0.02)
    yield link
    link.close()


def reading_of(link):
    """The next reading, however often a busy machine makes the device look late."""
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        with contextlib.suppress(DeviceError):
            reading = link.step()
            if reading is not None:
                return reading
        time.sleep(link.wait())
    raise AssertionError("no reading for 30 s")


def numbered(emulator, offset=0) -> dict[str, np.ndarray]:
    """Every taxel another count."""
    grids, start = {}, 1 + offset
    for name, (_, rows, cols) in emulator.pads.items():
        grids[name] = np.arange(start, start + rows * cols).reshape(rows, cols)
        start += rows * cols
    return grids


def pads_of(hand, reading) -> dict[str, np.ndarray]:
    parts = zip(hand.layout, slices_of(hand.layout), strict=True)
    return {pad.name: reading.counts[part].reshape(pad.rows, pad.cols) for pad, part in parts}


def test_the_register_map_is_the_published_one():
    starts = {block.name: block.address for block in load_inspire().pads}
    for finger, tip in {"little": 3000, "ring": 3370, "middle": 3740, "index": 4110, "thumb": 4480}.items():
        assert starts[f"{finger}_tip"] == tip
        assert starts[f"{finger}_fingertip"] == tip + 18
    assert [starts[f"{f}_pad"] for f in ("little", "ring", "middle", "index", "thumb")] == [
        3210,
        3580,
        3950,
        4320,
        4708,
    ]
    assert (starts["thumb_middle"], starts["palm"]) == (4690, 4900)
    assert len(starts) == 17


def test_every_taxel_arrives_in_its_place(hand, emulator, device):
    grids = numbered(emulator)
    emulator.touch(grids)
    device.open()
    pads = pads_of(hand, device.read())
    assert set(pads) == set(grids)
    for name, grid in grids.items():
        assert np.array_equal(pads[name], grid), name


def test_the_palm_comes_column_by_column_from_its_last_row(hand, emulator, device):
    emulator.set_registers(4900, [7, 6, 5])
    device.open()
    palm = pads_of(hand, device.read())["palm"]
    assert (palm[7, 0], palm[6, 0], palm[5, 0]) == (7, 6, 5)
    assert palm.sum() == 18


def test_a_block_larger_than_one_read_advances_by_two_addresses_a_register(emulator, registers):
    values = list(range(-100, 200))
    emulator.set_registers(3000, values)
    assert registers.read(3000, 300).tolist() == values
    assert emulator.questions == 3


def test_counts_above_the_range_say_that_the_byte_order_is_wrong(emulator, device):
    emulator.touch({"ring_tip": np.array([[0, 0, 0], [0, 0x0100, 0], [0, 0, 0x7B01]])})
    device.open()
    with pytest.raises(DeviceError, match=r"'ring_tip' reads 31489.*byte order"):
        device.read()
    emulator.touch({"ring_tip": np.full((3, 3), -256)})
    with pytest.raises(DeviceError, match="byte order"):
        device.read()


def test_angles_become_radians_of_the_hand_with_its_couplings(hand, emulator, device):
    emulator.stand_at(np.array([1000, 500, 0, 1000, 1000, 500]))
    device.open()
    reading = device.read()
    joints = dict(zip(hand.hand.joint_names, hand.joint_positions(reading.angles), strict=True))
    assert joints["little_bend"] == 0.0
    assert joints["ring_bend"] == pytest.approx(1.4381 / 2)
    assert joints["ring_end"] == pytest.approx(1.5 * 1.4381 / 2 + 0.1)
    assert joints["middle_bend"] == pytest.approx(1.4381)
    assert joints["thumb_turn"] == pytest.approx(1.309 / 2)


def test_safe_limits_are_sent_before_anything_moves_and_again_after_a_restart(emulator, device):
    device.open()
    assert emulator.registers(1498, 6) == [321] * 6
    assert emulator.registers(1522, 6) == [777] * 6
    assert emulator.angle_set() == [HOLD] * 6, "nothing may be commanded by connecting"
    emulator.power_cycle()
    with pytest.raises(DeviceError):
        device.read()
    device.open()
    assert emulator.registers(1498, 6) == [321] * 6
    assert emulator.registers(1522, 6) == [777] * 6


def test_errors_and_status_of_each_drive_are_read_and_errors_cleared(emulator, device):
    emulator.fail([0, 0, 1, 0, 0, 6], [2, 2, 6, 1, 0, 7])
    device.open()
    reading = device.read()
    assert reading.errors.tolist() == [0, 0, 1, 0, 0, 6]
    assert reading.status.tolist() == [2, 2, 6, 1, 0, 7]
    assert load_inspire().errors_of(6) == "too hot and over-current"
    sent = device.clear_errors()
    assert device.read().errors.tolist() == [0, 0, 0, 0, 0, 2], "too hot goes when the drive has cooled down"
    assert sent.is_set()


def test_an_order_to_a_hand_that_went_away_does_not_reach_it_later(emulator, device):
    device.open()
    device.calibrate_force()
    device.close()
    device.open()
    device.read()
    assert emulator.registers(1009, 1) == [0]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in (Fault.NONE, Fault.CHECKSUM)])
def test_after_any_fault_the_link_recovers_and_shows_only_what_is_new(fault, hand, emulator, hasty):
    emulator.touch(numbered(emulator))
    reading_of(hasty)
    emulator.fault = fault
    with pytest.raises(DeviceError, match=r"127\.0\.0\.1"):
        hasty.step()
    assert not hasty.connected
    fresh = numbered(emulator, offset=100)
    emulator.fault = Fault.NONE
    emulator.touch(fresh)
    before = time.monotonic()
    reading = reading_of(hasty)
    assert reading.time >= before
    assert np.array_equal(pads_of(hand, reading)["palm"], fresh["palm"])
    assert np.array_equal(pads_of(hand, reading)["little_tip"], fresh["little_tip"])


def test_an_unplugged_hand_is_missed_and_found_again(emulator, device):
    link = Link(device, first_wait=0.01, longest_wait=0.02)
    reading_of(link)
    emulator.stop()
    for _ in range(3):
        with pytest.raises(DeviceError):
            link.step()
        time.sleep(link.wait())
    emulator.start()
    reading_of(link)
    assert link.connects == 2


def test_a_trajectory_is_led_to_its_end_and_other_drives_are_told_to_hold(hand, emulator, device, motion):
    device.open()
    motion.follow(["index_bend"], [(np.array([1.0]), 0.05)], time.monotonic())
    deadline = time.monotonic() + 30.0
    wanted = round(1000 * (1 - 1.0 / 1.4381))
    while emulator.angle_set()[3] != wanted and time.monotonic() < deadline:
        device.read()
    assert emulator.angle_set() == [HOLD, HOLD, HOLD, wanted, HOLD, HOLD]
    while device.read().angles[3] != wanted and time.monotonic() < deadline:
        pass
    assert device.read().angles.tolist() == [1000, 1000, 1000, wanted, 1000, 1000]


def test_set_points_never_run_ahead_of_the_speed_limit(hand):
    slow = HandMotion(hand, speed=0.5)
    slow.start_from(np.full(6, 1000, np.int16), now=0.0)
    slow.follow(["ring_bend"], [(np.array([1.0]), 0.1)], now=0.0)
    raw = slow.set_points(0.2)
    assert raw is not None
    assert raw[1] == round(1000 * (1 - 0.5 * 0.2 / 1.4381))


def test_a_connection_lost_on_the_way_ends_the_motion_for_good(emulator, device, motion):
    device.open()
    motion.follow(["index_bend"], [(np.array([1.4]), 60.0)], time.monotonic())
    device.close()
    emulator.set_registers(1486, [HOLD] * 6)
    device.open()
    for _ in range(3):
        device.read()
    assert emulator.angle_set() == [HOLD] * 6
    device.close()
    with pytest.raises(TouchError, match="not connected"):
        motion.follow(["index_bend"], [(np.array([1.0]), 1.0)], time.monotonic())


@pytest.mark.parametrize(
    ("names", "points", "word"),
    [
        (["elbow"], [([1.0], 1.0)], "elbow"),
        (["index_end"], [([1.0], 1.0)], "index_end"),
        (["ring_bend"], [([1.6], 1.0)], "ring_bend"),
        (["ring_bend"], [([-0.2], 1.0)], "ring_bend"),
        (["ring_bend"], [([0.5], 1.0), ([0.6], 1.0)], "time_from_start"),
    ],
)
def test_a_trajectory_that_makes_no_sense_moves_nothing(hand, motion, names, points, word):
    motion.start_from(np.full(6, 1000, np.int16), now=0.0)
    with pytest.raises(TouchError, match=word):
        motion.follow(names, [(np.array(positions), seconds) for positions, seconds in points], now=0.0)
    assert motion.set_points(10.0) is None


def test_the_shipped_hand_fits_the_register_map_and_its_open_posture_counts_as_open():
    shipped = InspireHandMap(load_inspire(), load_hand("inspire_rh56dftp"))
    wanted = dict(zip(shipped.hand.actuated_joints, shipped.hand.open_positions, strict=True))
    raw = shipped.raw(np.array([wanted[name] for name in shipped.joints])).astype(float)
    assert shipped.is_open(raw)
    assert not shipped.is_open(np.where(np.arange(6) == 3, raw - 250, raw))
    positions = dict(zip(shipped.hand.joint_names, shipped.joint_positions(raw), strict=True))
    limits = dict(zip(shipped.hand.joint_names, shipped.hand.joint_limits, strict=True))
    assert all(limits[name][0] - 1e-3 <= q <= limits[name][1] + 1e-3 for name, q in positions.items())


def test_a_hand_whose_pads_or_drives_do_not_fit_is_refused():
    with pytest.raises(ConfigError, match=r"five_finger.*thumb_tip"):
        InspireHandMap(load_inspire(), load_hand("five_finger"))


@pytest.mark.parametrize("address", ["192.168.11.210", "host:", ":6000", "host:70000", "host:port"])
def test_an_address_without_host_and_port_is_refused(address):
    with pytest.raises(ConfigError, match="host:port"):
        host_and_port(address)


def test_nobody_listening_is_one_sentence():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(DeviceError, match=f"{address}: no connection"):
            ModbusRegisters(address, 1, 125, PATIENT).open()


def test_the_played_touch_grows_as_the_hand_closes():
    with InspireEmulator(plays_touch=True) as emulator:
        registers = ModbusRegisters(emulator.address, 1, 125, PATIENT)
        registers.open()
        assert registers.read(4128, 96).max() == 0
        emulator.stand_at(np.zeros(6))
        assert registers.read(4128, 96).max() > 1000
        registers.close()
