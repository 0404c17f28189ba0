"""Frames for TF: the tree of a hand ends where its kinematics say."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.frame_tree import FrameTree
from tacrefine.geometry import error_between, from_quaternion
from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import link_poses
from tacrefine.scene.frames import HandFrames


@pytest.mark.parametrize("name", ["five_finger", "inspire_rh56dftp"])
@pytest.mark.parametrize("prefix", ["", "left/"])
def test_pads_stand_in_the_tree_where_forward_kinematics_put_them(name, prefix):
    hand = load_hand(name)
    frames, tree = HandFrames(hand, prefix), FrameTree()
    low, high = hand.joint_limits.T
    joints = low + 0.7 * (high - low)
    for frame in [*frames.fixed(), *frames.links(dict(zip(hand.joint_names, joints, strict=True)))]:
        tree.observe(frame.parent, frame.child, from_quaternion(frame.position, frame.quaternion))
    links = link_poses(hand, joints)
    for pad in hand.pads:
        found = tree.pose(f"{prefix}{hand.wrist_frame}", f"{prefix}{pad.frame_id}")
        metres, radians = error_between(found, links[pad.joint] * pad.pose_in_link)
        assert metres < 1e-9
        assert radians < 1e-7
    centre = tree.pose(f"{prefix}{hand.wrist_frame}", f"{prefix}grasp_centre")
    assert np.allclose(centre.as_matrix(), hand.wrist_from_centre.as_matrix())
    assert all(name.startswith(prefix) for name in tree.frames)
