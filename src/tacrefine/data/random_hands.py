"""Hands that nobody built: fingers, links, postures, pads and skins at random, to train one policy for any hand.

A hand is made backwards. Each finger's pad is put where it meets the object at the nominal grasp, facing it more or
less; then the chain of links is led from there towards the wrist, with a random bend at every joint. So every hand
closes on the object, however unlike its fingers are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tacrefine.data.hand_family import HandFamily, Range
from tacrefine.data.random_pads import PadLayout
from tacrefine.geometry import RigidTransform, Rotation, transform
from tacrefine.hands import Hand
from tacrefine.hands.description import HandDescription

TRAVEL = 0.04
"""m that an open fingertip is away from where it meets the object"""


def random_hand(rng: np.random.Generator, family: HandFamily, name: str = "random") -> Hand:
    """One hand of the family; the same state of `rng` gives the same hand."""
    return Hand(HandDescription.model_validate(_Maker(rng, family).description(name)))


class _Maker:
    """Samples one hand's description; the grasp-centre frame is the wrist's, moved along z."""

    def __init__(self, rng: np.random.Generator, family: HandFamily) -> None:
        self.rng, self.family = rng, family
        self.joints: list[dict[str, Any]] = []
        self.fingers: list[dict[str, Any]] = []
        self.reach = self.uniform((0.05, 0.16))
        self.layout = PadLayout(rng, family)
        self.is_gripper = self.chance(family.grippers)
        self.slides = self.is_gripper and self.chance(family.sliding)
        self.links = 1 if self.is_gripper else int(rng.integers(family.links[0], family.links[1] + 1))
        self.own_drives = self.chance(family.own_drives)
        self.force = self.log_uniform(family.force)
        self.tilt, self.bend = self.uniform(family.tilt), self.uniform(family.bend)
        self.azimuth = self.uniform(family.azimuth) if self.chance(0.4) and not self.is_gripper else 0.0
        self.has_second = self.chance(family.second_pad) and self.links > 1
        self.has_tip = self.chance(family.tip_pad)

    def uniform(self, bounds: Range) -> float:
        return float(self.rng.uniform(*bounds))

    def log_uniform(self, bounds: Range) -> float:
        return float(np.exp(self.rng.uniform(*np.log(bounds))))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def description(self, name: str) -> dict[str, Any]:
        f = self.family
        low, high = (1, 1) if self.is_gripper else f.opposed_fingers
        count, spacing = int(self.rng.integers(low, high + 1)), self.uniform(f.spacing)
        edge = spacing * (count - 1) / 2
        side = 0.0 if self.is_gripper else self.uniform(f.thumb_side)
        self._finger("thumb", float(np.clip(side, -edge - 0.004, edge + 0.004)), -1.0)
        for number in range(count):
            self._finger(f"finger_{number + 1}", edge - number * spacing, 1.0)
        needed = (
            {"needs": ["thumb", "finger_1"]} if count == 1 else {"needs": ["thumb"], "others": min(2, count)}
        )
        if self.chance(f.palm) and not self.is_gripper:
            self.fingers.append(self._palm())
        full_scale = self.log_uniform(f.pressure) * self.layout.pitch**2
        return {
            "name": name,
            "wrist_frame": "hand_wrist",
            "grasp_centre": {"position": [0.0, 0.0, -self.reach]},
            "skin": {
                "taxel_radius": min(0.0007, 0.5 * self.layout.pitch),
                "backing_depth": self.uniform((0.0015, 0.003)),
                "full_scale": full_scale,
            },
            "closing_time": 2.0,
            "contact_force": max(0.15, 0.005 * self.layout.count * full_scale),
            "grasp": needed,
            "joints": self.joints,
            "fingers": self.fingers,
        }

    def _finger(self, name: str, y: float, direction: float) -> None:
        """Add a finger that closes along `direction` times x, whose pad lies at `y` along the row."""
        pad = self._pad_pose(y, direction)
        frames = self._links(pad)
        names = [f"{name}_{i}" for i in range(len(frames))]
        lever = float(np.linalg.norm(frames[0].translation - pad.translation))
        ratios = [1.0, *(self.log_uniform(self.family.coupling) for _ in names[1:])]
        if self.slides:
            self._sliding_joint(names[0], frames[0])
        else:
            at_contact = self.uniform((0.4, 0.8))
            for i, joint in enumerate(names):
                before = frames[i - 1] if i else RigidTransform.identity()
                zero = frames[i] * transform((0.0, 0.0, 0.0), (0.0, at_contact * ratios[i], 0.0))
                moved = self._moved(names[0], ratios[i], at_contact, lever, i == 0 or self.own_drives)
                self.joints.append(
                    {
                        "name": joint,
                        "parent": names[i - 1] if i else None,
                        "origin": _origin(before.inv() * zero),
                        "axis": [0.0, -1.0, 0.0],
                        "limits": [-1.5, 4.0],
                        **moved,
                    }
                )
        pads = [{"name": f"{name}_pad", "joint": names[-1], "origin": _origin(frames[-1].inv() * pad)}]
        pads[0] |= self.layout.main
        if self.has_tip:
            beyond = pad * transform((-0.001, 0.0, -self.layout.length / 2 - 0.003), (0.0, 0.5, 0.0))
            at = _origin(frames[-1].inv() * beyond)
            pads.append({"name": f"{name}_tip", "joint": names[-1], "origin": at, **self.layout.small})
        if self.has_second:
            at = _origin(transform((self.uniform((0.005, 0.01)), 0.0, -self.uniform((0.008, 0.02)))))
            pads.append({"name": f"{name}_base", "joint": names[-2], "origin": at, **self.layout.main})
        self.fingers.append({"name": name, "pads": pads})

    def _pad_pose(self, y: float, direction: float) -> RigidTransform:
        """Where a pad meets the object, in the wrist's frame: x out of the skin, z towards the wrist."""
        spread = 0.05 * self.rng.standard_normal(2)
        facing = Rotation.from_rotvec([0.0, 0.0, 0.0 if direction > 0 else np.pi])
        swing = direction * float(np.sign(y) or 1.0) * self.azimuth + spread[0]
        turn = Rotation.from_rotvec([0.0, 0.0, swing]) * facing
        turn = turn * Rotation.from_rotvec([0.0, self.tilt + spread[1], 0.0])
        return RigidTransform.from_components([0.0, y, self.uniform(self.family.height) - self.reach], turn)

    def _links(self, pad: RigidTransform) -> list[RigidTransform]:
        """Frames of the closed finger's joints, the first one at the wrist."""
        f, depth = self.family, self.uniform((0.004, 0.012))
        frames = [pad * transform((-depth, 0.0, self.log_uniform(f.distal_length)))]
        for _ in range(self.links - 1):
            bend = transform(
                rotation_vector=(0.0, -max(0.0, self.bend + 0.1 * self.rng.standard_normal()), 0.0)
            )
            frames.append(frames[-1] * bend * transform((0.0, 0.0, self.log_uniform(f.proximal_length))))
        return frames[::-1]

    def _moved(self, first: str, ratio: float, contact: float, lever: float, driven: bool) -> dict[str, Any]:
        """Drive or coupling of a joint whose finger meets the object at `contact` rad of its first joint."""
        if not driven:
            return {"mimic": {"joint": first, "ratio": ratio}}
        further = self.uniform((0.25, 0.5)) * 0.06 / max(lever, 0.03)
        torque = self.force * lever
        return {
            "drive": {
                "stiffness": 20.0 * torque,
                "damping": 0.3 * torque,
                "torque_limit": torque,
                "open": ratio * (contact - min(0.6, TRAVEL / lever)),
                "closed": ratio * (contact + further),
            }
        }

    def _sliding_joint(self, name: str, frame: RigidTransform) -> None:
        """A jaw that slides along its pad's normal."""
        drive = {
            "stiffness": 2000.0,
            "damping": 60.0,
            "torque_limit": self.force,
            "open": -TRAVEL,
            "closed": self.uniform((0.004, 0.01)),
        }
        self.joints.append(
            {
                "name": name,
                "type": "prismatic",
                "origin": _origin(frame),
                "axis": [1.0, 0.0, 0.0],
                "limits": [-0.06, 0.03],
                "drive": drive,
            }
        )

    def _palm(self) -> dict[str, Any]:
        down = transform((0.0, 0.0, -self.uniform((0.0, 0.4)) * self.reach), (0.0, np.pi / 2, 0.0))
        pad = {
            "name": "palm",
            "origin": _origin(down),
            "rows": 6,
            "cols": 8,
            "pitch": self.uniform((0.002, 0.004)),
        }
        return {"name": "palm", "pads": [pad]}


def _origin(pose: RigidTransform) -> dict[str, list[float]]:
    return {"position": pose.translation.tolist(), "rotation_vector": pose.rotation.as_rotvec().tolist()}
