"""Counts the tactile readings of a settled grasp by their stamps."""

from __future__ import annotations

from tacrefine.supervision.errors import GoalError, NoTactile, StaleTactile


class ReadingCounter:
    """Stamps are times of reading on the clock of the stamps, s; `tolerance` s ahead of it is too far to be true."""

    def __init__(self, newer_than: float, tolerance: float) -> None:
        self._tolerance = tolerance
        self.answered = False
        """whether any reading came that could be counted"""
        self.expect(newer_than)

    def expect(self, newer_than: float) -> None:
        """Count anew: only readings later than `newer_than`."""
        self._newest = newer_than
        self.count = self._old = self._ahead = 0

    def add(self, stamp: float, now: float) -> None:
        """Take the stamp of a tactile message; each reading counts once."""
        if stamp <= self._newest:
            self._old += 1
        elif stamp > now + self._tolerance:
            self._ahead += 1
        else:
            self._newest, self.answered = stamp, True
            self.count += 1

    def reason(self, wanted: int, within: str) -> GoalError:
        """Why fewer than `wanted` readings were counted; `within` ends the first part of the sentence."""
        text = f"tactile: {self.count} of {wanted} readings {within}"
        if self._ahead:
            return StaleTactile(
                f"{text}; {self._ahead} are stamped ahead of the clock of this node, check the driver's clock"
            )
        if self._old:
            return StaleTactile(f"{text}; {self._old} are too old or repeated")
        return NoTactile(text)
