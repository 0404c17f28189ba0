"""Forward kinematics of many postures at once, on plain matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import cross_matrix, transform
from tacrefine.hands.hand import Hand

Array = NDArray[np.float64]


class LinkPoses:
    """Poses of a hand's links from joint positions, a level of the joint tree at a time."""

    def __init__(self, hand: Hand, palm: Array | None = None) -> None:
        """`palm`: matrix (4, 4) of the palm in the frame that poses are asked in; None: that frame is the palm's."""
        joints = hand.joints
        self.numbers: dict[str | None, int] = {None: 0} | {joint.name: i for i, joint in enumerate(joints, 1)}
        """of each link among the poses, by the joint that carries it; None: the palm"""
        self.parents = np.array([self.numbers[joint.parent] for joint in joints], int)
        """(J,) number of the link that each joint stands on"""
        self._palm = np.eye(4) if palm is None else palm
        depth = np.zeros(len(joints) + 1, int)
        for i, parent in enumerate(self.parents):  # a hand lists parents first
            depth[i + 1] = depth[parent] + 1
        self._levels = [
            (np.flatnonzero(depth[1:] == level), self.parents[depth[1:] == level])
            for level in range(1, depth.max() + 1)
        ]
        self._origins = np.zeros((len(joints), 4, 4))
        self._skew = np.zeros((len(joints), 3, 3))
        for i, joint in enumerate(joints):
            self._origins[i] = transform(joint.origin.position, joint.origin.rotation_vector).as_matrix()
            self._skew[i] = cross_matrix(np.asarray(joint.axis, float))
        self._squared = self._skew @ self._skew
        self._slides = np.array([joint.is_prismatic for joint in joints], bool)
        self._axes = np.array([joint.axis for joint in joints], float).reshape(-1, 3)

    def __call__(self, joints: NDArray[np.floating]) -> Array:
        """Homogeneous matrices ``(..., 1 + J, 4, 4)`` m, the palm first; joints ``(..., J)`` rad or m."""
        positions = np.asarray(joints, float)
        angles = np.where(self._slides, 0.0, positions)[..., None, None]
        local = np.zeros((*positions.shape, 4, 4))
        local[..., :3, :3] = np.eye(3) + np.sin(angles) * self._skew + (1 - np.cos(angles)) * self._squared
        local[..., :3, 3] = np.where(self._slides, positions, 0.0)[..., None] * self._axes
        local[..., 3, 3] = 1.0
        local = self._origins @ local
        links = np.empty((*positions.shape[:-1], len(self._origins) + 1, 4, 4))
        links[..., 0, :, :] = self._palm
        for members, parents in self._levels:
            links[..., members + 1, :, :] = links[..., parents, :, :] @ local[..., members, :, :]
        return links
