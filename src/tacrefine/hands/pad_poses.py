"""Forward kinematics of many postures at once: where every pad lies in the grasp-centre frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands.hand import Hand
from tacrefine.hands.link_poses import LinkPoses


class PadPoses:
    """Poses of a hand's pads from joint positions."""

    def __init__(self, hand: Hand) -> None:
        self._links = LinkPoses(hand, hand.centre_from_wrist.as_matrix())
        self._carriers = np.array([self._links.numbers[pad.joint] for pad in hand.pads], int)
        self._pads = np.stack([pad.pose_in_link.as_matrix() for pad in hand.pads])

    def __call__(self, joints: NDArray[np.floating]) -> NDArray[np.float64]:
        """Homogeneous matrices ``(n, P, 4, 4)`` in the grasp-centre frame (m); joints ``(n, J)`` rad or m."""
        return np.asarray(self._links(joints)[:, self._carriers] @ self._pads)
