"""Sorts incoming corrections into those that may move an arm and those that may not, and remembers why."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tacrefine.refine.samples import CorrectionSample
from tacrefine.supervision.errors import GoalError, NoContact, NoCorrection, StaleTactile

LONGEST_M, LARGEST_RAD = 0.3, 2.0
"""of an increment of the wrist: no grasp is farther from its target, so what asks for more is no measurement"""
BEFORE = "from before the settled grasp"
OLDER, AHEAD = "far older than the settled grasp", "stamped ahead of this node's clock"
CONTACT_GOOD = 2  # PoseCorrection.CONTACT_GOOD, tacrefine.touch.ContactState.GOOD


def defect(sample: CorrectionSample) -> str | None:
    """What makes a correction unusable whatever the goal, or None."""
    sigma, observable = np.asarray(sample.standard_deviation, float), np.asarray(sample.observable, bool)
    if sigma.shape != (6,) or observable.shape != (6,):
        return "it does not have six axes"
    if not np.isfinite(sample.increment.as_matrix()).all():
        return "its increment is not finite"
    if not (
        np.linalg.norm(sample.increment.translation) <= LONGEST_M
        and sample.increment.rotation.magnitude() <= LARGEST_RAD
    ):
        return f"its increment is longer than {LONGEST_M:g} m or {LARGEST_RAD:g} rad"
    if not np.isfinite(sigma[observable]).all() or (sigma[observable] < 0.0).any():
        return "its standard deviation is not finite or negative"
    return None


class CorrectionFilter:
    """Corrections for one goal.

    `answered` tells that the policy answers for this target at all; `accepted` counts plain corrections that may be
    used, `refined` refined ones.
    """

    def __init__(self, target_id: str, newer_than: float, tolerance: float = 1.0) -> None:
        self._target_id, self._tolerance = target_id, tolerance
        self.answered = False
        self.expect(newer_than)

    def expect(self, newer_than: float) -> None:
        """Start over: only corrections from tactile readings stamped later than `newer_than` (s) count."""
        self._newest = self._newest_refined = newer_than
        self.accepted = self.refined = 0
        self._refused: Counter[str] = Counter()
        self._defect = ""

    def accept(self, sample: CorrectionSample, now: float) -> bool:
        """Whether the correction may be used; each reading counts once, and each refined mean in its own row.

        Fits take time, so refined corrections carry stamps that others have passed by then. A stamp more than
        `tolerance` s after `now` would make any reading look newer than the grasp.
        """
        if sample.target_id != self._target_id:
            return self._refuse("for another target")
        refined = sample.frames > 1
        if not sample.stamp > (self._newest_refined if refined else self._newest):
            return self._refuse(OLDER if sample.stamp < now - self._tolerance else BEFORE)
        if not sample.stamp <= now + self._tolerance:
            return self._refuse(AHEAD)
        self.answered = True
        if sample.contact != CONTACT_GOOD:
            return self._refuse("with too little contact")
        self._defect = defect(sample) or ""
        if self._defect:
            return self._refuse("invalid")
        if refined:
            self._newest_refined, self.refined = sample.stamp, self.refined + 1
        else:
            self._newest, self.accepted = sample.stamp, self.accepted + 1
        return True

    def reason(self, timeout: float, parameter: str) -> GoalError:
        """Why nothing, or too little, was accepted within `timeout` seconds."""
        text = f"correction: {self.accepted} usable within {timeout:g} s ({parameter})"
        if not self._refused:
            return NoCorrection(f"{text}; is the policy node active and does its model fit the hand?")
        why, _ = self._refused.most_common(1)[0]
        text += "; refused: " + ", ".join(f"{count} {what}" for what, count in self._refused.most_common())
        if why == "with too little contact":
            return NoContact(f"{text}; the fingers that a grasp needs must touch the object")
        if why in (OLDER, AHEAD):
            return StaleTactile(f"{text}; check the clocks of the tactile driver")
        return NoCorrection(text + (f" ({self._defect})" if self._defect else ""))

    def _refuse(self, why: str) -> bool:
        self._refused[why] += 1
        return False
