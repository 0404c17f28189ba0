"""Where the links and taxels of a hand are, on plain matrices: two hundred times as fast as poses one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.hands.link_poses import LinkPoses

Array = NDArray[np.float64]


class HandChain:
    """Forward kinematics of one hand in its wrist frame; joints are ``(J,)`` rad or m, in the hand's order."""

    def __init__(self, hand: Hand) -> None:
        self._poses = LinkPoses(hand)
        self._links = np.array([self._poses.numbers[pad.joint] for pad in hand.pads], int)
        self._pads = np.array([pad.pose_in_link.as_matrix() for pad in hand.pads])
        self._points = [np.asarray(pad.points, float) for pad in hand.pads]
        self._roots = [int(number) + 1 for number in np.flatnonzero(self._poses.parents == 0)]
        self._pad_ends = np.flatnonzero(self._links > 0)

    def links(self, joints: NDArray[np.floating]) -> Array:
        """Poses of all links ``(1 + J, 4, 4)`` m; the first is the palm."""
        return np.asarray(self._poses(joints))

    def taxels(self, links: Array) -> Array:
        """Centres of all taxels ``(T, 3)`` m, from poses of the links."""
        pads = links[self._links] @ self._pads
        return np.concatenate(
            [points @ pose[:3, :3].T + pose[:3, 3] for points, pose in zip(self._points, pads, strict=True)]
        )

    def bones(self, links: Array) -> Array:
        """Lines ``(S, 2, 3)`` m that stand for the hand: palm to fingers, joint to joint, last joint to its pads."""
        places = links[:, :3, 3]
        starts, ends = [], []
        for child, parent in enumerate(self._poses.parents, 1):
            starts.append(places[parent])
            ends.append(places[child])
        pads = (links[self._links] @ self._pads)[:, :3, 3]
        for number in self._pad_ends:
            starts.append(places[self._links[number]])
            ends.append(pads[number])
        ring = sorted(self._roots, key=lambda number: float(np.arctan2(places[number, 1], places[number, 0])))
        for first, second in zip(ring, ring[1:] + ring[:1], strict=True):
            starts.append(places[first])
            ends.append(places[second])
        return np.stack([starts, ends], axis=1) if starts else np.zeros((0, 2, 3))
