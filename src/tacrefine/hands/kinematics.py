"""Forward kinematics of a hand in its wrist frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, transform
from tacrefine.hands.hand import Hand
from tacrefine.hands.pad_poses import PadPoses


def link_poses(hand: Hand, joints: NDArray[np.floating]) -> dict[str | None, RigidTransform]:
    """Pose of every link in the wrist frame, by the joint (None: the palm) that carries it; joints ``(J,)``."""
    poses: dict[str | None, RigidTransform] = {None: RigidTransform.identity()}
    for joint, position in zip(hand.joints, joints, strict=True):
        along = float(position) * np.asarray(joint.axis, float)
        turn = transform(along) if joint.is_prismatic else transform(rotation_vector=along)
        origin = transform(joint.origin.position, joint.origin.rotation_vector)
        poses[joint.name] = poses[joint.parent] * origin * turn
    return poses


def taxel_places(hand: Hand, joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Centres of all taxels ``(T, 3)`` m in the wrist frame; joints ``(J,)`` rad."""
    links = link_poses(hand, joints)
    return np.concatenate([(links[pad.joint] * pad.pose_in_link).apply(pad.points) for pad in hand.pads])


def link_segments(hand: Hand, joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Lines ``(S, 2, 3)`` m in the wrist frame that links lie along: joint to joint, last joint to its pads."""
    links = link_poses(hand, joints)
    segments = [
        (links[joint.parent].translation, links[joint.name].translation)
        for joint in hand.joints
        if joint.parent is not None
    ]
    segments += [
        (links[pad.joint].translation, (links[pad.joint] * pad.pose_in_link).translation)
        for pad in hand.pads
        if pad.joint is not None
    ]
    return np.array(segments, float).reshape(-1, 2, 3)


class PadPlaces:
    """Where the pads of a hand are, in the frame of its grasp centre: fast enough for a control loop."""

    def __init__(self, hand: Hand) -> None:
        self._poses = PadPoses(hand)
        self._local = np.zeros((len(hand.pads), 4, 2))
        for local, pad in zip(self._local, hand.pads, strict=True):
            local[:3, 0], local[3, 0] = pad.points.mean(axis=0), 1.0
            local[:3, 1] = pad.normals.mean(axis=0)

    def __call__(self, joints: NDArray[np.floating]) -> NDArray[np.float64]:
        """Centre (m) and unit normal of every pad, ``(P, 2, 3)``; joints ``(J,)`` rad or m."""
        poses = self._poses(np.asarray(joints, float)[None])[0]
        places = (poses @ self._local)[:, :3].swapaxes(-1, -2)
        places[:, 1] /= np.linalg.norm(places[:, 1], axis=1, keepdims=True)
        return places
