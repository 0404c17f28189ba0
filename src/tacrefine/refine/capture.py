"""Turns several readings of one held grasp into a target."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.refine.targets import StoredPad, StoredTarget
from tacrefine.supervision.errors import NoContact
from tacrefine.touch import ContactState, TouchFrame, contact_state


class Capture:
    """Averages `frames` readings that were checked against the hand as the policy does."""

    def __init__(self, hand: Hand, frames: int) -> None:
        self._hand, self._wanted = hand, frames
        self._frames: list[TouchFrame] = []

    @property
    def is_full(self) -> bool:
        """Whether enough readings are there."""
        return len(self._frames) >= self._wanted

    def add(self, frame: TouchFrame) -> None:
        """Take one reading; raises NoContact if the grasp is too loose."""
        if contact_state(self._hand, frame) is not ContactState.GOOD:
            raise NoContact(
                f"tactile: the hand does not hold the object; {self._hand.grasp_sentence} must touch it"
            )
        self._frames.append(frame)

    def target(
        self, name: str, obj: GraspObject, stamp: float, frame_id: str, wrist: RigidTransform
    ) -> StoredTarget:
        """The mean of the readings, with the wrist pose (m) in `frame_id`; a taxel that was ever dead stays dead."""
        tactile = np.stack([frame.tactile for frame in self._frames]).mean(axis=0, dtype=np.float64)
        joints = np.stack([frame.joints for frame in self._frames]).mean(axis=0, dtype=np.float64)
        shears = [frame.shear for frame in self._frames if frame.shear is not None]
        shear = np.stack(shears).mean(axis=0, dtype=np.float64) if shears else None
        values = self._hand.components_of(tactile, shear)
        pads = tuple(
            StoredPad.from_array(
                pad.name, pad.frame_id, pad.rows, pad.cols, "normalized", values[part], pad.components
            )
            for pad, part in zip(self._hand.pads, self._hand.value_slices, strict=True)
        )
        content = {
            "name": name,
            "object": obj.name,
            "hand": self._hand.name,
            "signature": self._hand.signature,
            "observable_axes": obj.observable.tolist(),
            "stamp": stamp,
            "frame_id": frame_id,
            "wrist_frame": self._hand.wrist_frame,
            "wrist_position": wrist.translation.tolist(),
            "wrist_quaternion": wrist.rotation.as_quat().tolist(),
            "joints": dict(zip(self._hand.joint_names, joints.tolist(), strict=True)),
            "pads": pads,
            "frames": len(self._frames),
        }
        return StoredTarget.model_validate(content)
