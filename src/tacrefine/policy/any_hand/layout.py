"""A hand as the any-hand network sees it: where its taxels lie on the pads, and where the pads lie in the grasp.

P pads, K taxels of the largest pad; smaller pads are filled up with taxels that never feel anything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.hands.pad_poses import PadPoses

TAXEL_FEATURES = 6
"""place in the pad's frame in units of PAD_SCALE, outward normal"""
PAD_FEATURES = 5
POSE_FEATURES = 12
PAD_SCALE = 0.006
"""m"""
HAND_SCALE = 0.02
"""m"""
FORCE_SCALE = 0.1
"""N on one taxel"""


class HandLayout:
    """Turns readings and joint positions of one hand into the network's inputs."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self._poses = PadPoses(hand)
        largest = max(pad.size for pad in hand.pads)
        self.taxels = np.zeros((len(hand.pads), largest, TAXEL_FEATURES), np.float32)
        """(P, K, TAXEL_FEATURES)"""
        self.pads = np.stack([_pad_features(pad.points, pad.full_scale_n) for pad in hand.pads])
        """(P, PAD_FEATURES)"""
        # A reading beyond the last stands for a taxel that is not there.
        self._take = np.full((len(hand.pads), largest), hand.taxel_count)
        for row, pad, part in zip(range(len(hand.pads)), hand.pads, hand.pad_slices, strict=True):
            self.taxels[row, : pad.size, :3] = pad.points / PAD_SCALE
            self.taxels[row, : pad.size, 3:] = pad.normals
            self._take[row, : pad.size] = np.arange(part.start, part.stop)
        self._scale = hand.full_scale / FORCE_SCALE

    def forces(self, tactile: NDArray[np.float32]) -> NDArray[np.float32]:
        """Forces ``(n, P, K)`` in units of FORCE_SCALE, from readings ``(n, T)`` 0..1 without NaN."""
        forces = np.zeros((len(tactile), tactile.shape[1] + 1), np.float32)
        forces[:, :-1] = tactile * self._scale
        return forces[:, self._take]

    def poses(self, joints: NDArray[np.floating]) -> NDArray[np.float32]:
        """Poses of the pads ``(n, P, 12)`` in the grasp-centre frame: three axes, then the place in HAND_SCALE."""
        matrices = self._poses(joints)
        axes = matrices[..., :3, :3].swapaxes(-1, -2).reshape(*matrices.shape[:2], 9)
        return np.concatenate([axes, matrices[..., :3, 3] / HAND_SCALE], axis=-1).astype(np.float32)


def _pad_features(points: NDArray[np.float64], full_scale: float) -> NDArray[np.float32]:
    """Extent of the pad in its frame (three), the distance of its taxels, the force at which one saturates."""
    extent = np.ptp(points, axis=0) / PAD_SCALE
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) if len(points) > 1 else np.ones((1, 1))
    np.fill_diagonal(apart, np.inf)
    nearest = np.median(apart.min(axis=1)) if len(points) > 1 else PAD_SCALE
    return np.array([*extent, nearest / 0.001, np.log(full_scale / FORCE_SCALE)], np.float32)
