"""Hands that nobody built: fingers, links, postures, pads and skins at random, to train one policy for any hand.

A hand is made backwards. Each finger's pad is put where it meets the object at the nominal grasp, facing it more or
less; then the chain of links is led from there towards the wrist, with a random bend at every joint. So every hand
closes on the object, however unlike its fingers are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tacrefine.data.hand_family import HandFamily
from tacrefine.data.random_fingers import (
    LEAST_LEVER,
    coupled,
    finger_frames,
    origin,
    own_drives,
    turning_joints,
)
from tacrefine.data.random_grippers import Jaws
from tacrefine.data.random_pads import PadLayout
from tacrefine.data.sampler import Sampler
from tacrefine.geometry import RigidTransform, Rotation, transform
from tacrefine.hands import Hand
from tacrefine.hands.description import HandDescription

ODD = 0.33
"""share of hands with a posture out of the common"""


def random_hand(rng: np.random.Generator, family: HandFamily, name: str = "random") -> Hand:
    """One hand of the family; the same state of `rng` gives the same hand."""
    return Hand(HandDescription.model_validate(_Maker(Sampler(rng), family).description(name)))


class _Maker:
    """Samples one hand's description; the grasp-centre frame is the wrist's, moved along z."""

    def __init__(self, sampler: Sampler, family: HandFamily) -> None:
        s = sampler
        self.sampler, self.family = sampler, family
        self.joints: list[dict[str, Any]] = []
        self.fingers: list[dict[str, Any]] = []
        self.reach = s.uniform((0.05, 0.16))
        self.layout = PadLayout(sampler, family)
        self.force = s.log_uniform(family.force)
        self.jaws = Jaws(sampler, family, self.force) if s.chance(family.grippers) else None
        self.links = s.integer(family.links)
        self.own_drives = s.chance(family.own_drives)
        self.abduction = self.own_drives and s.chance(family.abduction)
        self.shared_drive = not self.own_drives and s.chance(family.shared_drive)
        self.tilt, self.bend = s.uniform(family.tilt), s.uniform(family.bend)
        self.azimuth = s.uniform(family.azimuth) if s.chance(ODD) and self.jaws is None else 0.0
        self.further = s.uniform(family.overshoot)
        self.ratios = [1.0, *(s.log_uniform(family.coupling) for _ in range(self.links - 1))]
        self.leader: str | None = None
        """first joint of the opposed fingers, where the others follow it"""
        self.has_second = s.chance(family.second_pad) and self.links > 1 and self.jaws is None
        self.has_tip = s.chance(family.tip_pad) and self.jaws is None

    def description(self, name: str) -> dict[str, Any]:
        """What the hand's file would say."""
        f, s = self.family, self.sampler
        count = 1 if self.jaws else s.integer(f.opposed_fingers)
        spacing = s.uniform(f.spacing)
        edge = spacing * (count - 1) / 2
        side = 0.0 if self.jaws else s.uniform(f.thumb_side)
        low = s.uniform(f.hand_height) if s.chance(ODD) else 0.0
        thumb = s.uniform(f.thumb_height) if s.chance(ODD) and self.jaws is None else 0.0
        self._finger("thumb", float(np.clip(side, -edge - 0.004, edge + 0.004)), -1.0, low + thumb)
        for number in range(count):
            self._finger(f"finger_{number + 1}", edge - number * spacing, 1.0, low)
        needed = (
            {"needs": ["thumb", "finger_1"]} if count == 1 else {"needs": ["thumb"], "others": min(2, count)}
        )
        if s.chance(f.palm):
            self._palm()
        pitch = self.layout.pitch
        full_scale = s.log_uniform(f.pressure) * pitch**2
        return {
            "name": name,
            "wrist_frame": "hand_wrist",
            "grasp_centre": {"position": [0.0, 0.0, -self.reach]},
            "skin": {
                "taxel_radius": min(s.uniform((0.3, 0.5)) * pitch, 0.002),
                "backing_depth": s.uniform((0.0015, 0.0035)),
                "full_scale": full_scale,
            },
            "closing_time": 2.0,
            "contact_force": float(np.clip(0.005 * self.layout.count * full_scale, 0.15, 0.3 * self.force)),
            "grasp": needed,
            "joints": self.joints,
            "fingers": self.fingers,
        }

    def _finger(self, name: str, y: float, direction: float, low: float) -> None:
        """Add a finger that closes along `direction` times x, whose pad lies at `y` along the row and `low` along z."""
        pad = self._pad_pose(y, direction, low)
        if self.jaws is not None:
            joints, last = self.jaws.joints(name, pad)
            self.joints += joints
        else:
            last = self._chain(name, pad, direction)
        carrier = self.joints[-1]["name"]
        pads = [
            {"name": f"{name}_pad", "joint": carrier, "origin": origin(last.inv() * pad), **self.layout.main}
        ]
        if self.has_tip:
            beyond = pad * transform((-0.001, 0.0, -self.layout.length / 2 - 0.003), (0.0, 0.5, 0.0))
            at = origin(last.inv() * beyond)
            pads.append({"name": f"{name}_tip", "joint": carrier, "origin": at, **self.layout.small})
        if self.has_second:
            s = self.sampler
            at = origin(transform((s.uniform((0.005, 0.01)), 0.0, -s.uniform((0.008, 0.02)))))
            before = self.joints[-2]["name"]
            pads.append({"name": f"{name}_base", "joint": before, "origin": at, **self.layout.main})
        self.fingers.append({"name": name, "pads": pads})

    def _chain(self, name: str, pad: RigidTransform, direction: float) -> RigidTransform:
        """Add the joints of a finger; the frame of its last one."""
        s = self.sampler
        frames = finger_frames(s, self.family, pad, self.links, self.bend)
        names = [f"{name}_{i}" for i in range(len(frames))]
        lever = max(float(np.linalg.norm(frames[0].translation - pad.translation)), LEAST_LEVER)
        if self.own_drives:
            contact, moved = own_drives(s, self.force, pad, frames, self.further)
        else:
            contact, moved = coupled(s, self.force, lever, names[0], self.ratios, self.further)
            if self.shared_drive and direction > 0:
                moved = self._following(names[0], contact[0], moved)
        joints = turning_joints(names, frames, contact, moved)
        if self.abduction:
            joints = _with_abduction(f"{name}_root", joints, self.force * lever)
        self.joints += joints
        return frames[-1]

    def _following(self, first: str, contact: float, moved: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Let the first joint of an opposed finger follow that of the first one."""
        if self.leader is None:
            self.leader, self.led_at = first, contact
            return moved
        follow = {"joint": self.leader, "ratio": 1.0, "offset": contact - self.led_at}
        return [{"mimic": follow}, *moved[1:]]

    def _pad_pose(self, y: float, direction: float, low: float) -> RigidTransform:
        """Where a pad meets the object, in the wrist's frame: x out of the skin, z towards the wrist."""
        f, s = self.family, self.sampler
        facing = Rotation.from_rotvec([0.0, 0.0, 0.0 if direction > 0 else np.pi])
        swing = direction * float(np.sign(y) or 1.0) * self.azimuth + s.normal(0.05)
        twist = s.uniform(f.twist) * (1.0 if direction < 0 else 1.0 / 3.0)
        if self.jaws is not None:
            twist = 0.0
        turn = Rotation.from_rotvec([0.0, 0.0, swing]) * facing
        turn = turn * Rotation.from_rotvec([0.0, self.tilt + s.normal(0.08), 0.0])
        turn = turn * Rotation.from_rotvec([twist, 0.0, 0.0])
        height = s.uniform(f.height) if self.jaws is None else s.normal(0.001)
        return RigidTransform.from_components([0.0, y, height + low - self.reach], turn)

    def _palm(self) -> None:
        """Add a palm that faces the object."""
        down = transform((0.0, 0.0, -self.sampler.uniform((0.0, 0.4)) * self.reach), (0.0, np.pi / 2, 0.0))
        pad = {"name": "palm", "origin": origin(down), **self.layout.palm()}
        self.fingers.append({"name": "palm", "pads": [pad]})


def _with_abduction(name: str, joints: list[dict[str, Any]], torque: float) -> list[dict[str, Any]]:
    """The chain with one more joint at its root, that turns it sideways and holds its posture."""
    drive = {
        "stiffness": 20.0 * torque,
        "damping": 0.4 * torque,
        "torque_limit": 2.0 * torque,
        "open": 0.0,
        "closed": 0.0,
        "role": "posture",
    }
    first = {**joints[0], "parent": name, "origin": {}}
    root = {
        "name": name,
        "origin": joints[0]["origin"],
        "axis": [1.0, 0.0, 0.0],
        "limits": [-1.0, 1.0],
        "drive": drive,
    }
    return [root, first, *joints[1:]]
