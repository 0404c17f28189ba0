"""Standard deviations of the weights for any hand, set right on one hand by simulated grasps of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from tacrefine.cli import main
from tacrefine.errors import ConfigError
from tacrefine.hands import Hand, load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.policy.deviation_factors import deviation_factors

HANDS = Path(__file__).parents[2] / "config" / "hands"
ROD = [False, False, True, True, False, False]
PEG = [False, True, True, True, False, False]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A hand's file without factors."""
    content = yaml.safe_load((HANDS / "robotiq_2f85_tsf85.yaml").read_text())
    content.pop("deviation_factors", None)
    path = tmp_path / "hand.yaml"
    path.write_text("# My hand.\n" + yaml.safe_dump(content))
    return path


def with_factors(hand: Hand, factors: dict) -> Hand:
    return Hand(hand.description.model_copy(update={"deviation_factors": factors}))


def asked(hand: Hand, mask: list[bool]) -> np.ndarray:
    """Standard deviations of a pair of touches that are a little different."""
    touch = np.full((1, hand.taxel_count), 0.1, np.float32)
    joints = np.zeros((1, len(hand.joint_names)), np.float32)
    return (
        load_policy("any_hand", hand)
        .predict_batch(touch, joints, 1.1 * touch, joints, mask)
        .standard_deviation[0]
    )


def test_what_a_calibration_finds_holds_on_other_grasps_and_robots():
    hand = with_factors(load_hand("allegro_gen3"), {})
    objects, plant = list(load_objects().values()), load_plant("training_narrow")
    policy = load_policy("any_hand", hand)
    found = deviation_factors(policy, objects, plant, seed=1, groups=150)
    assert found["z roll pitch"]["pitch"] > 3.0  # of these domes the weights think far too well
    again = deviation_factors(policy, objects, plant, seed=2, groups=150)
    assert set(again) == set(found) == {"z roll", "z roll pitch", "y z pitch"}
    for told, factors in again.items():
        assert factors == pytest.approx(found[told], rel=0.5), told


def test_a_calibrated_hand_is_calibrated_anew_from_the_networks_own_deviations():
    hand = with_factors(load_hand("robotiq_2f85_tsf85"), {})
    objects, plant = list(load_objects().values()), load_plant("training_narrow")
    policy = load_policy("any_hand", hand)
    found = deviation_factors(policy, objects, plant, groups=40)
    calibrated = load_policy("any_hand", with_factors(hand, {policy.model_id: found}))
    again = deviation_factors(calibrated, objects, plant, groups=40)
    for told, factors in again.items():
        assert factors == pytest.approx(found[told], abs=2e-3), told


def test_the_command_writes_factors_that_every_correction_then_has(file, capsys):
    before = asked(load_hand(file), ROD)
    assert main(["hands", "calibrate", str(file)]) == 0
    assert "are multiplied by" in capsys.readouterr().out
    assert file.read_text().startswith("# My hand.\n")
    hand = load_hand(file)
    ((model, factors),) = hand.description.deviation_factors.items()
    assert model == load_policy("any_hand", hand).model_id
    assert set(factors) == {"z roll", "z roll pitch", "y z pitch"}
    after = asked(hand, ROD)
    assert after[2:4] == pytest.approx(
        before[2:4] * [factors["z roll"]["z"], factors["z roll"]["roll"]], rel=1e-5
    )
    assert not after[[0, 1, 4, 5]].any()


def test_axes_that_no_object_of_the_calibration_had_get_the_largest_factor(file):
    hand = load_hand(file)
    model = load_policy("any_hand", hand).model_id
    known = {"z roll": {"z": 3.0, "roll": 1.5}, "y z pitch": {"y": 2.0, "z": 0.5, "pitch": 4.0}}
    ratio = asked(with_factors(hand, {model: known}), PEG)[1:4] / asked(hand, PEG)[1:4]
    assert ratio == pytest.approx([2.0, 3.0, 1.5], rel=1e-5)


def test_factors_of_another_model_change_nothing(file):
    hand = load_hand(file)
    other = with_factors(hand, {"any_hand-00000000": {"z roll": {"z": 9.0, "roll": 9.0}}})
    assert asked(other, ROD) == pytest.approx(asked(hand, ROD))


def test_weights_of_one_hand_alone_are_not_calibrated_again(tmp_path, capsys):
    path = tmp_path / "leap_grid.yaml"
    shutil.copy(HANDS / "leap_grid.yaml", path)
    written = path.read_text()
    assert main(["hands", "calibrate", str(path), "--model", "leap_grid"]) == 2
    assert "is of this hand alone" in capsys.readouterr().err
    assert path.read_text() == written


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ({"roll z": {"z": 1.0}}, "'roll z' must name axes"),
        ({"z tilt": {"z": 1.0}}, "'z tilt' must name axes"),
        ({"z roll": {"z": 0.0}}, "greater than 0"),
        ({"z roll": {"tilt": 1.0}}, "'x', 'y', 'z'"),
    ],
)
def test_factors_that_make_no_sense_are_one_sentence(factors, said, file):
    content = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**content, "deviation_factors": {"any_hand-0": factors}}))
    with pytest.raises(ConfigError) as caught:
        load_hand(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
