"""Which fingers have left the hand's open posture, from the joints that close them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand

OPEN_SHARE = 0.1
"""of the way from open to closed: a finger that has gone less than this is open"""


class Posture:
    """Judges joint positions of one hand."""

    def __init__(self, hand: Hand) -> None:
        index = {name: at for at, name in enumerate(hand.joint_names)}
        rows = [
            (finger, index[joint.name], joint.drive.open, joint.drive.closed - joint.drive.open)
            for finger, described in enumerate(hand.fingers)
            for joint in described.joints
            if joint.drive is not None
            and joint.drive.role == "closing"
            and joint.drive.closed != joint.drive.open
        ]
        self._finger = np.array([row[0] for row in rows], int)
        self._joint = np.array([row[1] for row in rows], int)
        self._open = np.array([row[2] for row in rows], float)
        self._range = np.array([row[3] for row in rows], float)
        self._fingers = len(hand.fingers)

    def closed(self, joints: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which fingers ``(F,)`` have left the open posture, from positions ``(J,)`` rad; one that cannot move has."""
        shares = (joints[self._joint] - self._open) / self._range
        closed = np.zeros(self._fingers, bool)
        closed[self._finger[shares > OPEN_SHARE]] = True
        closed[np.setdiff1d(np.arange(self._fingers), self._finger)] = True
        return closed

    def is_open(self, joints: NDArray[np.floating]) -> bool:
        """Whether every finger that moves is open."""
        shares = (joints[self._joint] - self._open) / self._range
        return bool((shares <= OPEN_SHARE).all())
