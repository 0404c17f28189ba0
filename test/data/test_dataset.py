"""Datasets: the same bytes however they are made, nothing lost or doubled after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from tacrefine.cli import main
from tacrefine.data.dataset import DatasetGroups
from tacrefine.data.generation import generate_dataset
from tacrefine.data.groups import GroupSettings, group_poses
from tacrefine.data.settings import DatasetSettings
from tacrefine.data.shards import SCHEMA
from tacrefine.errors import ConfigError, DataError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects

ROOT = Path(__file__).parents[2]
SMALL = DatasetSettings(samples=150, groups_per_shard=8, groups=GroupSettings(size=4, anchors=2))


def quiet(done: int, total: int) -> None:
    """No progress bar."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_processes_and_resumption_change_no_byte(tmp_path: Path) -> None:
    index = generate_dataset(SMALL, tmp_path / "one", quiet, processes=1)
    assert index["samples"] >= 150
    generate_dataset(SMALL, tmp_path / "two", quiet, processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")

    # What a kill leaves: some shards, one of them broken by the file system, no index.
    names = [shard["name"] for shard in index["shards"]]
    (tmp_path / "two" / "dataset.json").unlink()
    (tmp_path / "two" / names[1]).write_bytes(b"broken")
    (tmp_path / "two" / names[2]).unlink()
    generate_dataset(SMALL, tmp_path / "two", quiet, processes=1)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_killed_command_loses_and_doubles_nothing(tmp_path: Path) -> None:
    config = tmp_path / "data.yaml"
    config.write_text("samples: 400\ngroups_per_shard: 8\ngroups: {size: 4, anchors: 2}\n")
    command = [
        sys.executable,
        "-m",
        "tacrefine",
        "generate",
        "--config",
        str(config),
        "--processes",
        "1",
        "--out",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    folder = tmp_path / "killed"
    with subprocess.Popen([*command, str(folder)], env=environment, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(folder.glob("shard-*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert main([*command[3:], str(folder)]) == 0
    assert main([*command[3:], str(tmp_path / "whole")]) == 0
    assert contents(folder).keys() >= contents(tmp_path / "whole").keys()
    index = json.loads((folder / "dataset.json").read_text())
    assert index == json.loads((tmp_path / "whole" / "dataset.json").read_text())
    assert len({shard["sha256"] for shard in index["shards"]}) == len(index["shards"])


def test_every_shard_says_what_it_is(tmp_path: Path) -> None:
    generate_dataset(SMALL, tmp_path, quiet, processes=1)
    with safe_open(tmp_path / "shard-000000.safetensors", framework="numpy") as shard:
        assert set(shard.keys()) == set(SCHEMA)
        about = json.loads(shard.metadata()["tacrefine"])
    assert about["schema"] == SCHEMA
    assert about["settings"] == SMALL.model_dump(mode="json")
    assert about["hand_signature"] == load_hand().signature


def test_a_dataset_is_read_back_as_groups(tmp_path: Path) -> None:
    generate_dataset(SMALL, tmp_path, quiet, processes=1)
    source = DatasetGroups(tmp_path, load_hand(), list(load_objects()))
    groups = source.draw(np.random.default_rng(0), 6)
    assert groups.force.shape == (6, 4, load_hand().taxel_count)
    assert source.grasps >= 150
    assert np.isfinite(groups.force).all()


def test_a_corrupt_shard_another_hand_or_unknown_objects_are_refused(tmp_path: Path) -> None:
    generate_dataset(SMALL, tmp_path, quiet, processes=1)
    with pytest.raises(DataError, match=r"object '.*' is not among the objects"):
        DatasetGroups(tmp_path, load_hand(), ["cube"])
    path = tmp_path / "shard-000000.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"shard-000000\.safetensors: corrupt"):
        DatasetGroups(tmp_path, load_hand(), list(load_objects()))
    with pytest.raises(DataError, match=r"dataset\.json: not the index"):
        DatasetGroups(tmp_path / "nowhere", load_hand(), list(load_objects()))


def test_a_folder_of_other_settings_is_refused(tmp_path: Path) -> None:
    generate_dataset(SMALL, tmp_path, quiet, processes=1)
    with pytest.raises(DataError, match="other settings"):
        generate_dataset(SMALL.model_copy(update={"seed": 9}), tmp_path, quiet, processes=1)


def test_groups_hold_poses_of_the_whole_box_and_near_ones() -> None:
    plate = load_objects()["plate_6"]
    settings = GroupSettings(size=8, anchors=3, jitter_m=0.0, jitter_rad=0.0)
    poses = group_poses(plate, np.random.default_rng(0), 500, settings)
    assert (np.abs(poses) <= plate.half_range * settings.range_scales[0] + 1e-12).all()
    assert poses[:, :3, 2].std() > 0.5 * plate.half_range[2]
    nearest = np.abs(poses[:, 3, 2] - poses[:, 0, 2])
    assert np.median(nearest) < 0.2 * plate.half_range[2]


def test_wrong_group_settings_are_refused_by_name(tmp_path: Path) -> None:
    from tacrefine.data.settings import load_dataset_settings

    path = tmp_path / "data.yaml"
    for text, message in (
        ("groups: {size: 2, anchors: 3}", "anchors must be at most"),
        ("sampels: 3", "sampels"),
    ):
        path.write_text(text + "\n")
        with pytest.raises(ConfigError, match=message):
            load_dataset_settings(path)


def test_groups_take_their_box_from_the_list_of_ranges():
    plate = load_objects()["plate_6"]
    settings = GroupSettings(size=8, anchors=8, jitter_m=0.0, jitter_rad=0.0, range_scales=(0.5, 2.0))
    poses = group_poses(plate, np.random.default_rng(0), 400, settings)
    reach = np.nanmax(np.abs(poses) / np.where(plate.half_range, plate.half_range, np.nan), axis=(1, 2))
    assert reach.max() <= 2.0
    assert 0.4 < np.mean(reach <= 0.5) < 0.6
    assert np.mean(reach > 1.5) > 0.3
