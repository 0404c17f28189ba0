"""Training: it learns, and an interruption changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tacrefine.cli import main
from tacrefine.config import available
from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.data.stream import SimulatedGroups
from tacrefine.errors import ConfigError, DataError, ModelError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy.batches import TensorGroups
from tacrefine.policy.settings import TrainingSettings, load_training, training_objects
from tacrefine.policy.training import Trainer
from tacrefine.provenance import code_version
from tiny import tiny_settings

pytestmark = pytest.mark.training


def trainer(settings: TrainingSettings) -> Trainer:
    hand, objects = load_hand(), list(load_objects().values())
    return Trainer(
        settings, hand, objects, SimulatedGroups(hand, objects, load_plant("training"), settings.groups)
    )


def error_of(run: Trainer, groups: TensorGroups) -> float:
    with torch.inference_mode():
        mean, _, truth, weight = groups.compare(run.network, groups.encode(run.network), 1)
    return float((((mean - truth) * weight) ** 2).sum() / weight.sum()) ** 0.5


def test_training_reduces_the_error_on_grasps_it_never_saw(tmp_path: Path) -> None:
    run = trainer(tiny_settings(steps=200))
    unseen = run.held_out(64, 1)
    before = error_of(run, unseen)
    run.run(tmp_path / "checkpoint", lambda step, error: None)
    assert error_of(run, unseen) < 0.7 * before


def test_a_stopped_training_resumes_to_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    settings = tiny_settings(steps=12)
    whole = trainer(settings)
    whole.run(tmp_path / "whole", lambda step, error: None)

    def stop_at_seven(step: int, error: float) -> None:
        if step == 6:
            raise KeyboardInterrupt

    first = trainer(settings)
    with pytest.raises(KeyboardInterrupt):
        first.run(tmp_path / "parts", stop_at_seven)
    second = trainer(settings)
    assert second.run(tmp_path / "parts", lambda step, error: None) == 7
    for name, value in whole.average.items():
        assert torch.equal(value, second.average[name]), name


def test_a_checkpoint_of_other_settings_is_refused_in_one_sentence(tmp_path: Path) -> None:
    trainer(tiny_settings(steps=2)).run(tmp_path / "checkpoint", lambda step, error: None)
    with pytest.raises(DataError, match="other settings"):
        trainer(tiny_settings(steps=3)).run(tmp_path / "checkpoint", lambda step, error: None)
    (tmp_path / "checkpoint").write_bytes(b"half of a file")
    with pytest.raises(DataError, match="not a usable checkpoint"):
        trainer(tiny_settings(steps=3)).run(tmp_path / "checkpoint", lambda step, error: None)


def test_every_batch_is_new_and_the_same_batch_can_be_drawn_again() -> None:
    run = trainer(tiny_settings())
    window = run.window(1, 0, 8)
    once, again, other = run.batch(window, 5), run.batch(window, 5), run.batch(window, 6)
    assert torch.equal(once.tactile, again.tactile)
    assert not torch.equal(once.tactile, other.tactile)
    assert torch.isfinite(once.tactile).all()


def test_the_card_says_what_the_model_was_made_from(tiny_model: Path) -> None:
    card = json.loads((tiny_model / "card.json").read_text())
    assert card["training"]["plant"] == "training"
    assert card["data"]["source"] == "fresh quasistatic grasps"
    assert card["command"].startswith("tacrefine train --config")
    assert set(card["sha256"]) == {"weights.safetensors", "policy.onnx"}
    assert 0.5 < card["figures"]["one_step_on_training_plants"]["all"]["covered"] < 0.85
    assert card["parameters"] == sum(
        v.size for k, v in load_file(tiny_model / "weights.safetensors").items() if is_learned(k)
    )
    assert not (tiny_model / "checkpoint.safetensors").exists()
    assert card["code_version"] == code_version()
    assert card["contact_model"] == CONTACT_MODEL


def is_learned(name: str) -> bool:
    return name not in ("coordinate_scale", "joint_mean", "joint_scale", "deviation_scale")


def test_training_settings_that_do_not_exist_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: x\nlearning_rat: 0.1\n")
    with pytest.raises(ConfigError, match="learning_rat"):
        load_training(path)
    path.write_text("name: x\nnetwork: {width: 10, heads: 4}\n")
    with pytest.raises(ConfigError, match="multiple of heads"):
        load_training(path)


def test_the_shipped_trainings_never_see_an_evaluation_plant() -> None:
    for name in available("training"):
        for stage in load_training(name).stages:
            assert stage.plant in ("training", "training_narrow")
            assert load_plant(stage.plant).tactile_model == "quasistatic"


def test_training_from_a_dataset_uses_it_and_says_so(tiny_yaml: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = tmp_path / "data.yaml"
    config.write_text("samples: 60\ngroups_per_shard: 16\ngroups: {size: 4, anchors: 2}\n")
    assert main(["generate", "--config", str(config), "--out", str(data), "--processes", "1"]) == 0
    arguments = ["--config", str(tiny_yaml), "--dataset", str(data), "--out", str(tmp_path / "model")]
    assert main(["train", *arguments]) == 0
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["data"]["source"] == "dataset"
    assert card["data"]["grasps"] >= 60
    assert np.isfinite(card["figures"]["one_step_on_training_plants"]["all"]["median_mm"])


def test_a_training_can_start_from_a_model(tiny_model: Path) -> None:
    begun = trainer(tiny_settings(start_from=str(tiny_model)))
    stored = load_file(tiny_model / "weights.safetensors")
    np.testing.assert_array_equal(begun.network.identity.detach().numpy(), stored["identity"])
    np.testing.assert_array_equal(begun.average["joint_scale"].numpy(), stored["joint_scale"])
    other = {"width": 8, "encoder_width": 16, "pair_width": 32, "heads": 2}
    with pytest.raises(ModelError, match="another network or hand"):
        trainer(tiny_settings(start_from=str(tiny_model), network=other))


def test_a_training_can_keep_a_share_of_the_weights_it_began_with(tiny_model: Path, tmp_path: Path) -> None:
    stored = load_file(tiny_model / "weights.safetensors")["identity"]
    learned, kept = (
        trainer(tiny_settings(start_from=str(tiny_model), steps=4, keep_start=share)) for share in (0.0, 0.75)
    )
    for run in (learned, kept):
        run.run(tmp_path / f"{run.settings.keep_start}.safetensors", lambda step, error: None)
    new, mixed = (run.averaged_network().identity.detach().numpy() for run in (learned, kept))
    assert np.abs(new - stored).max() > 0
    np.testing.assert_allclose(mixed, 0.75 * stored + 0.25 * new, rtol=1e-4, atol=1e-6)


def test_class_weights_change_how_often_a_class_is_drawn() -> None:
    hand, objects = load_hand(), list(load_objects().values())
    settings = tiny_settings().groups
    source = SimulatedGroups(hand, objects, load_plant("training"), settings, {"rod": 1e-6, "plate": 3.0})
    drawn = [objects[i].object_class for i in source.sample(np.random.default_rng(0), 200).objects]
    assert drawn.count("rod") == 0
    assert 0.6 < drawn.count("plate") / 200 < 0.9


def test_another_object_set_gets_its_share_of_the_groups() -> None:
    settings = TrainingSettings(
        name="x", more_objects="training_shapes", more_share=0.25, class_weights={"rod": 2.0}
    )
    objects, weights = training_objects(settings)
    first = set(load_objects("fifteen"))
    assert len(objects) == len(weights) > len(first)
    assert sum(weights[name] for name in first) == pytest.approx(0.75)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights["rod_8"] == pytest.approx(2.0 * weights["plate_3"])


def test_object_sets_that_share_a_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="fifteen"):
        training_objects(TrainingSettings(name="x", more_objects="fifteen"))
