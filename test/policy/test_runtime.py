"""The policy as the nodes use it: loading, refusing, predicting."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tacrefine.cli import main
from tacrefine.config import share_dir
from tacrefine.errors import ModelError
from tacrefine.geometry import from_coordinates, to_coordinates
from tacrefine.hands import load_hand
from tacrefine.policy import Correction, load_policy, wrist_increment
from tacrefine.policy.correction import WristMoves
from tacrefine.touch import TouchFrame
from tacrefine.touch.inputs import DeadTaxelFilling

PLATE = np.array([False, False, True, True, True, False])
SINGLE = {"rtol": 1e-4, "atol": 1e-6}
"""float32 sums round by the order that a processor's vector width gives them: 1e-6 m and rad, or one part in 10,000"""


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def frames(seed: int) -> tuple[TouchFrame, TouchFrame]:
    rng, hand = np.random.default_rng(seed), load_hand()
    tactile = rng.random((2, hand.taxel_count), dtype=np.float32) ** 4
    joints = rng.random((2, len(hand.joint_names)), dtype=np.float32)
    return TouchFrame(tactile[0], joints[0]), TouchFrame(tactile[1], joints[1])


@pytest.mark.slow
def test_onnx_and_torch_give_the_same_correction(tiny_model: Path) -> None:
    onnx, torch = load_policy(tiny_model), load_policy(tiny_model, backend="torch")
    for seed in range(5):
        a, b = (policy.predict(*frames(seed), PLATE) for policy in (onnx, torch))
        np.testing.assert_allclose(to_coordinates(a.increment), to_coordinates(b.increment), **SINGLE)
        np.testing.assert_allclose(a.standard_deviation, b.standard_deviation, **SINGLE)


def test_a_batch_gives_what_single_questions_give(tiny_model: Path) -> None:
    policy = load_policy(tiny_model)
    pairs = [frames(seed) for seed in range(4)]
    arrays = [
        np.stack([getattr(p[i], name) for p in pairs]) for i in (0, 1) for name in ("tactile", "joints")
    ]
    batch = policy.predict_batch(*arrays, PLATE)
    for i, pair in enumerate(pairs):
        single = policy.predict(*pair, PLATE)
        np.testing.assert_allclose(
            to_coordinates(batch[i].increment), to_coordinates(single.increment), **SINGLE
        )


def test_a_correction_moves_only_the_observable_axes_of_the_object() -> None:
    hand, rng = load_hand(), np.random.default_rng(0)
    here = rng.uniform(-1, 1, 6) * [0.006, 0.006, 0.006, 0.17, 0.17, 0.17] * PLATE
    change = rng.uniform(-1, 1, 6) * 0.01
    wrist = from_coordinates(here) * hand.centre_from_wrist
    moved = wrist * wrist_increment(hand, here, change, PLATE) * hand.wrist_from_centre
    np.testing.assert_allclose(to_coordinates(moved), here + change * PLATE, atol=1e-12)


def test_the_fast_path_of_one_correction_gives_what_scipy_gives() -> None:
    hand, rng = load_hand(), np.random.default_rng(4)
    move = WristMoves(hand)
    for scale in (0.0, 1e-9, 1e-5, 1e-2, 1.0):
        for mask in (PLATE, np.ones(6, bool), np.zeros(6, bool)):
            here, change = scale * rng.uniform(-1, 1, (2, 6))
            position, quaternion = move(here, change, mask)
            expected = wrist_increment(hand, here, change, mask)
            np.testing.assert_allclose(position, expected.translation, atol=1e-14)
            np.testing.assert_allclose(quaternion, expected.rotation.as_quat(canonical=True), atol=1e-14)


def test_a_correction_keeps_its_increment_either_way() -> None:
    pose = from_coordinates([0.01, -0.02, 0.03, 0.4, -0.2, 3.0])
    again = Correction.of(pose, np.zeros(6), PLATE).increment
    np.testing.assert_allclose(again.as_matrix(), pose.as_matrix(), atol=1e-14)


