"""kill -9 while a model is made: the one that was there stays whole, and calling again ends as if nothing had been."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tacrefine.cli import main
from tacrefine.errors import ModelError
from tacrefine.policy import load_policy
from tacrefine.policy.card import read_card
from tacrefine.policy.exporting import AGREEMENT, export_model
from tacrefine.policy.placing import exchange, replaced_at_once

pytestmark = pytest.mark.training

ROOT = Path(__file__).parents[2]
KILLER = """
import os, signal, sys
from importlib import import_module
module, name, after = sys.argv[1], sys.argv[2], int(sys.argv[3])
owner = import_module(module)
real, calls = getattr(owner, name), []
def killed(*arguments, **named):
    calls.append(1)
    if len(calls) > after:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **named)
setattr(owner, name, killed)
from tacrefine.cli import main
sys.exit(main(sys.argv[4:]))
"""
"""runs a command that kills itself where it calls a function for the n-th time"""


def killed(at: tuple[str, str, int], *words: str) -> None:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", KILLER, at[0], at[1], str(at[2]), *words]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=280)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    return tmp_path / "model"


def test_a_training_killed_over_an_old_model_keeps_it_and_goes_on_when_called_again(
    model: Path, tiny_yaml: Path, tmp_path: Path
) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(tiny_yaml.read_text() + "\ncheckpoint_seconds: 1.0e-6\nseed: 5\n")
    words = ["train", "--config", str(config), "--out", str(model)]
    before = contents(model)
    killed(("tacrefine.policy.training_loop", "save_checkpoint", 3), *words)
    assert {name: contents(model)[name] for name in before} == before
    assert (model / "checkpoint.safetensors").exists()
    load_policy(model)
    figures = tmp_path / "figures.json"
    assert main([*words, "--json", str(figures)]) == 0
    assert "training_seconds" not in json.loads(figures.read_text())["figures"]  # it began in the middle
    assert set(contents(model)) == set(before)
    assert (model / "notes.txt").read_text() == "mine"
    assert read_card(model).model_id in figures.read_text()
    assert contents(model)["weights.safetensors"] != before["weights.safetensors"]
    assert {path.name for path in tmp_path.iterdir()} == {"model", "tiny.yaml", "figures.json"}


def test_an_export_killed_half_way_leaves_the_model_as_it_was(model: Path) -> None:
    before = contents(model)
    killed(("tacrefine.policy.placing", "put_in_place", 0), "export", str(model))
    assert contents(model) == before
    load_policy(model)
    assert main(["export", str(model)]) == 0
    assert set(contents(model)) == set(before)
    assert [path.name for path in model.parent.iterdir()] == ["model"]
    load_policy(model)


def test_an_export_that_fails_leaves_the_model_as_it_was(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(model)
    monkeypatch.setattr("tacrefine.policy.exporting.disagreement", lambda *_: 10 * AGREEMENT)
    with pytest.raises(ModelError, match="differs from the weights"):
        export_model(model)
    assert contents(model) == before
    assert read_card(model).sha256


def test_two_folders_change_places_and_what_is_not_replaced_stays(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / "b").exists()
    with replaced_at_once(tmp_path / "a", ("c",)) as staging:
        (staging / "c").write_text("new")
        assert not (tmp_path / "a" / "c").exists()
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b", "c"}
    with pytest.raises(ZeroDivisionError):
        break_off(tmp_path / "a")
    assert (tmp_path / "a" / "c").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def break_off(folder: Path) -> None:
    with replaced_at_once(folder, ("c",)) as staging:
        (staging / "c").write_text("half")
        raise ZeroDivisionError
