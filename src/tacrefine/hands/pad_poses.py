"""Forward kinematics of many postures at once: where every pad lies in the grasp-centre frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import transform
from tacrefine.hands.hand import Hand


class PadPoses:
    """Poses of a hand's pads from joint positions, a level of the joint tree at a time."""

    def __init__(self, hand: Hand) -> None:
        joints = hand.joints
        number = {joint.name: i + 1 for i, joint in enumerate(joints)}  # 0 is the palm
        parents = np.array([number.get(joint.parent or "", 0) for joint in joints], int)
        depth = np.zeros(len(joints) + 1, int)
        for i, parent in enumerate(parents):  # a hand lists parents first
            depth[i + 1] = depth[parent] + 1
        self._levels = [
            (np.flatnonzero(depth[1:] == level), parents[depth[1:] == level])
            for level in range(1, depth.max() + 1)
        ]
        self._origins = np.zeros((len(joints), 4, 4))
        self._skew = np.zeros((len(joints), 3, 3))
        for i, joint in enumerate(joints):
            self._origins[i] = transform(joint.origin.position, joint.origin.rotation_vector).as_matrix()
            x, y, z = np.asarray(joint.axis, float)
            self._skew[i] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
        self._squared = self._skew @ self._skew
        self._slides = np.array([joint.is_prismatic for joint in joints])
        self._axes = np.array([joint.axis for joint in joints], float).reshape(-1, 3)
        self._links = np.array([number.get(pad.joint or "", 0) for pad in hand.pads], int)
        self._pads = np.stack([pad.pose_in_link.as_matrix() for pad in hand.pads])
        self._palm = hand.centre_from_wrist.as_matrix()

    def __call__(self, joints: NDArray[np.floating]) -> NDArray[np.float64]:
        """Homogeneous matrices ``(n, P, 4, 4)`` in the grasp-centre frame (m); joints ``(n, J)`` rad or m."""
        positions = np.asarray(joints, float)
        angles = np.where(self._slides, 0.0, positions)[..., None, None]
        local = np.zeros((*angles.shape[:2], 4, 4))
        local[..., :3, :3] = np.eye(3) + np.sin(angles) * self._skew + (1 - np.cos(angles)) * self._squared
        local[..., :3, 3] = np.where(self._slides, positions, 0.0)[..., None] * self._axes
        local[..., 3, 3] = 1.0
        local = self._origins @ local
        links = np.empty((len(angles), len(self._origins) + 1, 4, 4))
        links[:, 0] = self._palm
        for members, parents in self._levels:
            links[:, members + 1] = links[:, parents] @ local[:, members]
        return links[:, self._links] @ self._pads
