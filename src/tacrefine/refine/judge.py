"""Whether a goal ends after a grasp, and how: one decision for the ROS server and for the batch evaluation.

A grasp is right when the correction that is left is within the tolerances *and* the touch is the target's, as far as
noise and the expected error allow. A touch that differs more is a finding: the loop goes on with what is left of the
correction, however small, and looks again. If the finding stays, the goal ends as a mismatch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.refine.samples import Decision, Goal, weak_axes_note
from tacrefine.supervision.errors import GoalError, NotConverged, TouchMismatch
from tacrefine.touch.comparison import TouchDifference

REACHED = "reached"
MISMATCH_MOVES = 2
"""further moves of one goal that a touch which differs is worth"""


@dataclass(frozen=True)
class Verdict:
    """What comes next: a move to `next_wrist`, success with a sentence (`matches`), or the error that ends the goal."""

    next_wrist: RigidTransform | None = None
    matches: str = ""
    error: GoalError | None = None


class Judge:
    """Judges the grasps of one goal, in their order."""

    def __init__(self, goal: Goal, mismatch_moves: int = MISMATCH_MOVES) -> None:
        self._goal, self._left = goal, mismatch_moves
        self.difference: TouchDifference | None = None
        """of the newest grasp from the target, None if it was not compared"""

    def verdict(self, decision: Decision, difference: TouchDifference | None, moves: int) -> Verdict:
        """After the grasp that follows so many moves; `difference` is its touch against the target's, if known."""
        goal, self.difference = self._goal, difference
        within = (
            decision.remaining_m <= goal.position_tolerance
            and decision.remaining_rad <= goal.rotation_tolerance
        )
        fits = decision.reason == REACHED or (decision.converged and within)
        differs = difference is not None and difference.is_mismatch
        if fits and not differs:
            end = "" if decision.reason == REACHED else "; a further move would not make it smaller"
            return Verdict(matches=f"the grasp feels like the target; {_expected(decision)}{end}")
        if moves < goal.max_steps:
            if not decision.converged:
                return Verdict(decision.next_wrist)
            if differs and self._left > 0:
                self._left -= 1
                return Verdict(decision.target_wrist)
        if differs:
            return Verdict(error=self.mismatch(f"after {moves} moves; {_expected(decision)}"))
        return Verdict(error=self._not_converged(decision, moves))

    def lost_contact(self, error: GoalError) -> GoalError:
        """The error that ends a goal whose hand no longer holds the object after a move.

        If the grasp before did not feel like the target, its corrections led nowhere.
        """
        if self.difference is None or not self.difference.is_mismatch:
            return error
        return self.mismatch(f"and its corrections led away from the object ({error})")

    def mismatch(self, rest: str) -> TouchMismatch:
        """The finding as an error; `rest` ends the sentence."""
        difference = self.difference
        assert difference is not None
        return TouchMismatch(
            f"the grasp does not feel like the target: finger '{difference.finger}' differs most, "
            f"{difference.ratio:.1f} times what noise and the expected error explain, {rest}; is it the object that "
            "the target was captured with, held alike?"
        )

    def _not_converged(self, decision: Decision, moves: int) -> NotConverged:
        goal = self._goal
        why = "no further move would help" if decision.converged else f"max_steps is {goal.max_steps}"
        return NotConverged(
            f"after {moves} corrections {decision.remaining_m * 1e3:.2f} mm and "
            f"{np.degrees(decision.remaining_rad):.2f} deg remain by estimate, tolerances are "
            f"{goal.position_tolerance * 1e3:.2f} mm and {np.degrees(goal.rotation_tolerance):.2f} deg, "
            f"{why}{weak_axes_note(decision.weak_axes)}"
        )


def _expected(decision: Decision) -> str:
    """What remains, for a person."""
    return (
        f"expected error {decision.expected_m * 1e3:.2f} mm and {np.degrees(decision.expected_rad):.2f} deg"
        f"{weak_axes_note(decision.weak_axes)}"
    )
