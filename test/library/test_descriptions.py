"""Hands, objects and plants read from YAML; what is wrong is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacrefine.config import available, resolve, share_dir
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant


def edited(tmp_path: Path, kind: str, name: str, *replacements: tuple[str, str]) -> Path:
    text = resolve(kind, name).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    return path


def refusal(call, *arguments) -> str:
    with pytest.raises(ConfigError) as caught:
        call(*arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_the_default_hand_has_five_fingers_eleven_joints_six_drives_and_eleven_by_nine_taxels() -> None:
    hand = load_hand()
    assert [finger.name for finger in hand.fingers] == ["thumb", "index", "middle", "ring", "little"]
    assert len(hand.joint_names) == 11
    assert len(hand.actuated_joints) == 6
    assert [(pad.rows, pad.cols, pad.row_pitch, pad.col_pitch) for pad in hand.pads] == [
        (11, 9, 0.0011, 0.0011)
    ] * 5
    assert hand.taxel_count == 495
    assert hand.pad_slices[-1].stop == 495


def test_every_shipped_description_loads() -> None:
    for name in available("hands"):
        load_hand(name)
    for name in available("objects"):
        load_objects(name)
    for name in available("plants"):
        load_plant(name).sample(load_hand(), np.random.default_rng(0))


def test_there_are_five_rods_five_plates_and_five_disks_with_the_axes_that_touch_can_tell() -> None:
    objects = load_objects()
    seen = {"rod": (2, 3), "plate": (2, 3, 4), "disk": (1, 2, 4)}
    for name, axes in seen.items():
        members = [obj for obj in objects.values() if obj.object_class == name]
        assert len(members) == 5
        assert all(tuple(np.flatnonzero(obj.observable)) == axes for obj in members)


def test_sampled_poses_stay_in_the_box_and_leave_hidden_axes_at_zero() -> None:
    for obj in load_objects().values():
        poses = obj.sample_poses(np.random.default_rng(1), 500)
        assert (np.abs(poses) <= obj.half_range).all()
        assert np.ptp(poses[:, obj.observable], axis=0).min() > 0.9 * 2 * obj.half_range[obj.observable].min()


def test_an_unknown_key_is_named_with_its_file(tmp_path: Path) -> None:
    path = edited(tmp_path, "hands", "five_finger", ("closing_time: 2.0", "closing_tyme: 2.0"))
    sentence = refusal(load_hand, path)
    assert str(path) in sentence
    assert "closing_tyme" in sentence
    assert "closing_time" in sentence


def test_a_negative_size_is_refused_with_the_key(tmp_path: Path) -> None:
    path = edited(tmp_path, "objects", "fifteen", ("radius: 0.004", "radius: -0.004"))
    assert "radius" in refusal(load_objects, path)
    path = edited(tmp_path, "hands", "five_finger", ("rows: 11", "rows: -1"))
    assert "rows" in refusal(load_hand, path)


def test_a_pad_on_a_joint_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = edited(tmp_path, "hands", "five_finger", ("joint: thumb_pip\n", "joint: thumb_dip\n"))
    sentence = refusal(load_hand, path)
    assert "thumb_tip" in sentence
    assert "thumb_dip" in sentence
    assert "thumb_pip" in sentence


def test_a_finger_without_pads_is_refused(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        "hands",
        "five_finger",
        ("      - {<<: *tip, name: little_tip, joint: little_pip}\n", "      []\n"),
    )
    assert "fingers.4.pads" in refusal(load_hand, path)


def test_a_missing_file_and_an_unknown_name_list_what_there_is() -> None:
    assert "five_finger" in refusal(load_hand, "six_finger")
    assert "/nowhere/hand.yaml" in refusal(load_hand, "/nowhere/hand.yaml")


def test_broken_yaml_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: [unclosed\n")
    assert str(path) in refusal(load_plant, path)
    path.write_text("- a list\n")
    assert "mapping" in refusal(load_plant, path)


def test_a_plant_value_out_of_bounds_says_the_bounds(tmp_path: Path) -> None:
    path = edited(tmp_path, "plants", "nominal", ("noise: 0.03", "noise: 3.0"))
    sentence = refusal(load_plant, path)
    assert "sensor.noise" in sentence
    assert "[0.0, 1.0]" in sentence


def test_a_distribution_with_its_ends_swapped_is_refused(tmp_path: Path) -> None:
    path = edited(tmp_path, "plants", "training_narrow", ("{uniform: [0.7, 1.4]}", "{uniform: [1.4, 0.7]}"))
    assert "low <= high" in refusal(load_plant, path)


def test_one_seed_draws_one_robot_and_another_seed_another() -> None:
    hand, plant = load_hand(), load_plant("training")
    a, b, c = (plant.sample(hand, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert a.taxel_stiffness == b.taxel_stiffness
    assert np.array_equal(a.taxel_gain, b.taxel_gain)
    assert a.taxel_stiffness != c.taxel_stiffness
    assert not np.array_equal(a.taxel_gain, c.taxel_gain)


def test_the_signature_changes_with_the_pads_and_not_with_the_geometry(tmp_path: Path) -> None:
    moved = load_hand(
        edited(tmp_path, "hands", "five_finger", ("curvature_radius: 0.012", "curvature_radius: 0.011"))
    )
    assert moved.signature == load_hand().signature
    smaller = load_hand(edited(tmp_path, "hands", "five_finger", ("rows: 11", "rows: 10")))
    assert smaller.signature != load_hand().signature


def test_share_dir_refuses_an_override_without_config(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    share_dir.cache_clear()
    monkeypatch.setenv("TACREFINE_SHARE", str(tmp_path))
    try:
        assert "TACREFINE_SHARE" in refusal(share_dir)
    finally:
        share_dir.cache_clear()
