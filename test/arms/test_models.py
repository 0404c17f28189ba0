"""Arms read from MJCF and URDF: names, limits, frames, and one sentence for what cannot be read."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tacrefine.errors import ConfigError, KinematicsError
from tacrefine.geometry import error_between, from_coordinates, transform
from tacrefine.sim.arm_kinematics import Kinematics
from tacrefine.sim.arm_model import load_arm

URDF = """
<robot name="two_joint">
  <link name="world"/>
  <link name="base_link"><visual><geometry><mesh filename="package://nowhere/a.stl"/></geometry></visual></link>
  <link name="upper"><collision><geometry><mesh filename="package://nowhere/b.dae"/></geometry></collision></link>
  <link name="lower"/>
  <link name="tool0"/>
  <joint name="mount" type="fixed">
    <parent link="world"/><child link="base_link"/><origin xyz="1 2 0.5" rpy="0 0 0.7"/>
  </joint>
  <joint name="shoulder" type="revolute">
    <parent link="base_link"/><child link="upper"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1.5" velocity="0.3" effort="10"/>
  </joint>
  <joint name="elbow" type="continuous">
    <parent link="upper"/><child link="lower"/><origin xyz="0.3 0 0"/><axis xyz="0 0 1"/>
  </joint>
  <joint name="flange" type="fixed"><parent link="lower"/><child link="tool0"/><origin xyz="0.2 0 0"/></joint>
</robot>
"""
WITH_MESH = """
<mujoco><asset><mesh name="shell" file="not_there.stl"/></asset>
  <worldbody>
    <body name="link"><joint name="turn" axis="0 0 1"/><geom type="mesh" mesh="shell"/>
      <body name="finger" pos="0.1 0 0"><joint name="grip" type="slide"/><geom type="mesh" mesh="shell"/></body>
      <site name="wrist" pos="0.1 0 0"/></body>
  </worldbody>
  <actuator><position joint="turn"/></actuator>
