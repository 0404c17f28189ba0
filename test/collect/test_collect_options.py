"""Options of `tacrefine collect` and of `bags convert` against the parameter file: typed wins, then the file."""

from __future__ import annotations

import pytest

from tacrefine.cli import main
from tacrefine.errors import DataError


class StoppedError(DataError):
    """Ends the command once it is known what it would have done."""


@pytest.fixture
def asked(monkeypatch):
    """The parameters with which a robot would have been asked for."""
    seen = {}

    def robot(namespace, sim_time, frames, parameters):
        seen.update(parameters)
        raise StoppedError("stop")

    monkeypatch.setattr("tacrefine.bringup.ros.client", lambda name: robot)
    return seen


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "robot.yaml"
    path.write_text(
        "/**:\n  ros__parameters:\n    hand: inspire_rh56dftp\n    targets_folder: /tmp/theirs\n"
        "    adapter: inspire_hand_ros2\n"
    )
    return str(path)


def test_what_is_typed_wins_then_the_file_then_defaults(tmp_path, asked, file):
    command = ["collect", "--out", str(tmp_path / "bag"), "--object", "plate_6"]
    assert main([*command, "--params-file", file]) == 2
    assert (asked["hand"], asked["targets_folder"]) == ("inspire_rh56dftp", "/tmp/theirs")
    assert (asked["adapter"], asked["objects"]) == ("inspire_hand_ros2", "fifteen")
    asked.clear()
    assert (
        main([*command, "--params-file", file, "--hand", "five_finger", "--adapter", "float32_multi_array"])
        == 2
    )
    assert (asked["hand"], asked["targets_folder"]) == ("five_finger", "/tmp/theirs")
    assert asked["adapter"] == "float32_multi_array"
    asked.clear()
    assert main(command) == 2
    assert (asked["hand"], asked["targets_folder"]) == ("five_finger", "~/.ros/tacrefine/targets")


def test_an_option_that_is_typed_with_its_default_wins_over_the_file(tmp_path, monkeypatch):
    seen = {}

    def read(paths, *_, source, **__):
        seen["source"] = source
        raise StoppedError("stop")

    monkeypatch.setattr("tacrefine.bags.dataset.read_bags", read)
    path = tmp_path / "robot.yaml"
    path.write_text("/**:\n  ros__parameters:\n    drift_limit: 0.2\n    rezero: false\n")
    command = ["bags", "convert", "bag", "--out", str(tmp_path / "data"), "--params-file", str(path)]
    path.write_text(path.read_text() + "refine_server:\n  ros__parameters:\n    settled_speed: 0.05\n")
    assert main(command) == 2
    assert (seen["source"].drift_limit, seen["source"].rezero) == (0.2, False)
    assert main([*command, "--drift-limit", "0.05", "--rezero"]) == 2
    assert (seen["source"].drift_limit, seen["source"].rezero) == (0.05, True)
