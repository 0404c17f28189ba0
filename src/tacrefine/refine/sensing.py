"""Sorts incoming corrections into those that may move an arm and those that may not, and remembers why."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tacrefine.refine.errors import NoContact, NoCorrection, RefineError, StaleTactile
from tacrefine.refine.samples import CorrectionSample

CONTACT_GOOD = 2  # PoseCorrection.CONTACT_GOOD, tacrefine.touch.ContactState.GOOD


def defect(sample: CorrectionSample) -> str | None:
    """What makes a correction unusable whatever the goal, or None."""
    sigma, observable = np.asarray(sample.standard_deviation, float), np.asarray(sample.observable, bool)
    if sigma.shape != (6,) or observable.shape != (6,):
        return "it does not have six axes"
    if not np.isfinite(sample.increment.as_matrix()).all():
        return "its increment is not finite"
    if not np.isfinite(sigma[observable]).all() or (sigma[observable] < 0.0).any():
        return "its standard deviation is not finite or negative"
    return None


class Inbox:
    """Corrections for one goal.

    `heard` tells that the policy answers at all, `accepted` counts usable ones, `refined` those that are refined.
    """

    def __init__(self, target_id: str, newer_than: float) -> None:
        self._target_id = target_id
        self.heard = False
        self.expect(newer_than)

    def expect(self, newer_than: float) -> None:
        """Start over: only corrections from tactile readings stamped later than `newer_than` (s) count."""
        self._newest = self._newest_refined = newer_than
        self.accepted = self.refined = 0
        self._refused: Counter[str] = Counter()
        self._defect = ""

    def accept(self, sample: CorrectionSample) -> bool:
        """Whether the correction may be used; each reading counts once, and each refined mean in its own row.

        Fits take time, so refined corrections carry stamps that others have passed by then.
        """
        if sample.target_id != self._target_id:
            return self._refuse("are for another target")
        refined = sample.frames > 1
        if not sample.stamp > (self._newest_refined if refined else self._newest):
            return self._refuse("are older than the settled grasp")
        self.heard = True
        if sample.contact != CONTACT_GOOD:
            return self._refuse("have too little contact")
        self._defect = defect(sample) or ""
        if self._defect:
            return self._refuse("are invalid")
        if refined:
            self._newest_refined, self.refined = sample.stamp, self.refined + 1
        else:
            self._newest, self.accepted = sample.stamp, self.accepted + 1
        return True

    def reason(self, timeout: float, parameter: str) -> RefineError:
        """Why nothing, or too little, was accepted within `timeout` seconds."""
        text = f"correction: {self.accepted} usable within {timeout:g} s ({parameter})"
        if not self._refused:
            return NoCorrection(f"{text}; is the policy node active and does its model fit the hand?")
        why, _ = self._refused.most_common(1)[0]
        text += "; refused: " + ", ".join(f"{count} {what}" for what, count in self._refused.most_common())
        if why == "have too little contact":
            return NoContact(f"{text}; thumb and two more fingers must touch the object")
        if why == "are older than the settled grasp":
            return StaleTactile(f"{text}; check the clocks of the tactile driver")
        return NoCorrection(text + (f" ({self._defect})" if self._defect else ""))

    def _refuse(self, why: str) -> bool:
        self._refused[why] += 1
        return False