</mujoco>
"""


@pytest.fixture
def urdf(tmp_path):
    path = tmp_path / "arm.urdf"
    path.write_text(URDF)
    return str(path)


@pytest.fixture(scope="module")
def arm():
    return load_arm("seven_joint")


def test_a_urdf_gives_names_limits_speeds_and_frames_without_its_meshes(urdf):
    arm = load_arm(urdf, tip="tool0", root="base_link")
    assert arm.joint_names == ("shoulder", "elbow")
    assert np.allclose(arm.limits[0], [-1.0, 1.5])
    assert np.isinf(arm.limits[1]).all()
    assert arm.speeds[0] == pytest.approx(0.3)
    assert np.isinf(arm.speeds[1])
    assert np.allclose(arm.pose(np.zeros(2)).translation, [0.5, 0, 0], atol=1e-9)
    bent = arm.pose(np.array([0.0, np.pi / 2]))
    assert np.allclose(bent.translation, [0.3, 0.2, 0], atol=1e-9)
    assert np.allclose(bent.rotation.as_rotvec(), [0, 0, np.pi / 2], atol=1e-9)


@pytest.mark.parametrize("speed", ["fast", "", "nan", "-1", "0,5", "1 rad/s"])
def test_a_speed_limit_that_is_no_number_is_one_sentence_that_names_file_and_joint(tmp_path, speed):
    path = tmp_path / "arm.urdf"
    path.write_text(URDF.replace('velocity="0.3"', f'velocity="{speed}"'))
    with pytest.raises(ConfigError, match="'shoulder' has the velocity") as caught:
        load_arm(str(path), tip="tool0")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_mjcf_is_read_without_its_meshes_and_what_hangs_on_the_arm_does_not_count_as_arm(tmp_path):
    path = tmp_path / "arm.xml"
    path.write_text(WITH_MESH)
    assert load_arm(str(path)).joint_names == ("turn",)


def test_the_shipped_arm_has_seven_joints_and_reaches_the_simulated_object_from_its_home(arm):
    assert len(arm.joint_names) == 7
    assert arm.pose(arm.home).translation == pytest.approx([0.45, 0.10, 0.37], abs=0.02)
    assert ((arm.home > arm.limits[:, 0] + 0.3) & (arm.home < arm.limits[:, 1] - 0.3)).all()


@pytest.mark.parametrize(
    ("choice", "word"),
    [
        ({"name_or_path": ""}, "arm_model is empty"),
        ({"name_or_path": "eight_joint"}, "known: seven_joint"),
        ({"name_or_path": "/nowhere/arm.urdf"}, "no such file"),
        ({"tip": "hand"}, "arm_tip 'hand'"),
        ({"root": "table"}, "arm_root 'table'"),
        ({"joints": "shoulder, wrist_9"}, "arm_joints names 'wrist_9'"),
        ({"tip": "base_link"}, "no hinge or slide"),
        ({"tip": "upper", "root": "tool0"}, "not between"),
    ],
)
def test_a_wrong_choice_is_one_sentence_that_names_the_parameter(urdf, choice, word):
    with pytest.raises(ConfigError, match=word) as caught:
        load_arm(**({"name_or_path": urdf, "tip": "tool0"} | choice))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "no xml", "<robot name='x'><link name='a'/>", "<mujoco><body/></mujoco>"]
)
def test_a_file_that_is_no_arm_is_one_sentence(tmp_path, text):
    path = tmp_path / "broken.xml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"broken\.xml|arm_tip") as caught:
        load_arm(str(path))
    assert "\n" not in str(caught.value)


def test_inverse_kinematics_reach_poses_around_the_grasp_within_the_limits(arm):
    kinematics, rng = Kinematics(arm, margin=0.02), np.random.default_rng(0)
    middle = arm.pose(arm.home)
    for _ in range(20):
        target = middle * from_coordinates(rng.uniform(-1, 1, 6) * [0.04, 0.04, 0.04, 0.3, 0.3, 0.3])
        joints = kinematics.solve(arm.home, target)
        metres, radians = error_between(arm.pose(joints), target)
        assert metres < 3e-5
        assert radians < 2e-4
        assert ((joints >= arm.limits[:, 0]) & (joints <= arm.limits[:, 1])).all()


def test_joints_of_the_model_that_are_not_the_arms_stay_where_they_are(tmp_path):
    path = tmp_path / "arm.xml"
    path.write_text(
        WITH_MESH.replace('<site name="wrist"', '<site name="other"').replace(
            '<geom type="mesh" mesh="shell"/></body>', '<site name="wrist"/></body>'
        )
    )
    arm = load_arm(str(path), joints="turn")
    joints = Kinematics(arm).solve(
        np.zeros(1), transform((0.1 * np.cos(0.3), 0.1 * np.sin(0.3), 0), (0, 0, 0.3))
    )
    assert joints == pytest.approx([0.3], abs=1e-3)
    with pytest.raises(KinematicsError):
        Kinematics(arm).solve(
            np.zeros(1), transform((0.1, 0, 0.05))
        )  # the slide could, but it is not the arm's


def test_a_pose_out_of_reach_says_how_much_is_missing_and_which_joints_are_at_their_limits(arm):
    with pytest.raises(
        KinematicsError, match=r"mm and .* deg are left; at their limits: arm_joint"
    ) as caught:
        Kinematics(arm).solve(arm.home, arm.pose(arm.home) * transform((0.8, 0, 0)))
    assert "\n" not in str(caught.value)


def test_an_arm_that_stands_beyond_its_margin_is_not_moved(arm):
    joints = arm.home.copy()
    joints[3] = 2.295
    with pytest.raises(KinematicsError, match=r"arm_joint_4.*arm_joint_margin"):
        Kinematics(arm, margin=0.02).solve(joints, arm.pose(arm.home))


def test_without_mink_one_sentence_says_how_to_get_it(arm, monkeypatch):
    monkeypatch.setitem(sys.modules, "mink", None)
    with pytest.raises(ConfigError, match=r"tacrefine\[arm\]"):
        Kinematics(arm)
