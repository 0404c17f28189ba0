"""One network for any hand: trained on several, asked about hands that it never saw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tacrefine.cli import main
from tacrefine.config import model_of
from tacrefine.data.hand_family import HandFamily
from tacrefine.data.random_hands import random_hand
from tacrefine.errors import ConfigError
from tacrefine.hands import Hand, load_hand
from tacrefine.policy import Policy, load_policy
from tacrefine.policy.any_hand.layout import HandLayout
from tacrefine.policy.card import read_card
from tacrefine.policy.settings import load_training

pytestmark = pytest.mark.training

SETTINGS: dict[str, Any] = {
    "name": "small",
    "hands": {
        "named": ["five_finger"],
        "random": 2,
        "per_window": 2,
        "per_batch": 2,
        "family": {"own_drives": 0.0, "sliding": 0.0},
    },
    "groups": {"size": 4, "anchors": 2},
    "groups_per_batch": 4,
    "window_steps": 4,
    "steps": 6,
    "validation_groups": 8,
    "network": {"kind": "any_hand", "taxel_width": 8, "kernel_width": 16, "width": 8, "grasp_width": 16},
}
UNSEEN = random_hand(np.random.default_rng(5), HandFamily(domes=1.0, grippers=0.0))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("any_hand")
    (folder / "small.yaml").write_text(yaml.safe_dump(SETTINGS))
    assert main(["train", "--config", str(folder / "small.yaml"), "--out", str(folder / "model")]) == 0
    return folder / "model"


def touches(hand: Hand, count: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    tactile = rng.random((count, hand.taxel_count), np.float32) ** 4
    return tactile, rng.uniform(0.0, 0.4, (count, len(hand.joint_names))).astype(np.float32)


@pytest.mark.parametrize(
    "hand", [load_hand(), load_hand("inspire_rh56dftp"), UNSEEN], ids=lambda hand: hand.name
)
def test_any_hand_can_be_asked_and_both_backends_agree(model: Path, hand: Hand) -> None:
    tactile, joints = touches(hand)
    answers = [
        load_policy(model, hand, backend).predict_batch(
            tactile, joints, tactile[::-1], joints[::-1], [True] * 6
        )
        for backend in ("onnx", "torch")
    ]
    assert np.abs(answers[0].differences).max() > 1e-5
    np.testing.assert_allclose(answers[0].differences, answers[1].differences, atol=1e-5)
    np.testing.assert_allclose(answers[0].standard_deviation, answers[1].standard_deviation, atol=1e-5)


def test_the_order_of_fingers_does_not_matter(model: Path) -> None:
    hand = load_hand()
    description = hand.description.model_copy(update={"fingers": hand.description.fingers[::-1]})
    turned = Hand(description)
    tactile, joints = touches(hand)
    order = np.concatenate([np.arange(part.start, part.stop) for part in hand.pad_slices[::-1]])
    mask = [True] * 6
    straight = load_policy(model, hand).predict_batch(tactile, joints, tactile[::-1], joints[::-1], mask)
    other = load_policy(model, turned).predict_batch(
        tactile[:, order], joints, tactile[::-1, order], joints[::-1], mask
    )
    np.testing.assert_allclose(straight.differences, other.differences, atol=1e-6)


def test_its_card_says_that_it_is_for_any_hand(model: Path) -> None:
    card = read_card(model)
    assert (card.hand, card.hand_signature, card.pads) == ("any", "any", [])
    assert Policy.load(model).hand.name == "five_finger"


def test_a_training_for_one_hand_starts_from_it(model: Path, tmp_path: Path) -> None:
    settings = SETTINGS | {"name": "mine", "start_from": str(model), "steps": 2, "hand": "inspire_rh56dftp"}
    settings.pop("hands")
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(settings))
    assert main(["train", "--config", str(tmp_path / "mine.yaml"), "--out", str(tmp_path / "mine")]) == 0
    card = read_card(tmp_path / "mine")
    assert card.hand == "inspire_rh56dftp"
    assert card.data["started_from"] == read_card(model).model_id
    load_policy(tmp_path / "mine", load_hand("inspire_rh56dftp"))


def test_a_broken_off_training_goes_on_to_the_same_weights(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tacrefine.policy.many_hands import ManyHandsTrainer

    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SETTINGS))
    words = ["train", "--config", str(tmp_path / "small.yaml"), "--out", str(tmp_path / "model")]
    update = ManyHandsTrainer.update

    def stopped(trainer: ManyHandsTrainer, batch: Any) -> float:
        if trainer.step == 3:
            raise KeyboardInterrupt
        return update(trainer, batch)

    with monkeypatch.context() as patched:
        patched.setattr(ManyHandsTrainer, "update", stopped)
        assert main(words) == 130
    assert main(words) == 0
    weights = [(folder / "weights.safetensors").read_bytes() for folder in (model, tmp_path / "model")]
    assert weights[0] == weights[1]


def test_many_hands_need_the_network_for_any_hand(tmp_path: Path) -> None:
    settings = SETTINGS | {"network": {"width": 8}}
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(ConfigError, match="network must be of kind any_hand where hands is given"):
        load_training(tmp_path / "wrong.yaml")


def test_forces_stand_at_their_taxels_whatever_the_sizes_of_pads() -> None:
    hand = load_hand("inspire_rh56dftp")
    layout = HandLayout(hand)
    readings = np.arange(1, hand.taxel_count + 1, dtype=np.float32)[None] / hand.taxel_count
    forces = layout.forces(readings)[0]
    for row, pad, part in zip(range(len(hand.pads)), hand.pads, hand.pad_slices, strict=True):
        expected = readings[0, part] * pad.full_scale_n / 0.1
        np.testing.assert_allclose(forces[row, : pad.size], expected, rtol=1e-5)
        assert not forces[row, pad.size :].any()


def test_a_hand_without_a_model_of_its_own_takes_the_one_for_any_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("five_finger", "any_hand"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "card.json").write_text(json.dumps({}))
    monkeypatch.setattr("tacrefine.config.share_dir", lambda: tmp_path)
    assert model_of("five_finger") == "five_finger"
    assert model_of("my/robot.yaml") == "any_hand"
    assert model_of("my/robot.yaml", "mine") == "mine"
