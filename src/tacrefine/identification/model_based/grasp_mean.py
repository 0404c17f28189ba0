"""The mean of the readings of one grasp, for as long as hand and load stand still."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.identification.model_based.fit import Observed
from tacrefine.touch import TouchFrame

JOINT_TOLERANCE = 0.02
"""rad; encoder noise is a tenth of it, a closing finger passes it within two readings"""
LOAD_TOLERANCE = (1.0, 0.12)
"""of a finger's summed readings: absolute (six sigma of 3 % taxel noise), and as a share of the load"""


class GraspMean:
    """Takes frames one by one; what it holds belongs to one grasp at rest, the newest `window` frames of it."""

    def __init__(self, hand: Hand, window: int) -> None:
        self._hand = hand
        self._starts = [part.start for part in hand.finger_slices]
        self._frames: deque[TouchFrame] = deque(maxlen=window)
        self._joints: NDArray[np.float64] = np.zeros(len(hand.joint_names))
        self._load: NDArray[np.float64] = np.zeros(len(hand.fingers))

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def is_full(self) -> bool:
        """Whether another frame would push one out."""
        return len(self._frames) == self._frames.maxlen

    def clear(self) -> None:
        """The hand holds nothing, or another grasp begins."""
        self._frames.clear()

    def add(self, frame: TouchFrame) -> None:
        """Take a frame of a good grasp; starts over where joints or load have moved away from their means."""
        load = np.add.reduceat(np.nan_to_num(frame.tactile), self._starts)
        if self._frames:
            absolute, share = LOAD_TOLERANCE
            moved = np.abs(frame.joints - self._joints).max() > JOINT_TOLERANCE
            pressed = (np.abs(load - self._load) > np.maximum(absolute, share * self._load)).any()
            if moved or pressed:
                self._frames.clear()
        if not self._frames:
            self._joints, self._load = frame.joints.astype(float), load.astype(float)
        self._frames.append(frame)
        weight = 1.0 / len(self._frames)
        self._joints += weight * (frame.joints - self._joints)
        self._load += weight * (load - self._load)

    def observed(self) -> Observed:
        """The mean as one touch, arrays ``(1, T)`` and ``(1, J)``; needs at least one frame."""
        tactile = np.stack([frame.tactile for frame in self._frames]).mean(axis=0, keepdims=True)
        joints = np.stack([frame.joints for frame in self._frames]).mean(axis=0, keepdims=True)
        return Observed(tactile, joints, float(len(self._frames)))
