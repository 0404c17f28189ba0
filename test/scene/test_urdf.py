"""Robot descriptions: read back by MuJoCo's own reader of URDF, they stand where the hand's kinematics say."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tacrefine.cli import main
from tacrefine.errors import ConfigError
from tacrefine.geometry import error_between, transform
from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import link_poses
from tacrefine.scene.arm_urdf import describe_robot
from tacrefine.sim.arm_model import load_arm

HANDS = ("five_finger", "inspire_rh56dftp")


def close(a, b) -> bool:
    metres, radians = error_between(a, b)
    return metres < 1e-6 and radians < 1e-6


@pytest.mark.parametrize("name", HANDS)
def test_pads_and_grasp_centre_stand_where_the_kinematics_of_the_hand_put_them(tmp_path, name):
    hand = load_hand(name)
    path = tmp_path / "hand.urdf"
    path.write_text(describe_robot(hand), encoding="utf-8")
    low, high = hand.joint_limits.T
    joints = low + np.random.default_rng(1).uniform(0.2, 0.8, len(low)) * (high - low)
    links = link_poses(hand, joints)
    for pad in hand.pads:
        if pad.joint is None:
            continue
        found = load_arm(str(path), tip=pad.frame_id, root=hand.wrist_frame)
        at = dict(zip(hand.joint_names, joints, strict=True))
        pose = found.pose(np.array([at[joint] for joint in found.joint_names]))
        assert close(pose, links[pad.joint] * pad.pose_in_link)
    tree = ElementTree.parse(path).getroot()
    origin = tree.find("joint[@name='grasp_centre_joint']/origin")
    assert np.allclose(np.array(origin.get("xyz").split(), float), hand.wrist_from_centre.translation)


@pytest.mark.parametrize("name", HANDS)
def test_limits_and_couplings_are_those_of_the_hand(name):
    hand = load_hand(name)
    tree = ElementTree.fromstring(describe_robot(hand))
    for joint in hand.joints:
        element = tree.find(f"joint[@name='{joint.name}']")
        limit, mimic = element.find("limit"), element.find("mimic")
        assert (float(limit.get("lower")), float(limit.get("upper"))) == pytest.approx(joint.limits)
        assert float(limit.get("velocity")) > 0.0
        assert (mimic is None) == (joint.mimic is None)
        if joint.mimic is not None:
            assert mimic.get("joint") == joint.mimic.joint
            assert float(mimic.get("multiplier")) == pytest.approx(joint.mimic.ratio)


def test_every_link_has_one_parent_but_the_root_and_every_name_is_used_once():
    tree = ElementTree.fromstring(describe_robot(load_hand(), "left_", "seven_joint"))
    links = [link.get("name") for link in tree.findall("link")]
    joints = [joint.get("name") for joint in tree.findall("joint")]
    children = [joint.find("child").get("link") for joint in tree.findall("joint")]
    assert len(links) == len(set(links))
    assert len(joints) == len(set(joints))
    assert sorted(children) == sorted(set(links) - {"left_base"})
    assert all(link.startswith("left_") for link in links)


def test_the_arm_of_the_simulation_carries_the_hand_as_its_own_file_says(tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(describe_robot(load_hand(), arm="seven_joint"), encoding="utf-8")
    arm, written = load_arm("seven_joint"), load_arm(str(path), tip="hand_wrist", root="base")
    assert written.joint_names == arm.joint_names
    assert np.allclose(written.limits, arm.limits)
    joints = arm.home + 0.1
    assert close(written.pose(joints), arm.pose(joints))


def test_joints_beside_the_origin_of_their_body_and_two_in_one_body_are_kept(tmp_path):
    mjcf, urdf = tmp_path / "arm.xml", tmp_path / "arm.urdf"
    mjcf.write_text(
        """<mujoco><worldbody><body name="a" pos="0.1 0 0.2" euler="0 30 0">
        <joint name="turn" axis="0 0 1" pos="0.05 0 0"/><joint name="slide" type="slide" axis="1 0 0"/>
        <geom size="0.02"/><body name="b" pos="0 0 0.3"><joint name="bend" axis="0 1 0" pos="0 0 -0.1"/>
        <geom type="box" size="0.01 0.02 0.03"/><site name="wrist" pos="0 0 0.1"/></body></body>
        </worldbody></mujoco>"""
    )
    urdf.write_text(describe_robot(load_hand(), arm=str(mjcf)))
    arm, written = load_arm(str(mjcf)), load_arm(str(urdf), tip="hand_wrist", root="base")
    joints = np.array([0.3, 0.02, -0.5])
    assert close(written.pose(joints), arm.pose(joints))


def test_the_urdf_of_an_arm_is_taken_as_it_is_and_the_hand_hangs_on_its_tip(tmp_path):
    path = tmp_path / "arm.urdf"
    path.write_text(
        """<robot name="mine"><link name="base_link"/><link name="tool0"/><joint name="j" type="revolute">
        <parent link="base_link"/><child link="tool0"/><origin xyz="0 0 0.4"/><axis xyz="0 1 0"/>
        <limit lower="-1" upper="1" effort="9" velocity="2"/></joint></robot>"""
    )
    whole = tmp_path / "whole.urdf"
    whole.write_text(describe_robot(load_hand(), arm=str(path), arm_tip="tool0"))
    written = load_arm(str(whole), tip="hand_wrist", root="base_link")
    assert close(written.pose(np.zeros(1)), transform((0, 0, 0.4)))
    assert ElementTree.parse(whole).getroot().get("name") == "mine"
    with pytest.raises(ConfigError, match=r"arm_tip 'flange' is no link of .*tool0"):
        describe_robot(load_hand(), arm=str(path), arm_tip="flange")


def test_the_command_writes_the_description_or_prints_it(tmp_path, capsys):
    out = tmp_path / "new" / "hand.urdf"
    assert main(["hands", "description", "inspire_rh56dftp", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: written\n"
    assert main(["hands", "description", "inspire_rh56dftp"]) == 0
    assert capsys.readouterr().out == out.read_text()
    assert main(["hands", "description", "--arm", "no_such_arm"]) == 2
    assert "no arm named 'no_such_arm'" in capsys.readouterr().err
