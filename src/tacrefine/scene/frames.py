"""Frames of a hand as TF wants them: each where it stands in its parent, in plain numbers, since it is done often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tacrefine.geometry import (
    Quaternion,
    RigidTransform,
    Triple,
    quaternion_from_vector,
    quaternion_product,
    rotated,
    transform,
)
from tacrefine.hands import Hand
from tacrefine.scene.names import CENTRE, link_of


class Frame(NamedTuple):
    """Where `child` stands in `parent`: position m, quaternion x y z w."""

    parent: str
    child: str
    position: Triple
    quaternion: Quaternion


def frame_of(parent: str, child: str, pose: RigidTransform) -> Frame:
    """A frame from a pose, m."""
    x, y, z = map(float, pose.translation)
    i, j, k, w = map(float, pose.rotation.as_quat())
    return Frame(parent, child, (x, y, z), (i, j, k, w))


class HandFrames:
    """The frames of one hand: links by the joints that move them, pads, grasp centre."""

    def __init__(self, hand: Hand, prefix: str = "") -> None:
        self.hand, self._prefix = hand, prefix
        self.wrist = f"{prefix}{hand.wrist_frame}"
        self._joints = []
        for joint in hand.joints:
            origin = frame_of(
                self.link(joint.parent),
                self.link(joint.name),
                transform(joint.origin.position, joint.origin.rotation_vector),
            )
            x, y, z = map(float, joint.axis)
            self._joints.append((joint.name, origin, (x, y, z), joint.is_prismatic))

    def named(self, name: str) -> str:
        """A name behind the prefix."""
        return f"{self._prefix}{name}"

    def link(self, joint: str | None) -> str:
        """The frame of the link that a joint moves; None: the wrist."""
        return self.named(link_of(joint, self.hand.wrist_frame))

    def fixed(self) -> list[Frame]:
        """Pads on their links and the grasp centre in the wrist: these never move."""
        pads = [
            frame_of(self.link(pad.joint), self.named(pad.frame_id), pad.pose_in_link)
            for pad in self.hand.pads
        ]
        return [frame_of(self.wrist, self.named(CENTRE), self.hand.wrist_from_centre), *pads]

    def links(self, positions: Mapping[str, float]) -> list[Frame]:
        """Links in their parents at joint positions, rad or m."""
        return [_moved(origin, axis, positions[name], slides) for name, origin, axis, slides in self._joints]


def _moved(origin: Frame, axis: Triple, position: float, slides: bool) -> Frame:
    x, y, z = axis[0] * position, axis[1] * position, axis[2] * position
    if slides:
        a, b, c = rotated(origin.quaternion, (x, y, z))
        px, py, pz = origin.position
        return origin._replace(position=(px + a, py + b, pz + c))
    return origin._replace(quaternion=quaternion_product(origin.quaternion, quaternion_from_vector(x, y, z)))
