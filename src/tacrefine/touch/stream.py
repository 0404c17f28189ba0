"""Joint states and tactile readings as they come, paired: one moment of touch for each reading.

The live policy node and the reader of bags both use this class, so which joint state belongs to which reading is
decided in one place, and by stamps: the order in which two topics arrive differs from one listener to the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from tacrefine.errors import TouchError
from tacrefine.hands import Hand
from tacrefine.touch.frame import PadReading, TouchFrame, frame_from_arrays

KEPT = 500
JUMP_S = 1.0
"""a stamp that lies so much before the one before it means that the clock was set back"""


class _Joints(NamedTuple):
    stamp: float
    names: Sequence[str]
    positions: Sequence[float]


class TouchStream:
    """`joint_state_age`: largest difference between the stamps of a joint state and a tactile reading, s."""

    def __init__(self, hand: Hand, joint_state_age: float) -> None:
        self._hand, self._age = hand, joint_state_age
        self._own = frozenset(hand.joint_names)
        self._joints: deque[_Joints] = deque(maxlen=KEPT)

    def observe_joints(self, stamp: float, names: Sequence[str], positions: Sequence[float]) -> None:
        """Positions in rad with their stamp in s; those of other joints alone, an arm's say, are passed over."""
        if names and self._own.isdisjoint(names):
            return
        if self._joints and stamp < self._joints[-1].stamp - JUMP_S:
            self._joints.clear()
        self._joints.append(_Joints(stamp, names, positions))

    def frame(self, stamp: float, pads: Sequence[PadReading]) -> TouchFrame:
        """The moment of a reading stamped `stamp` s; TouchError as `frame_from_arrays`, or for want of joints."""
        return frame_from_arrays(self._hand, pads, self._joints_at(stamp))

    def _joints_at(self, stamp: float) -> dict[str, float]:
        """The newest joint state from before the reading; the nearest one only where that is too old.

        One that was read together with the reading may arrive before or after it, so it is never preferred.
        """
        if not self._joints:
            raise TouchError("no joint_states message has arrived yet")
        before = next((joints for joints in reversed(self._joints) if joints.stamp < stamp), None)
        if before is None or stamp - before.stamp > self._age:
            before = min(self._joints, key=lambda joints: abs(stamp - joints.stamp))
        age = abs(stamp - before.stamp)
        if age > self._age:
            raise TouchError(
                f"the newest joint_states message is {age:.3f} s away from it, "
                f"allowed are {self._age:g} s (joint_state_age)"
            )
        return joint_positions(before.names, before.positions)


def joint_positions(names: Sequence[str], positions: Sequence[float]) -> dict[str, float]:
    """Joint positions by name, rad; raises TouchError if names and positions do not pair up."""
    if len(names) != len(positions):
        raise TouchError(
            f"joint_states names {len(names)} joints and gives {len(positions)} positions, not as many"
        )
    return dict(zip(names, positions, strict=True))
