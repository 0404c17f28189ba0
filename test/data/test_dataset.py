"""Datasets: the same bytes however they are made, nothing lost or doubled after a kill."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from living import children, is_running, wait_for
from tacrefine.cli import main
from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.data.dataset import DatasetGroups
from tacrefine.data.generation import generate_dataset
from tacrefine.data.settings import DatasetSettings
from tacrefine.data.shards import SCHEMA
from tacrefine.errors import ConfigError, DataError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.objects.pose_groups import GroupSettings, group_poses
from tacrefine.provenance import code_version

ROOT = Path(__file__).parents[2]
SMALL = DatasetSettings(samples=150, groups_per_shard=8, groups=GroupSettings(size=4, anchors=2))


def quiet(done: int, total: int) -> None:
    """No progress bar."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.processes
def test_processes_and_resumption_change_no_byte(tmp_path: Path) -> None:
    index = generate_dataset(SMALL, tmp_path / "one", quiet, processes=1)
    assert index["samples"] >= 150
    generate_dataset(SMALL, tmp_path / "two", quiet, processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert index["made"] == {"version": code_version(), "contact_model": CONTACT_MODEL}

    # What a kill leaves: some shards, one of them broken by the file system, no index.
    names = [shard["name"] for shard in index["shards"]]
    (tmp_path / "two" / "dataset.json").unlink()
    (tmp_path / "two" / names[1]).write_bytes(b"broken")
    (tmp_path / "two" / names[2]).unlink()
    generate_dataset(SMALL, tmp_path / "two", quiet, processes=1)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def command(config: Path, *more: str) -> list[str]:
    return ["generate", "--config", str(config), *more, "--out"]


@pytest.fixture
def small_yaml(tmp_path: Path) -> Path:
    path = tmp_path / "data.yaml"
    path.write_text("samples: 400\ngroups_per_shard: 8\ngroups: {size: 4, anchors: 2}\n")
    return path


@pytest.mark.processes
def test_a_killed_command_loses_and_doubles_nothing(small_yaml: Path, tmp_path: Path) -> None:
    folder, whole = tmp_path / "killed", tmp_path / "whole"
    arguments = command(small_yaml, "--processes", "2")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    called = [sys.executable, "-m", "tacrefine", *arguments, str(folder)]
    with subprocess.Popen(called, env=environment, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: bool(list(folder.glob("shard-*"))))
        workers = children(process.pid)
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, workers)))
    assert main([*command(small_yaml, "--processes", "1"), str(folder)]) == 0
    assert main([*command(small_yaml, "--processes", "1"), str(whole)]) == 0
    assert contents(folder) == contents(whole)
    index = json.loads((folder / "dataset.json").read_text())
    assert len({shard["sha256"] for shard in index["shards"]}) == len(index["shards"])


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "ray://127.0.0.1:1"])
def test_a_cluster_that_is_not_there_is_named_at_once(
    small_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert main([*command(small_yaml, "--ray", address), str(tmp_path / "data")]) == 2
    assert f"No Ray cluster at '{address}'" in capsys.readouterr().err.splitlines()[-1]


def test_without_ray_one_sentence_says_how_to_get_it(
    small_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*command(small_yaml, "--ray", "local"), str(tmp_path / "data")]) == 2
    assert "tacrefine[cluster]" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.processes
def test_two_commands_never_write_the_same_dataset(tmp_path: Path) -> None:
    generate_dataset(SMALL, tmp_path, quiet, processes=1)
    with open(tmp_path / "settings.json") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="another tacrefine generate"):
            generate_dataset(SMALL, tmp_path, quiet, processes=1)


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
    groups = source.sample(np.random.default_rng(0), 6)
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
