"""`tacrefine emulate` plays a device that the drivers understand."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tacrefine.cli import main
from tacrefine.drivers.inspire.modbus import ModbusRegisters
from tacrefine.drivers.paxini.device import PaxiniDevice, load_paxini
from tacrefine.drivers.paxini.gen3 import load_gen3, make_gen3
from tacrefine.drivers.robotiq.device import RobotiqDevice, load_robotiq
from tacrefine.vision.gel.files import load as load_gel


def played(*words: str) -> tuple[subprocess.Popen[str], str]:
    """The running program and the line that says which driver fits."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tacrefine", "emulate", *words], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process, process.stdout.readline()


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=30)
    assert process.stdout is not None
    process.stdout.close()
    return code


def test_an_emulated_hand_answers_where_the_program_says():
    process, line = played("inspire", "--port", "0")
    try:
        address = re.search(r"device:=(\S+)", line)[1]
        registers = ModbusRegisters(address, 1, 125, 10.0)
        registers.open()
        assert registers.read(1546, 6).tolist() == [1000] * 6
        registers.close()
    finally:
        assert end(process) == 130


def test_an_emulated_array_answers_where_the_program_says_and_leaves_nothing_behind(tmp_path: Path):
    port = tmp_path / "box"
    process, line = played("paxini", "--port", str(port))
    try:
        assert f"device:={port}" in line
        device = PaxiniDevice(load_paxini(), str(port), {1: "tip"}, 10.0)
        device.open()
        assert device.read().normal.max() > 100
        device.close()
    finally:
        assert end(process) == 130
    assert not port.is_symlink()


def test_a_port_in_use_a_file_in_the_way_and_an_unknown_fault_are_one_sentence(tmp_path, capsys):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        assert main(["emulate", "inspire", "--port", str(busy.getsockname()[1])]) == 2
    assert "--port" in capsys.readouterr().err
    file = tmp_path / "precious"
    file.write_text("data")
    assert main(["emulate", "paxini", "--port", str(file)]) == 2
    assert file.read_text() == "data"
    assert main(["emulate", "inspire", "--fault", "sneeze"]) == 2
    assert "sneeze" in capsys.readouterr().err
    assert main(["emulate", "inspire", "--angle-set", "1464,1466"]) == 2
    assert "--angle-set must be six addresses" in capsys.readouterr().err


def test_emulated_gen3_and_robotiq_sensors_answer_where_the_program_says(tmp_path: Path):
    port = tmp_path / "board"
    sensors = "Thumb-Tip:thumb_tip:PXSR-STDDP03D, Palm-1:palm:9"
    process, line = played("paxini-gen3", "--port", str(port), "--sensors", sensors)
    try:
        assert f"device:={port}" in line
        assert "gen3_pads:='Thumb-Tip:thumb_tip:PXSR-STDDP03D, Palm-1:palm:9'" in line
        board = make_gen3(load_gen3(), "hand", str(port), sensors, 10.0)
        board.open()
        assert board.read().normal.max() > 100
        board.close()
    finally:
        assert end(process) == 130
    process, line = played("robotiq", "--port", str(port))
    try:
        fingers = RobotiqDevice(load_robotiq(), str(port), ("left", "right"), 0.02, 10.0)
        fingers.open()
        assert fingers.read().counts.max() > 10000
        fingers.close()
    finally:
        assert end(process) == 130
    assert not port.is_symlink()


@pytest.mark.slow
def test_images_of_an_emulated_gel_calibrate_as_the_program_says(tmp_path: Path, capsys):
    folder = tmp_path / "gel"
    assert main(["emulate", "gel", str(folder), "--presses", "3"]) == 0
    words = capsys.readouterr().out.splitlines()[1].split()[1:]
    assert main(words) == 0
    assert load_gel(folder / "gel.npz").unexplained < 0.05
    assert main(["emulate", "gel", str(folder)]) == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("device", ["inspire", "paxini", "paxini-gen3", "robotiq"])
def test_help_says_what_is_played(device, capsys):
    assert main(["emulate", device, "--help"]) == 0
    assert "fault" in capsys.readouterr().out
