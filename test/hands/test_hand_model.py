"""What a hand's description can say, and what follows from it."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from made_hands import four_fingers, gripper, loaded

from tacrefine.errors import ConfigError
from tacrefine.hands import Hand, load_hand
from tacrefine.hands.images import finger_images
from tacrefine.hands.kinematics import link_poses, taxel_places


def refusal(folder, content) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, content)
    sentence = str(caught.value)
    assert "hand.yaml" in sentence
    assert "\n" not in sentence
    return sentence


def test_a_gripper_slides_and_its_other_finger_follows_the_drive_listed_after_it(tmp_path):
    hand = loaded(tmp_path, gripper())
    assert hand.actuated_joints == ("left_slide",)
    assert hand.joint_names == ("right_slide", "left_slide")
    joints = hand.joint_positions_at(np.array([0.012]))
    assert joints == pytest.approx([-0.012, 0.012])
    poses = link_poses(hand, joints)
    assert poses["left_slide"].translation == pytest.approx([0.012, 0.0, -0.1])
    assert poses["right_slide"].translation == pytest.approx([-0.012, 0.0, -0.1])
    assert [finger.drives for finger in hand.fingers] == [("left_slide",)] * 2
    assert all(finger.moves for finger in hand.fingers)


def test_which_fingers_make_a_grasp_is_part_of_the_hand(tmp_path):
    hand = loaded(tmp_path, gripper())
    assert hand.counts_as_grasp(np.array([[True, True], [True, False], [False, True]])).tolist() == [
        True, False, False,
    ]  # fmt: skip
    assert hand.grasp_sentence == "'left' and 'right'"
    any_two = four_fingers() | {"grasp": {"needs": ["thumb"], "others": 1}}
    hand = loaded(tmp_path, any_two)
    touching = np.array([[1, 0, 0, 1], [1, 0, 0, 0], [0, 1, 1, 1]], bool)
    assert hand.counts_as_grasp(touching).tolist() == [True, False, False]
    assert hand.grasp_sentence == "'thumb' and one more finger"


def test_without_a_rule_the_first_finger_and_two_others_make_a_grasp():
    hand = load_hand()
    touching = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0]], bool)
    assert hand.counts_as_grasp(touching).tolist() == [True, False, False]
    assert hand.grasp_sentence == "'thumb' and two more fingers"


def test_a_finger_may_have_several_driven_joints_in_any_order_of_the_file(tmp_path):
    hand = loaded(tmp_path, four_fingers())
    assert len(hand.actuated_joints) == 12
    thumb = hand.fingers[0]
    assert [joint.name for joint in thumb.joints] == ["thumb_1", "thumb_2", "thumb_3"]
    assert set(thumb.closing_joints) == {"thumb_1", "thumb_2", "thumb_3"}
    assert len(hand.closed_positions) == 12
    links = link_poses(hand, np.zeros(12))
    assert links["one_3"].translation == pytest.approx([-0.02, 0.02, -0.07])


def test_mimic_chains_become_one_ratio_to_their_drive(tmp_path):
    content = four_fingers()
    by_name = {joint["name"]: joint for joint in content["joints"]}
    for name, followed, ratio, offset in (("one_3", "one_2", -0.5, 0.1), ("one_2", "thumb_2", 2.0, 0.2)):
        by_name[name].pop("drive")
        by_name[name]["mimic"] = {"joint": followed, "ratio": ratio, "offset": offset}
    hand = loaded(tmp_path, content)
    at = dict(zip(hand.actuated_joints, np.zeros(10), strict=True)) | {"thumb_2": 0.3}
    joints = dict(zip(hand.joint_names, hand.joint_positions_at(np.array(list(at.values()))), strict=True))
    assert joints["one_2"] == pytest.approx(0.8)
    assert joints["one_3"] == pytest.approx(-0.3)
    assert hand.fingers[1].drives == ("one_1", "thumb_2") or set(hand.fingers[1].drives) == {
        "one_1",
        "thumb_2",
    }


def test_taxels_may_be_points_of_a_list_or_of_a_csv_file(tmp_path):
    content = four_fingers()
    hand = loaded(tmp_path, content)
    pad = hand.pads[0]
    assert (pad.rows, pad.cols, pad.is_grid) == (15, 1, False)
    assert np.linalg.norm(pad.normals, axis=1) == pytest.approx(np.ones(15))
    lines = ["# my skin", "x_mm, y_mm, z_mm, nx, ny, nz"]
    for taxel in content["fingers"][0]["pads"][0]["taxels"]:
        lines.append(",".join(str(v) for v in [*(1e3 * np.array(taxel[:3])), *taxel[3:]]))
    (tmp_path / "skin.csv").write_text("\n".join(lines))
    for finger in content["fingers"]:
        finger["pads"][0]["taxels"] = "skin.csv"
    again = loaded(tmp_path, content)
    assert np.allclose(again.pads[0].points, pad.points)
    assert again.signature == hand.signature
    joints = hand.joint_positions_at(hand.closed_positions)
    assert taxel_places(again, joints).shape == (60, 3)


def test_another_layout_of_taxels_is_another_hand_for_models(tmp_path):
    content = four_fingers()
    moved = copy.deepcopy(content)
    moved["fingers"][0]["pads"][0]["taxels"][0][1] += 0.001
    assert loaded(tmp_path, content).signature != loaded(tmp_path, moved).signature


def test_tangential_directions_are_a_right_handed_frame_with_the_normal(tmp_path):
    for pad in (*loaded(tmp_path, four_fingers()).pads, *load_hand().pads):
        across, along = pad.tangents[:, 0], pad.tangents[:, 1]
        assert np.allclose(np.cross(pad.normals, across), along)
        assert across[:, 1].min() > 0.9
        assert along[:, 2].min() > 0.9


def test_the_picture_of_points_shows_each_taxel_once_where_it_lies(tmp_path):
    hand = loaded(tmp_path, four_fingers())
    values = np.arange(60.0)
    image = finger_images(hand, values)[0]
    assert image.inside.sum() == 15
    assert sorted(image.values[image.inside]) == list(range(15))
    assert image.values[0, 0] == 0.0  # the first taxel is the lowest, and a tip's lowest row is on top


@pytest.mark.parametrize("name", ["five_finger", "inspire_rh56dftp"])
def test_the_core_of_a_grid_given_as_points_is_like_that_of_the_grid(name, tmp_path):
    hand = load_hand(name)
    depth = hand.skin.backing_depth
    for pad in {(pad.rows, pad.cols): pad for pad in hand.pads if pad.rows >= pad.cols > 5}.values():
        described = hand.description.model_dump()
        for finger in described["fingers"]:
            for each in finger["pads"]:
                if each["name"] == pad.name:
                    for key in ("rows", "cols", "pitch", "curvature_radius"):
                        each.pop(key)
                    each["taxels"] = [
                        [*p, *n] for p, n in zip(pad.points.tolist(), pad.normals.tolist(), strict=True)
                    ]
        again = next(
            p for p in Hand(type(hand.description).model_validate(described)).pads if p.name == pad.name
        )
        known, found = pad.core(depth), again.core(depth)
        top = np.array([1.0, 0.0, 0.0])
        assert found.radius == pytest.approx(known.radius, rel=0.3)
        assert found.pose.apply(found.radius * top)[0] == pytest.approx(
            known.pose.apply(known.radius * top)[0], abs=1e-3
        )


def changed(content, **of_joint):
    content["joints"][0] |= of_joint
    return content


def without(content, joint, *keys):
    for each in content["joints"]:
        if each["name"] == joint:
            for key in keys:
                each.pop(key, None)
    return content


BAD = {
    "each other: a loop": lambda: changed(gripper(), mimic={"joint": "right_slide", "ratio": 1.0}),
    "mimics 'nowhere', which is no joint": lambda: changed(gripper(), mimic={"joint": "nowhere", "ratio": 1.0}),
    "parent 'nowhere', which is no joint": lambda: changed(gripper(), parent="nowhere"),
    "each other's parents: a loop": lambda: changed(gripper(), parent="right_slide"),
    "prismatic and needs limits": lambda: without(gripper(), "left_slide", "limits"),
    "grasp needs 'third', which is no finger": lambda: gripper(grasp={"needs": ["third"]}),
}  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_cannot_be_is_one_sentence(said, tmp_path):
    assert said in refusal(tmp_path, BAD[said]())


def test_a_finger_without_a_driven_joint_is_named(tmp_path):
    content = gripper()
    content["joints"][1]["drive"] = {**content["joints"][1]["drive"], "role": "posture"}
    assert "finger 'left' has no driven joint" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("taxels", "said"),
    [
        ([[0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0]], "pad 'left_pad' has taxels 1 and 2 in one place"),
        ([[0, 0, 0]], "lacks its normal"),
        ([[0, 0, 0, 0, 0, 0]], "normal must not be zero"),
        ("there_is_none.csv", "cannot be read as a CSV of taxels"),
    ],
)
def test_odd_taxels_are_told(taxels, said, tmp_path):
    content = gripper()
    content["fingers"][0]["pads"][0] = {
        "name": "left_pad",
        "joint": "left_slide",
        "origin": {},
        "taxels": taxels,
    }
    assert said in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y,z\n0,0,0\n", "lack normals"),
        ("0,0,0\n1,2,3\n", "lack normals"),
        ("x,y,z,nx,ny,nz\n0,0,0,1,0\n", "line 2 is no taxel"),
        ("x,y,z,nx,ny,nz\n0,0,a,1,0,0\n", "line 2 is no taxel"),
        ("", "holds no taxels"),
        ("x,y,z,nx,ny,nz\n0,0,0,1,0,0\n0,0,0,0,0,1\n", "taxels 1 and 2 in one place"),
    ],
)
def test_odd_csv_files_of_taxels_are_told(text, said, tmp_path):
    content = gripper()
    (tmp_path / "skin.csv").write_text(text)
    content["fingers"][0]["pads"][0] = {
        "name": "left_pad", "joint": "left_slide", "origin": {}, "taxels": "skin.csv",
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"skin\.csv") as caught:
        loaded(tmp_path, content)
    assert said in str(caught.value)