def test_deviations_are_given_for_observable_axes_only(tiny_model: Path) -> None:
    correction = load_policy(tiny_model).predict(*frames(1), PLATE)
    assert (correction.standard_deviation[PLATE] > 0).all()
    assert (correction.standard_deviation[~PLATE] == 0).all()
    np.testing.assert_array_equal(correction.observable, PLATE)


def test_dead_taxels_do_not_reach_the_network(tiny_model: Path) -> None:
    current, target = frames(2)
    current.tactile[::7] = np.nan
    correction = load_policy(tiny_model).predict(current, target, PLATE)
    assert np.isfinite(to_coordinates(correction.increment)).all()


def test_a_dead_taxel_reads_the_mean_of_its_living_neighbours() -> None:
    hand = load_hand()
    fill = DeadTaxelFilling(hand.pads)
    pad, image = hand.pads[0], np.zeros(hand.taxel_count, np.float32)
    image[: pad.size] = np.arange(pad.size)
    middle = (pad.rows // 2) * pad.cols + pad.cols // 2
    holed = image.copy()
    holed[[middle, 0]] = np.nan
    filled = fill(holed)
    assert filled[middle] == pytest.approx(image[middle])
    assert filled[0] == pytest.approx(np.mean(image[[1, pad.cols, pad.cols + 1]]))
    assert np.isnan(holed[middle])
    assert (fill(np.full((2, hand.taxel_count), np.nan, np.float32)) == 0).all()


def test_a_missing_model_is_refused_with_the_known_names() -> None:
    with pytest.raises(ModelError, match=r"No model named 'nobody'; known: .*, or give a path\."):
        load_policy("nobody")


def test_a_corrupt_model_is_refused(copy: Path) -> None:
    for name, backend in (("policy.onnx", "onnx"), ("weights.safetensors", "torch")):
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
        with pytest.raises(ModelError, match=f"{name}: corrupt"):
            load_policy(copy, backend=backend)
        (copy / name).unlink()
        with pytest.raises(ModelError, match=f"{name}: missing"):
            load_policy(copy, backend=backend)
    (copy / "card.json").write_text("{}")
    with pytest.raises(ModelError, match="not a model card"):
        load_policy(copy)


def test_a_model_for_another_hand_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    import yaml

    described = yaml.safe_load((share_dir() / "config" / "hands" / "five_finger.yaml").read_text())
    described["name"] = "other"
    described["skin"]["full_scale"] *= 2
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(described))
    with pytest.raises(ModelError, match=r"made for hand 'five_finger'.* not for 'other'"):
        load_policy(tiny_model, load_hand(path))


def test_touch_of_the_wrong_size_is_refused(tiny_model: Path) -> None:
    current, target = frames(0)
    with pytest.raises(ModelError, match="target touch has 10 taxels"):
        load_policy(tiny_model).predict(current, TouchFrame(target.tactile[:10], target.joints), PLATE)


def test_an_unknown_backend_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="allowed: onnx, torch"):
        load_policy(tiny_model, backend="tpu")


def test_export_rewrites_the_graph_from_the_weights(copy: Path, tmp_path: Path) -> None:
    (copy / "policy.onnx").unlink()
    assert main(["export", str(copy), "--json", str(tmp_path / "export.json")]) == 0
    assert json.loads((tmp_path / "export.json").read_text())["largest_difference"] < 1e-5
    load_policy(copy).predict(*frames(0), PLATE)


def test_a_network_with_pads_of_two_shapes_keeps_their_order() -> None:
    import torch

    from tacrefine.policy.network import NetworkSettings, PolicyNetwork

    torch.manual_seed(0)
    network = PolicyNetwork([(3, 2), (2, 2), (3, 2)], 4, NetworkSettings(width=8)).eval()
    tactile, joints, mask = torch.rand(5, 16), torch.rand(5, 4), torch.ones(5, 6)
    before = network.encode(tactile, joints, mask).absolute
    tactile[:, 6:10] += 1.0
    assert network.restore == [1, 0, 2]
    assert not torch.allclose(before, network.encode(tactile, joints, mask).absolute)
