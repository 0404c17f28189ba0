"""Joint states and tactile readings as they come, paired: one moment of touch for each reading.

The live policy node and the reader of bags both use this class, so which joint state belongs to which reading, and what
is done with readings that are slightly wrong, is decided in one place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np

from tacrefine.errors import TouchError
from tacrefine.hands import Hand
from tacrefine.touch.frame import PadReading, TouchFrame, frame_of, readings_of, shear_of
from tacrefine.touch.joints import JUMP_S as JUMP_S
from tacrefine.touch.joints import JointStates
from tacrefine.touch.posture import Posture
from tacrefine.touch.rest import RestDetector
from tacrefine.touch.settings import TouchSettings
from tacrefine.touch.zero import ZeroLevel

SETTLED_WINDOW, SETTLED_SPEED = 0.2, 0.05
"""s and rad/s: what the refine server's parameters of that name are by default"""


LOOK_S = 0.05
"""between two looks at whether the open hand rests"""


class TouchStream:
    """Feed it joint states and readings; `rest` tells whether the joints stand still, by default as the server does."""

    def __init__(self, hand: Hand, settings: TouchSettings, rest: RestDetector | None = None) -> None:
        self._hand, self._settings = hand, settings
        self.joints = JointStates(hand, settings)
        self.rest = rest or RestDetector(SETTLED_WINDOW, SETTLED_SPEED)
        self.posture = Posture(hand)
        self.zero = ZeroLevel(hand, settings.drift_limit)
        self._looked, self._rests = -float("inf"), False
        self.clipped = 0
        """readings of single taxels that were slightly negative and taken for zero"""
        self.lowest = 0.0
        """of them, as a share of full scale"""

    def observe_joints(
        self, stamp: float, names: Sequence[str], positions: Sequence[float]
    ) -> tuple[float, dict[str, float]] | None:
        """Take a message of joint_states, rad, with its stamp in s; returns the newest stamp and all joints then.

        None for messages of other joints alone, an arm's say. TouchError where the message or the hand's joints are not
        whole, or only other joints ever came, in one sentence that says what came.
        """
        if not self.joints.observe(stamp, names, positions):
            self.joints.check()
            return None
        newest, joints = self.joints.latest()
        self.rest.observe(newest, np.array([joints[name] for name in self._hand.joint_names]))
        return newest, joints

    def joints_at(self, stamp: float) -> dict[str, float] | None:
        """Positions of all joints for a reading of this stamp, rad; None where they are not known."""
        try:
            return self.joints.at(stamp)
        except TouchError:
            return None

    def check(self, pads: Sequence[PadReading]) -> None:
        """Raise TouchError where a message does not fit the hand, whatever its joints did."""
        joints = dict.fromkeys(self._hand.joint_names, 0.0)
        frame_of(self._hand, readings_of(self._hand, pads), joints, self._settings.negative_limit)

    def learn_zero(self, stamp: float, pads: Sequence[PadReading]) -> None:
        """Take a message for what it tells of the zero alone, if readings are to be corrected by it."""
        if self._settings.rezero:
            with contextlib.suppress(TouchError):
                self.frame(stamp, pads)

    def frame(self, stamp: float, pads: Sequence[PadReading]) -> TouchFrame:
        """The moment of a reading stamped `stamp` s; TouchError as `frame_from_arrays`, or for want of joints."""
        joints = self.joints.at(stamp)
        readings = readings_of(self._hand, pads)
        shear = shear_of(self._hand, pads)
        frame = frame_of(self._hand, readings, joints, self._settings.negative_limit, shear)
        self.zero.observe(stamp, readings, self.posture.is_open(frame.joints) and self._is_at_rest())
        lowest = float(np.fmin.reduce(readings))
        if lowest < 0.0:
            self.clipped += int(np.count_nonzero(readings < 0.0))
            self.lowest = min(self.lowest, lowest)
        if not self._settings.rezero:
            return frame
        corrected = self.zero.corrected(readings)
        return frame if corrected is readings else frame_of(self._hand, corrected, joints, np.inf, shear)

    def _is_at_rest(self) -> bool:
        """Whether the joints rest; looked at anew only now and then, since this runs for every reading."""
        if abs(self.rest.stamp - self._looked) >= LOOK_S:
            self._looked, self._rests = self.rest.stamp, self.rest.is_at_rest()
        return self._rests


def joint_positions(names: Sequence[str], positions: Sequence[float]) -> dict[str, float]:
    """Joint positions by name, rad; raises TouchError if names and positions do not pair up."""
    if len(names) != len(positions):
        raise TouchError(
            f"joint_states names {len(names)} joints and gives {len(positions)} positions, not as many"
        )
    return dict(zip(names, positions, strict=True))
