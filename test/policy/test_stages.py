"""A training of several stages: the weights of its stages trained one by one, resumable between and within them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tacrefine.cli import main
from tacrefine.errors import ConfigError, DataError
from tacrefine.hands import load_hand
from tacrefine.policy import load_policy
from tacrefine.policy.card import read_card
from tacrefine.policy.job import train
from tacrefine.policy.settings import load_training
from tiny import tiny_settings

pytestmark = pytest.mark.training

COMMON = tiny_settings(steps=1, validation_groups=16).model_dump(mode="json")
STAGES: list[dict[str, Any]] = [
    {"seed": 1, "steps": 5},
    {"seed": 2, "steps": 4, "class_weights": {"plate": 2.0}, "frames": [1, 4]},
    {"seed": 3, "steps": 3, "more_objects": "unseen_sizes", "learning_rate": 1e-3},
]
FILES = {"card.json", "policy.onnx", "weights.safetensors"}


def staged(path: Path, stages: list[dict[str, Any]] = STAGES) -> Path:
    path.write_text(yaml.safe_dump(COMMON | {"stages": stages}))
    return path


def weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The models that a command for each stage makes, each begun from the one before."""
    folder, models = tmp_path_factory.mktemp("one_by_one"), []
    for number, stage in enumerate(STAGES):
        path = folder / f"{number}.yaml"
        start = {"start_from": str(models[-1])} if models else {}
        path.write_text(yaml.safe_dump(COMMON | stage | start))
        models.append(folder / f"model_{number}")
        assert main(["train", "--config", str(path), "--out", str(models[-1])]) == 0
    return models


def test_stages_give_the_weights_of_their_trainings_one_by_one(
    one_by_one: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "model"
    assert main(["train", "--config", str(staged(tmp_path / "all.yaml")), "--out", str(out)]) == 0
    assert weights(out) == weights(one_by_one[-1])
    card, last = read_card(out), read_card(one_by_one[-1])
    assert card.model_id == last.model_id
    last_stage = last.figures["one_step_on_training_plants"]
    assert card.figures["one_step_on_training_plants"] == last_stage
    assert [stage["training"]["seed"] for stage in card.data["stages"]] == [1, 2, 3]
    assert card.figures["stages"][-1] == last_stage["all"]
    assert {path.name for path in out.iterdir()} == FILES
    load_policy(out, load_hand())


@pytest.mark.parametrize("stop_after", [3, 5, 6, 9, 11])
def test_a_training_that_was_stopped_in_any_stage_ends_as_if_it_had_not_been(
    one_by_one: list[Path], tmp_path: Path, stop_after: int
) -> None:
    training, out = load_training(staged(tmp_path / "all.yaml")), tmp_path / "model"

    def stop(done: int, steps: int, error: float) -> None:
        if done == stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(training, load_hand(), out, "made up", progress=stop)
    assert not (out / "card.json").exists()
    told: list[int] = []
    card = train(training, load_hand(), out, "made up", progress=lambda done, steps, error: told.append(done))
    assert told == list(range(stop_after + 1, 13))
    assert weights(out) == weights(one_by_one[-1])
    assert len(card.figures["stages"]) == 3
    assert "training_seconds" not in card.figures  # no call saw all of it
    assert {path.name for path in out.iterdir()} == FILES


def test_a_stage_that_was_made_with_other_settings_is_not_gone_on_from(tmp_path: Path) -> None:
    out = tmp_path / "model"

    def stop(done: int, steps: int, error: float) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(load_training(staged(tmp_path / "all.yaml")), load_hand(), out, "made up", progress=stop)
    changed = [STAGES[0] | {"learning_rate": 1e-4}, *STAGES[1:]]
    with pytest.raises(DataError, match=r"stage-1\.safetensors: is of a training with other stages"):
        train(load_training(staged(tmp_path / "other.yaml", changed)), load_hand(), out, "made up")
    (out / "stage-1.safetensors").write_bytes(b"half of a file")
    with pytest.raises(DataError, match=r"stage-1\.safetensors: not a usable stage"):
        train(load_training(tmp_path / "all.yaml"), load_hand(), out, "made up")


@pytest.mark.parametrize(
    ("stages", "problem"),
    [
        ([{"seed": 1}, {"seed": 2, "start_from": "five_finger"}], "stage 2 begins from stage 1"),
        ([{"seed": 1}, {"name": "other"}], "name must be the same in all stages, stage 2 has another"),
        ([{"seed": 1}, {"sede": 2}], r"unknown key 'stages\.1\.sede'"),
        ([{"seed": 1, "keep_start": 0.5}], "keep_start needs start_from"),
        ([], "stages"),
        (3, "stages"),
    ],
)
def test_stages_that_do_not_fit_together_are_refused_by_name(
    tmp_path: Path, stages: Any, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_training(staged(tmp_path / "wrong.yaml", stages))


def test_what_the_first_stage_starts_from_stands_beside_the_stages(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump(COMMON | {"start_from": "five_finger", "stages": STAGES}))
    assert [stage.start_from for stage in load_training(path).stages] == ["five_finger", None, None]


def test_a_description_without_stages_is_a_training_of_one(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(json.dumps(COMMON))
    assert load_training(path).stages == (tiny_settings(steps=1, validation_groups=16),)
