"""Learning from examples, and the model that comes out of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from made_examples import make_examples, make_state
from tacrefine.errors import ModelError
from tacrefine.gripper import Action, GripperPose, State, wrap_yaw
from tacrefine.policy.regrasp import comparison
from tacrefine.policy.regrasp.augmentation import Batch, plain_batch, reflected
from tacrefine.policy.regrasp.comparison import compare, folds_of, variant
from tacrefine.policy.regrasp.examples import Samples, StateBatches
from tacrefine.policy.regrasp.job import train_and_calibrate
from tacrefine.policy.regrasp.network import NetworkSettings
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.policy.regrasp.publishing import publish
from tacrefine.policy.regrasp.settings import RegraspTraining, load_regrasp_training

pytestmark = pytest.mark.training

SMALL = RegraspTraining(
    network=NetworkSettings(
        camera_channels=(4, 4), tactile_channels=(4, 4), width=8, action_width=16, hidden=16, dropout=0.0
    ),
    epochs=12,
    batch_states=16,
    learning_rate=0.01,
)


@pytest.fixture(scope="module")
def samples() -> Samples:
    return Samples.of(make_examples(240))


@pytest.fixture(scope="module")
def folder(samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    network, figures = train_and_calibrate(samples, SMALL)
    publish(network, SMALL, folder, "a command", {}, figures)
    return folder


def actions(*forces: float) -> np.ndarray:
    return np.array([[0.0, 0.0, 0.0, 0.0, force] for force in forces], np.float32)


def test_what_was_learned_is_what_the_written_model_says(folder: Path) -> None:
    model = RegraspModel.load(folder)
    weak, strong = model.success(model.encode(make_state()), actions(4.0, 24.0))
    assert strong > weak + 0.3
    (unfelt,) = model.success(model.encode(make_state(0)), actions(24.0))
    assert unfelt < strong - 0.3
    assert model.card.figures["accuracy"] > model.card.figures["chance"]


def test_many_states_are_encoded_as_each_alone(folder: Path) -> None:
    model, states = RegraspModel.load(folder), [make_state(), make_state(0)]
    together = model.encode_many(states)
    alone = np.concatenate([model.encode(state) for state in states])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(
        model.success(together, actions(10.0, 10.0)),
        [model.success(row[None], actions(10.0))[0] for row in alone],
        atol=1e-5,
    )


def test_a_corrupt_or_foreign_model_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in folder.iterdir():
        content = path.read_bytes()
        (broken / path.name).write_bytes(content[:-1] + b"?" if path.name == "head.onnx" else content)
    with pytest.raises(ModelError, match=r"head\.onnx: corrupt"):
        RegraspModel.load(broken)
    with pytest.raises(ModelError, match="not a model card"):
        RegraspModel.load("five_finger")
    with pytest.raises(ModelError, match="nowhere"):
        RegraspModel.load("nowhere")


def test_images_of_another_size_are_refused(folder: Path) -> None:
    state = make_state()
    wrong = State(state.camera[:32], state.camera_rest, state.tactile, state.tactile_rest, state.pose, 1.0)
    with pytest.raises(ModelError, match=r"'camera' must be uint8 \(64, 64, 3\).*found uint8 \(32, 64, 3\)"):
        RegraspModel.load(folder).encode(wrong)


def test_a_variant_without_a_camera_does_not_look_at_it(samples: Samples, tmp_path: Path) -> None:
    settings = variant(SMALL.model_copy(update={"epochs": 0.5}), "tactile_action")
    network, figures = train_and_calibrate(samples, settings)
    publish(network, settings, tmp_path, "a command", {}, figures)
    model, state = RegraspModel.load(tmp_path), make_state()
    black = State(0 * state.camera, state.camera, state.tactile, state.tactile_rest, state.pose, state.force)
    np.testing.assert_array_equal(model.encode(black), model.encode(state))


def test_without_the_action_all_actions_look_alike(samples: Samples, tmp_path: Path) -> None:
    settings = variant(SMALL.model_copy(update={"epochs": 0.5}), "both_no_action")
    network, figures = train_and_calibrate(samples, settings)
    publish(network, settings, tmp_path, "a command", {}, figures)
    model = RegraspModel.load(tmp_path)
    weak, strong = model.success(model.encode(make_state()), actions(4.0, 24.0))
    assert weak == strong


def test_a_reflected_grasp_is_the_same_grasp(samples: Samples) -> None:
    batches = StateBatches(samples)
    batch, _ = plain_batch(batches, np.arange(20))
    yes, no = torch.ones(20, dtype=torch.bool), torch.zeros(20, dtype=torch.bool)
    half = reflected(batch, yes, no)
    # Half a turn of the gripper moves nothing in the world: where an action leads stays the same.
    for one, other in zip(ends(batch), ends(half), strict=True):
        np.testing.assert_allclose(one[:3], other[:3], atol=1e-6)
        assert abs(wrap_yaw(one.yaw - other.yaw)) < 1e-5
    mirrored = reflected(batch, no, yes)
    for one, other in zip(ends(batch), ends(mirrored), strict=True):
        np.testing.assert_allclose([one.x, -one.y, one.z], other[:3], atol=1e-6)
        assert abs(wrap_yaw(one.yaw + other.yaw)) < 1e-5
    for changed, turned, flipped in ((half, yes, no), (mirrored, no, yes)):
        again = reflected(changed, turned, flipped)
        assert torch.equal(again.touch, batch.touch)
        assert not torch.equal(changed.touch, batch.touch)


def ends(batch: Batch) -> list[GripperPose]:
    """Where the actions of a batch lead."""
    poses = [GripperPose(*(float(value) for value in pose)) for pose in batch.pose]
    return [
        poses[int(owner)].moved(Action.from_array(action.numpy()))
        for owner, action in zip(batch.owner, batch.actions, strict=True)
    ]


def test_what_is_felt_later_is_the_touch_of_the_last_grasp() -> None:
    plain = make_examples(8)
    examples = replace(
        plain, kind=np.array([0, 1] * 4, np.uint8), trial=np.repeat(np.arange(4, dtype=np.int32), 2)
    )
    samples = Samples.of(examples)
    bright = samples.images.touch.reshape(8, -1).mean(axis=1) > 0
    np.testing.assert_array_equal(samples.felt[0], samples.felt[1])
    np.testing.assert_array_equal(samples.felt[1::2, 0, 0, 0] > 0, bright[1::2])
    assert np.isnan(Samples.of(plain).felt).all()


def test_no_object_is_in_two_folds(samples: Samples) -> None:
    folds = folds_of(samples.object, 3)
    assert np.sum(folds, axis=0).tolist() == [1] * len(samples)
    for fold in folds:
        assert not set(samples.object[fold]) & set(samples.object[~fold])


def test_a_comparison_goes_on_where_it_was_stopped(
    samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SMALL.model_copy(update={"epochs": 1.0})
    run, made = comparison.run_fold, []

    def counted(*arguments: object) -> object:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(arguments)
        return run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(comparison, "run_fold", counted)
    with pytest.raises(KeyboardInterrupt):
        compare(samples, settings, tmp_path, ["tactile_action", "both_no_action"], count=2)
    made.clear()
    table = compare(samples, settings, tmp_path, ["tactile_action", "both_no_action"], count=2)
    assert len(made) == 1
    rows = table["variants"]
    assert all(0.4 < row["accuracy"] <= 1.0 for row in rows.values())
    assert len(rows["chance"]["folds"]) == 2
    compare(samples, settings.model_copy(update={"seed": 2}), tmp_path, ["tactile_action"], count=2)
    assert len(made) == 3


def test_the_shipped_settings_are_valid() -> None:
    assert load_regrasp_training().network.camera
