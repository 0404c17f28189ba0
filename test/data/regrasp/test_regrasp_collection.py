"""Collection: what a trial leaves behind, and that neither kill nor split changes a byte."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tacrefine.cli import main
from tacrefine.data.regrasp.collection import CollectionSettings, collect
from tacrefine.data.regrasp.dataset import REGRASP, RELEASED, STAY, ExampleSet
from tacrefine.errors import DataError
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.vision.contact_patch import feels

OBJECTS = load_regrasp_objects("easy")[3:6]


def settings(**changes: object) -> CollectionSettings:
    return CollectionSettings(
        **{"objects": OBJECTS, "trials": 6, "trials_per_shard": 2, "seed": 5, **changes}
    )


def silent(done: int, total: int) -> None:
    """No bar."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("collected")
    collect(settings(), made, silent, 1)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_trial_gives_three_examples_that_share_its_outcome(folder: Path) -> None:
    found = ExampleSet.load(folder)
    examples = found.examples
    assert found.objects == tuple(item.name for item in OBJECTS)
    assert len(examples) == 18
    assert sorted(examples.object.tolist()) == sorted([0, 1, 2] * 6)
    for trial in range(6):
        mine = examples.trial == trial
        assert sorted(examples.kind[mine].tolist()) == [REGRASP, STAY, RELEASED]
        assert len(set(examples.success[mine].tolist())) == 1


def test_the_augmentations_are_those_of_the_paper(folder: Path) -> None:
    examples = ExampleSet.load(folder).examples
    for trial in range(6):
        out_of_grasp, stay, released = (
            examples[int(np.flatnonzero((examples.trial == trial) & (examples.kind == kind))[0])]
            for kind in (REGRASP, STAY, RELEASED)
        )
        assert stay.action[:4] == (0.0, 0.0, 0.0, 0.0)
        assert stay.action.force == pytest.approx(out_of_grasp.action.force)
        assert stay.state.force == pytest.approx(out_of_grasp.action.force)
        assert released.action == out_of_grasp.action
        assert released.state.force == 0.0
        assert released.state.pose == pytest.approx(out_of_grasp.state.pose, abs=0.03)
        rest = out_of_grasp.state.tactile_rest
        assert np.array_equal(rest, stay.state.tactile_rest)


def test_a_held_object_was_felt_before_the_lift(folder: Path) -> None:
    examples = ExampleSet.load(folder).examples
    held = [example for example in examples if example.success]
    assert held
    for example, kind in zip(examples, examples.kind, strict=True):
        if example.success and kind == STAY:
            assert all(map(feels, example.state.tactile, example.state.tactile_rest))


@pytest.mark.processes
def test_a_killed_collection_goes_on_to_the_same_bytes_in_other_processes(
    folder: Path, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    script = (
        "from test_regrasp_collection import *\n"
        "if __name__ == '__main__':\n"
        f"    collect(settings(), Path({str(killed)!r}), silent, 2)\n"
    )
    program = tmp_path / "program.py"
    program.write_text(script)
    paths = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.Popen([sys.executable, str(program)], env=environment)
    end = time.monotonic() + 120.0
    while not list(killed.glob("shard-*")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (killed / ".shard-000001.safetensors.1").write_bytes(b"half")
    while True:  # workers end with their parent: until then one of them may still write
        try:
            collect(settings(), killed, silent, 1)
            break
        except DataError:
            assert time.monotonic() < end
            time.sleep(0.1)
    assert contents(killed) == contents(folder)


def test_a_dataset_is_never_chosen_by_another_policy_than_its_settings_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'regrasp_wsg50'"):
        collect(settings(policy="regrasp_wsg50"), tmp_path, silent, 1)


def test_a_damaged_shard_is_made_again(folder: Path, tmp_path: Path) -> None:
    for name, content in contents(folder).items():
        (tmp_path / name).write_bytes(content)
    path = tmp_path / "shard-000001.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError, match="shard-000001"):
        ExampleSet.load(tmp_path)
    collect(settings(), tmp_path, silent, 1)
    assert contents(tmp_path) == contents(folder)


def test_a_folder_of_other_settings_is_refused(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(DataError, match="other settings"):
        collect(settings(seed=6), folder, silent, 1)
    assert contents(folder) == before


def test_an_unfinished_dataset_is_read_only_on_purpose(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no shard"):
        ExampleSet.load(tmp_path, partial=True)
    (tmp_path / "shard-000000.safetensors").write_bytes((folder / "shard-000000.safetensors").read_bytes())
    with pytest.raises(DataError, match="not the index of a finished dataset"):
        ExampleSet.load(tmp_path)
    assert len(ExampleSet.load(tmp_path, partial=True).examples) == 6


def test_trials_may_adjust_before_they_touch_anything(tmp_path: Path) -> None:
    collect(settings(trials=2, touch_first=0.0), tmp_path, silent, 1)
    examples = ExampleSet.load(tmp_path).examples
    assert sorted(examples.kind.tolist()) == [STAY, STAY, RELEASED, RELEASED]
    assert (examples.force[examples.example_state[examples.kind == RELEASED]] == 0.0).all()


def test_the_command_says_what_is_wrong_in_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for given, words in (
        (["--objects", "toys"], "known: easy, hard, training"),
        (["--policy", "nobody", "--trials", "1", "--processes", "1"], "No model named 'nobody'"),
        (["--actions", str(tmp_path / "none.yaml")], "no such file"),
    ):
        assert main(["regrasp", "collect", "--out", str(tmp_path / "out"), *given]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.rstrip().splitlines()[-1].startswith("tacrefine regrasp")
