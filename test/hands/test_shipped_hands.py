"""The hands that come with it: what they are said to be and to hold."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import link_poses
from tacrefine.hands.vendor_layouts import vendor_layout
from tacrefine.objects import load_objects
from tacrefine.sim.hand_setup.fitting import ENOUGH, shares_of


@pytest.mark.parametrize("name", ["robotiq_2f85_tsf85", "allegro_gen3", "leap_grid"])
def test_a_shipped_hand_holds_nine_of_ten_poses_of_each_class(name):
    known = load_objects("fifteen")
    some = {item: known[item] for item in ("rod_13", "plate_6", "disk_100x5")}
    shares = shares_of(load_hand(name), some, 60)
    assert min(shares.values()) >= ENOUGH, shares


def test_the_parallel_gripper_has_two_arrays_of_7_x_4_that_stay_parallel_and_meet():
    hand = load_hand("robotiq_2f85_tsf85")
    assert [(pad.rows, pad.cols) for pad in hand.pads] == [(7, 4), (7, 4)]
    assert hand.actuated_joints == ("finger_joint",)
    assert hand.grasp_sentence == "'left' and 'right'"
    gaps = []
    for angle in (0.0, 0.4, 0.8):
        links = link_poses(hand, hand.joint_positions_at(np.array([angle])))
        left, right = (links[pad.joint] * pad.pose_in_link for pad in hand.pads)
        outwards = left.rotation.apply([1.0, 0.0, 0.0])
        assert outwards == pytest.approx(-right.rotation.apply([1.0, 0.0, 0.0]), abs=1e-6)
        gaps.append(float((right.translation - left.translation) @ outwards))
    # 85 mm of stroke, and no gap to speak of at its end.
    assert gaps[0] == pytest.approx(0.086, abs=0.002)
    assert gaps[2] == pytest.approx(0.0, abs=0.002)


def test_the_four_fingers_have_domes_of_three_components_and_drive_every_joint():
    hand = load_hand("allegro_gen3")
    assert [(pad.size, pad.components, pad.is_grid) for pad in hand.pads] == [(127, 3, False)] * 4
    assert len(hand.actuated_joints) == len(hand.joint_names) == 16
    assert hand.fingers[0].name == "thumb"


def test_paxinis_layouts_can_be_named_and_face_outwards():
    points, normals = vendor_layout("PX6AX-GEN3-DP-M2826-Omega")
    assert points.shape == normals.shape == (127, 3)
    assert np.ptp(points, axis=0) == pytest.approx([0.0133, 0.0255, 0.0278], abs=0.001)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(np.ones(127))
    # The shipped dome is this one, by part code as well.
    shipped = load_hand("allegro_gen3").pads[0]
    assert shipped.points == pytest.approx(vendor_layout("pxsr-stddp03b")[0], abs=1e-6)
    tip, side = points[:, 2].argmin(), points[:, 1].argmax()
    assert normals[tip, 2] < -0.9
    assert normals[side, 1] > 0.9
    # A flat one faces one way.
    assert vendor_layout("PXSR-STDMC03A")[1] == pytest.approx(np.tile([1.0, 0.0, 0.0], (9, 1)), abs=1e-6)


def test_a_sensor_that_paxini_does_not_make_is_one_sentence():
    with pytest.raises(ConfigError, match=r"PXSR-NOTHING.*has no such sensor; it has PXSR-STD"):
        vendor_layout("PXSR-NOTHING")


def test_a_hands_file_may_name_a_sensor_and_keeps_the_name_when_it_is_fitted(tmp_path):
    import yaml
    from made_hands import gripper, write

    from tacrefine.cli import main

    content = gripper()
    for finger in content["fingers"]:
        for pad in finger["pads"]:
            for key in ("rows", "cols", "pitch"):
                pad.pop(key)
            pad["taxels"] = "PXSR-STDMC03A"
    path = write(tmp_path, content)
    assert load_hand(path).taxel_count == 18
    main(["hands", "fit", str(path)])
    fitted = yaml.safe_load(path.read_text())
    assert [pad["taxels"] for finger in fitted["fingers"] for pad in finger["pads"]] == ["PXSR-STDMC03A"] * 2
    assert fitted["grasp_centre"] != content["grasp_centre"]
