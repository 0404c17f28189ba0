"""Forward kinematics of many postures at once."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.data.hand_family import HandFamily
from tacrefine.data.random_hands import random_hand
from tacrefine.hands import Hand, load_hand
from tacrefine.hands.kinematics import link_poses
from tacrefine.hands.pad_poses import PadPoses

JAWS = random_hand(np.random.default_rng(1), HandFamily(grippers=1.0, sliding=1.0))


@pytest.mark.parametrize(
    "hand", [load_hand(), load_hand("inspire_rh56dftp"), JAWS], ids=lambda hand: hand.name
)
def test_pads_lie_where_the_links_that_carry_them_are(hand: Hand) -> None:
    joints = np.random.default_rng(0).uniform(
        -0.02, 0.02 if hand is JAWS else 1.0, (3, len(hand.joint_names))
    )
    found = PadPoses(hand)(joints)
    for row, posture in zip(found, joints, strict=True):
        links = link_poses(hand, posture)
        for pose, pad in zip(row, hand.pads, strict=True):
            expected = hand.centre_from_wrist * links[pad.joint] * pad.pose_in_link
            np.testing.assert_allclose(pose, expected.as_matrix(), atol=1e-12)
