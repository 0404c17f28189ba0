"""Whether the object has moved between two grasps: the new correction does not fit what the wrist did."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre, to_coordinates
from tacrefine.refine.samples import CorrectionSample, Decision

GATE = 6.0
"""standard deviations"""
TOLERANCES = 3.0
"""times the goal's tolerances: less is not worth a word"""
LENGTH_SHARE = 0.35
"""of the last correction, by which an estimator may fall short without anything having moved"""

Readings = list[tuple[RigidTransform, CorrectionSample]]


class ObjectMotion:
    """For one goal: tolerances m and rad. `said` is what to tell a person, empty while nothing has moved."""

    def __init__(self, position_tolerance: float, rotation_tolerance: float) -> None:
        self._least = np.repeat([position_tolerance, rotation_tolerance], 3) * TOLERANCES
        self._last: Decision | None = None
        self.times = 0
        self.said = ""

    def decided(self, decision: Decision) -> None:
        """What the newest grasp led to."""
        self._last = decision

    def forget(self) -> None:
        """The object was moved on purpose."""
        self._last = None

    def note(self, readings: Readings, centre: HasGraspCentre) -> bool:
        """Whether the corrections of a new grasp contradict the last decision; `said` and `times` tell it, too."""
        last = self._last
        if last is None or not readings:
            return False
        off = self._difference(readings, last, centre)
        sigma = np.mean([sample.standard_deviation for _, sample in readings], axis=0)
        noise = GATE * np.hypot(sigma, np.asarray(last.standard_deviation))
        expected = noise + LENGTH_SHARE * np.abs(np.asarray(last.step))
        seen = np.asarray(readings[0][1].observable, bool)
        beyond = seen & (np.abs(off) > np.maximum(expected, self._least))
        if not beyond.any():
            return False
        self.times += 1
        off = np.where(seen, off, 0.0)
        self.said = (
            f"the object has moved by {np.linalg.norm(off[:3]) * 1e3:.1f} mm and "
            f"{np.degrees(np.linalg.norm(off[3:])):.1f} deg between two grasps"
        )
        return True

    @staticmethod
    def _difference(readings: Readings, last: Decision, centre: HasGraspCentre) -> NDArray[np.float64]:
        """Where this grasp sees the target, from where the last decision did, ``(6,)`` at the grasp centre."""
        before = last.target_wrist * centre.wrist_from_centre
        return np.median(
            [
                to_coordinates(before.inv() * wrist * sample.increment * centre.wrist_from_centre)
                for wrist, sample in readings
            ],
            axis=0,
        )
