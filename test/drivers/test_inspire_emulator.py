"""The emulated Inspire hand against the maker's manual, and against a public client where that is installed."""

from __future__ import annotations

import importlib
import logging
import socket
import time

import numpy as np
import pytest
import yaml
from pymodbus.client import ModbusTcpClient

from hands import make_hand
from tacrefine.config import resolve
from tacrefine.drivers.emulation.inspire import HOLD, InspireEmulator
from tacrefine.drivers.inspire.description import InspireHandMap, load_inspire
from tacrefine.drivers.inspire.device import InspireDevice
from tacrefine.drivers.inspire.modbus import ModbusRegisters
from tacrefine.drivers.inspire.motion import HandMotion
from tacrefine.errors import ConfigError

PUBLIC_ANGLE_SET = (1464, 1466, 1468, 1470, 1472, 1486)  # as plusml-rh56dftp 0.1.7 has them


@pytest.fixture
def emulator():
    with InspireEmulator() as running:
        yield running


@pytest.fixture
def client(emulator):
    made = ModbusTcpClient("127.0.0.1", port=emulator.port, timeout=5.0)
    assert made.connect()
    yield made
    made.close()


def angles_after_moving(client, wanted) -> list[int]:
    """ANGLE_ACT once it is as wanted, or after far longer than any motion takes."""
    deadline = time.monotonic() + 30.0
    while (angles := client.read_holding_registers(1546, count=6).registers) != wanted:
        if time.monotonic() > deadline:
            break
    return angles


@pytest.mark.parametrize("drive", range(6))
def test_one_angle_written_alone_moves_that_drive_and_no_other(client, drive):
    client.write_register(1486 + 2 * drive, 400)
    wanted = [1000] * 6
    wanted[drive] = 400
    assert angles_after_moving(client, wanted) == wanted


def test_minus_one_and_angles_out_of_range_move_nothing(client):
    client.write_registers(1486, [500, 500, 0xFFFF, 0, 1001, 500])
    assert angles_after_moving(client, [500, 500, 1000, 0, 1000, 500]) == [500, 500, 1000, 0, 1000, 500]


def test_a_position_of_a_drive_is_an_angle_too(client):
    client.write_register(1474, 2000)
    client.write_register(1478, 500)
    assert angles_after_moving(client, [0, 1000, 750, 1000, 1000, 1000])[:3] == [0, 1000, 750]
    found = client.read_holding_registers(1534, count=3).registers
    assert found == pytest.approx([2000, 0, 500], abs=1)  # the angle is rounded, so it arrives first


def test_identity_currents_and_temperatures_are_those_of_a_hand(client, emulator):
    assert client.read_holding_registers(1000, count=1).registers == [1]
    emulator.blocked_at[3] = 600
    client.write_register(1492, 0)
    angles_after_moving(client, [1000, 1000, 1000, 600, 1000, 1000])
    currents = client.read_holding_registers(1594, count=6).registers
    assert currents[3] > currents[0] > 0
    temperatures = [client.read_holding_registers(1618 + m, count=1).registers[0] & 0xFF for m in range(6)]
    assert all(20 < celsius < 60 for celsius in temperatures)
    assert client.read_holding_registers(1582, count=6).registers[3] == 1000
    status = [client.read_holding_registers(1612 + m, count=1).registers[0] & 0xFF for m in range(6)]
    assert status == [2, 2, 2, 3, 2, 2]


def test_clear_error_takes_its_own_byte_and_leaves_a_drive_that_is_too_hot(client, emulator):
    emulator.fail([1, 4, 0, 2, 8, 16], [6, 5, 2, 7, 7, 7])
    codes = [client.read_holding_registers(1606 + m, count=1).registers[0] & 0xFF for m in range(6)]
    assert codes == [1, 4, 0, 2, 8, 16]
    client.write_register(1004, 1)
    assert emulator.memory[1005] == 0, "1005 is SAVE"
    codes = [client.read_holding_registers(1606 + m, count=1).registers[0] & 0xFF for m in range(6)]
    assert codes == [0, 0, 0, 2, 0, 0]


def test_a_byte_written_alone_leaves_its_neighbour(client, emulator):
    client.write_register(1700, 10)
    assert list(emulator.memory[1700:1704]) == [10, 168, 11, 210]


