"""Jaws of random grippers: sliding ones, and ones that turn on a joint or on a parallel linkage."""

from __future__ import annotations

from typing import Any

from tacrefine.data.hand_family import HandFamily
from tacrefine.data.random_fingers import TRAVEL, finger_frames, origin, turning_joints
from tacrefine.data.sampler import Sampler
from tacrefine.geometry import RigidTransform, transform


class Jaws:
    """Makes the joints of the two jaws of one gripper, alike but for their side."""

    def __init__(self, sampler: Sampler, family: HandFamily, force: float) -> None:
        s = sampler
        self._sampler, self._family = sampler, family
        self._slides, self._one_drive = s.chance(family.sliding), s.chance(family.one_drive)
        self._parallel = s.chance(0.6)
        self._force = force * (2.0 if self._one_drive else 1.0)
        self._further = s.uniform(family.overshoot)
        self._at = s.uniform((0.4, 0.8))
        self._tilt, self._crank = s.uniform((-0.3, 0.7)), s.log_uniform((0.03, 0.08))
        self._above, self._depth = s.uniform((0.005, 0.03)), s.uniform((0.004, 0.014))
        self._stiffness = s.log_uniform((300.0, 3000.0))
        self._leader: str | None = None

    def joints(self, name: str, pad: RigidTransform) -> tuple[list[dict[str, Any]], RigidTransform]:
        """Joints of the jaw that carries `pad`, and the frame of the last one where the pad meets the object."""
        if self._slides:
            return self._sliding(name, pad)
        return self._turning(name, pad)

    def _moved(self, name: str, drive: dict[str, float]) -> dict[str, Any]:
        """Its own drive, or the other jaw's."""
        if self._leader is not None and self._one_drive:
            return {"mimic": {"joint": self._leader, "ratio": 1.0}}
        self._leader = name
        return {"drive": drive}

    def _sliding(self, name: str, pad: RigidTransform) -> tuple[list[dict[str, Any]], RigidTransform]:
        drive = {
            "stiffness": self._stiffness * self._force / 3.0,
            "damping": 0.03 * self._stiffness,
            "torque_limit": self._force,
            "open": -TRAVEL,
            "closed": self._further,
        }
        joint = {
            "name": f"{name}_0",
            "type": "prismatic",
            "origin": origin(pad),
            "axis": [1.0, 0.0, 0.0],
            "limits": [-0.06, 0.03],
            **self._moved(f"{name}_0", drive),
        }
        return [joint], pad

    def _turning(self, name: str, pad: RigidTransform) -> tuple[list[dict[str, Any]], RigidTransform]:
        """A jaw on one joint, or on a crank whose other joint turns back as much, so that the pad stays parallel."""
        names = [f"{name}_0"]
        if self._parallel:
            last = pad * transform((-self._depth, 0.0, self._above))
            root = (
                last * transform(rotation_vector=(0.0, self._tilt, 0.0)) * transform((0.0, 0.0, self._crank))
            )
            frames, lever, names = [root, last], self._crank, [*names, f"{name}_1"]
        else:
            frames = finger_frames(self._sampler, self._family, pad, 1, 0.0)
            lever = max(float((frames[0].inv() * pad).translation[2] * -1.0), 0.02)
        torque = self._force * lever
        drive = {
            "stiffness": 15.0 * torque,
            "damping": 0.3 * torque,
            "torque_limit": torque,
            "open": self._at - min(0.7, TRAVEL / lever),
            "closed": self._at + 1.5 * self._further / lever,
        }
        moved = [self._moved(names[0], drive)]
        contact = [self._at]
        if self._parallel:
            moved.append({"mimic": {"joint": names[0], "ratio": -1.0}})
            contact.append(-self._at)
        return turning_joints(names, frames, contact, moved), frames[-1]
