"""Frames for TF: the tree that a description gives ends where the hand's kinematics say."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.frame_tree import FrameTree
from tacrefine.geometry import error_between, from_quaternion
from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import link_poses
from tacrefine.scene.arm_urdf import describe_robot
from tacrefine.scene.frames import RobotFrames
from tacrefine.sim.arm_model import load_arm


def tree_of(frames: RobotFrames, positions) -> FrameTree:
    tree = FrameTree()
    for frame in [*frames.fixed, *frames.moving(positions)]:
        tree.observe(frame.parent, frame.child, from_quaternion(frame.position, frame.quaternion))
    return tree


def halfway(hand):
    low, high = hand.joint_limits.T
    driven = [name in hand.actuated_joints for name in hand.joint_names]
    return hand.joint_positions_at((low + 0.7 * (high - low))[driven])


@pytest.mark.parametrize("name", ["five_finger", "inspire_rh56dftp"])
@pytest.mark.parametrize("prefix", ["", "left/"])
@pytest.mark.parametrize("only_driven", [False, True])
def test_pads_stand_in_the_tree_where_forward_kinematics_put_them(name, prefix, only_driven):
    hand = load_hand(name)
    joints = halfway(hand)
    told = dict(zip(hand.joint_names, joints, strict=True))
    if only_driven:
        told = {joint: told[joint] for joint in hand.actuated_joints}
    tree = tree_of(RobotFrames(describe_robot(hand, prefix)), told)
    links = link_poses(hand, joints)
    for pad in hand.pads:
        found = tree.pose(f"{prefix}{hand.wrist_frame}", f"{prefix}{pad.frame_id}")
        metres, radians = error_between(found, links[pad.joint] * pad.pose_in_link)
        assert metres < 1e-8
        assert radians < 1e-7
    centre = tree.pose(f"{prefix}{hand.wrist_frame}", f"{prefix}grasp_centre")
    assert np.allclose(centre.as_matrix(), hand.wrist_from_centre.as_matrix())
    assert all(name.startswith(prefix) for name in tree.frames)


def test_an_arm_carries_the_wrist_to_where_its_own_model_says():
    arm = load_arm("seven_joint")
    frames = RobotFrames(describe_robot(load_hand(), arm="seven_joint"))
    tree = tree_of(frames, dict(zip(arm.joint_names, arm.home, strict=True)))
    metres, radians = error_between(tree.pose("base", "hand_wrist"), arm.pose(arm.home))
    assert metres < 1e-7
    assert radians < 1e-6


def test_joints_that_nobody_tells_are_left_out():
    frames = RobotFrames(describe_robot(load_hand()))
    assert frames.moving({}) == []
    assert [frame.child for frame in frames.moving({"thumb_mcp": float("nan"), "index_mcp": 0.1})] == [
        "index_mcp_link",
        "index_pip_link",
    ]