# ---- where ANGLE_SET lies is data
def written_map(tmp_path, **registers) -> str:
    content = yaml.safe_load(resolve("drivers", "inspire_rh56dftp").read_text())
    content["registers"] |= registers
    path = tmp_path / "map.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_addresses_of_angle_set_come_from_the_register_map(tmp_path):
    hand = InspireHandMap(
        load_inspire(written_map(tmp_path, angle_set=list(PUBLIC_ANGLE_SET))), make_hand(tmp_path)
    )
    motion = HandMotion(hand, speed=100.0)
    with InspireEmulator(angle_set=PUBLIC_ANGLE_SET) as emulator:
        device = InspireDevice(hand, ModbusRegisters(emulator.address, 1, 125, 5.0), motion, 500, 1000)
        device.open()
        motion.follow(["little_bend", "thumb_turn"], [(np.array([1.4381, 1.309]), 0.01)], time.monotonic())
        deadline = time.monotonic() + 30.0
        while device.read().angles.tolist() != [0, 1000, 1000, 1000, 1000, 0]:
            assert time.monotonic() < deadline
        assert emulator.angle_set() == [0, HOLD, HOLD, HOLD, HOLD, 0]
        assert emulator.registers(1488, 5) == [0] * 5, "nothing may be written where the map has nothing"
        device.close()


def test_a_map_with_too_few_addresses_is_refused_by_name(tmp_path):
    with pytest.raises(ConfigError, match=r"map\.yaml.*angle_set names 2 addresses"):
        load_inspire(written_map(tmp_path, angle_set=[1464, 1486]))


def test_the_order_of_bytes_in_a_register_is_data():
    registers = np.array([0x0102, 0x0304], np.int16)
    low = load_inspire()
    assert low.bytes_of(registers).tolist() == [2, 1, 4, 3]
    high = low.model_copy(update={"byte_order": "high_first"})
    assert high.bytes_of(registers).tolist() == [1, 2, 3, 4]


# ---- the public client, an independent look at both sides
@pytest.fixture
def public_client(tmp_path, monkeypatch):
    """The class of the package plusml-rh56dftp, which writes a log file into the current folder."""
    monkeypatch.chdir(tmp_path)
    handlers = list(logging.getLogger().handlers)
    try:
        module = importlib.import_module("RH56DFTP.RH56DFTP_TCP")
    except ModuleNotFoundError:
        pytest.skip("plusml-rh56dftp is not installed")
    logging.getLogger("RH56DFTP").setLevel(logging.CRITICAL)
    yield module.RH56DFTPClient
    for handler in set(logging.getLogger().handlers) - set(handlers):
        logging.getLogger().removeHandler(handler)
        handler.close()


def test_a_public_client_reads_and_moves_the_emulated_hand(public_client):
    with InspireEmulator(angle_set=PUBLIC_ANGLE_SET) as emulator:
        client = public_client("127.0.0.1", emulator.port)
        try:
            assert client.get("HAND_ID") == 1
            assert all(20 < client.get(f"TEMP({m})") < 60 for m in range(6))
            emulator.fail([0, 1, 0, 4, 0, 2], [2, 6, 2, 5, 2, 7])
            assert [client.get(f"ERROR({m})") for m in range(6)] == [0, 1, 0, 4, 0, 2]
            assert client.set("CLEAR_ERROR", 1)
            assert [client.get(f"ERROR({m})") for m in range(6)] == [0, 0, 0, 0, 0, 2]
            for drive, angle in enumerate((100, 200, 300, 400, 500, 600)):
                assert client.set(f"ANGLE_SET({drive})", angle)
            deadline = time.monotonic() + 30.0
            while np.rint(emulator.angles).tolist() != [100, 200, 300, 400, 500, 600]:
                assert client.get("CURRENT(0)") > 0
                assert time.monotonic() < deadline
            emulator.touch({"thumb_tip": np.arange(1, 10).reshape(3, 3)})
            # This client reads one register for each byte address from the first on: the taxels come first.
            assert client.get("TACTILE_THUMB_TIP_3x3")[:9] == list(range(1, 10))
        finally:
            client.close()


def test_nobody_hears_the_emulator_but_this_machine(emulator):
    with socket.socket() as other:
        other.settimeout(1.0)
        assert other.connect_ex(("127.0.0.1", emulator.port)) == 0
    assert emulator._listener.getsockname()[0] == "127.0.0.1"
