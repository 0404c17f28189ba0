"""The refinement loop: close - settle - sense - decide - open - move - close, as a plain state machine.

It is ticked with a clock, is fed plain samples and commands an `Arm` and a `Hand`; it knows nothing of ROS.

Invariants, besides those of `tacrefine.supervision.hand_loop`:
- nothing moves before a correction for the goal's own target has arrived;
- a correction counts only if its target is the goal's, it is finite, the contact is good and its tactile reading is
  newer than the moment the grasp settled.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre
from tacrefine.refine.correction_filter import CorrectionFilter
from tacrefine.refine.oscillation import Oscillation
from tacrefine.refine.protocols import Estimator
from tacrefine.refine.samples import CorrectionSample, Decision, Feedback, Goal, Outcome, weak_axes_note
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.hand_loop import HandLoop
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import Clock
from tacrefine.supervision.touch_stream import TouchStream


class RefineMachine(HandLoop[Goal, Outcome, Feedback]):
    """Runs one goal at a time: `start`, then `tick` until it returns an Outcome."""

    settings: RefineSettings

    def __init__(
        self,
        settings: RefineSettings,
        clock: Clock,
        arm: Arm,
        hand: Hand,
        guard: Guard,
        centre: HasGraspCentre,
        make_estimator: Callable[[Goal], Estimator],
        on_feedback: Callable[[Feedback], None] = lambda feedback: None,
        touch: TouchStream | None = None,
    ) -> None:
        super().__init__(settings, clock, arm, hand, guard, on_feedback, touch)
        self.settings, self._centre, self._make_estimator = settings, centre, make_estimator

    # ---- a goal
    def reset(self, goal: Goal) -> None:
        """A new estimator, and corrections from now on."""
        super().reset(goal)
        self._estimator = self._make_estimator(goal)
        self._readings: list[tuple[RigidTransform, CorrectionSample]] = []
        self._filter = CorrectionFilter(goal.target_id, self.clock.now(), self.settings.stamp_tolerance)
        self._oscillation = Oscillation()
        self._remaining = (float("nan"), float("nan"), np.zeros(6), np.zeros(6, bool))

    def feedback(self, phase: HandPhase) -> Feedback:
        """With the newest estimate."""
        return Feedback(phase, self.moves, *self._remaining, self._touch.degraded)

    def outcome(self, code: int, message: str, safe_state: str) -> Outcome:
        """With the last estimate."""
        metres, radians, _, weak_axes = self._remaining
        wrist, degraded = self.arm.pose, self._touch.degraded
        return Outcome(code, message, self.moves, wrist, metres, radians, safe_state, weak_axes, degraded)

    # ---- corrections
    def observe_correction(self, sample: CorrectionSample) -> None:
        """Take a correction; what does not fit the goal or the settled grasp is counted and dropped."""
        if self.phase not in (HandPhase.PREPARING, HandPhase.SENSING):
            return
        accepted = self._filter.accept(sample, self.clock.now())
        if accepted and self.phase is HandPhase.SENSING and self.arm.pose is not None:
            self._readings.append((self.arm.pose, sample))

    def is_answered(self) -> bool:
        """Whether the policy has answered for this target."""
        return self._filter.answered

    def expect(self, newer_than: float) -> None:
        """Forget all corrections of readings before."""
        self._readings = []
        self._filter.expect(newer_than)

    def has_enough(self) -> bool:
        """By the policy's plain corrections."""
        return self._filter.accepted >= self.settings.frames_per_grasp

    def too_few(self, timeout: str) -> GoalError:
        """What the filter has refused."""
        return self._filter.reason(getattr(self.settings, timeout), timeout)

    # ---- decisions
    def settled(self) -> None:
        """A new grasp for the estimator."""
        self._estimator.start_grasp()

    def planned(self) -> str:
        """What remains."""
        metres, radians, *_ = self._remaining
        return f"{metres * 1e3:.2f} mm and {np.degrees(radians):.2f} deg remain by estimate; "

    def decide(self) -> Outcome | None:
        """Wait for a refined correction, as long as is worth it; then end or move."""
        if not self._filter.refined and self.time.passed_steady() < self.settings.refined_timeout:
            return None
        for where, sample in self._readings:
            (self._estimator.refine if sample.frames > 1 else self._estimator.add)(where, sample)
        goal, wrist = self.goal, self.wrist
        decision = self._estimator.decide(wrist, self._centre)
        self._remaining = (
            float(decision.remaining_m),
            float(decision.remaining_rad),
            np.asarray(decision.standard_deviation, float),
            decision.weak_axes,
        )
        self.enter(HandPhase.DECIDING)
        within = (
            self._remaining[0] <= goal.position_tolerance and self._remaining[1] <= goal.rotation_tolerance
        )
        if decision.reason == "reached" or (decision.converged and within):
            note = weak_axes_note(decision.weak_axes)
            return self.end(
                errors.SUCCESS, f"the grasp matches the target ({decision.reason}){note}", errors.HOLDING
            )
        if decision.converged or self.moves >= goal.max_steps:
            raise self._not_converged(decision)
        self._oscillation.note(
            self.guard.limits.displacement(wrist, decision.target_wrist),
            goal.position_tolerance,
            goal.rotation_tolerance,
        )
        self.move_to(decision.next_wrist)
        return None

    def _not_converged(self, decision: Decision) -> GoalError:
        goal = self.goal
        why = decision.reason if decision.converged else f"max_steps is {goal.max_steps}"
        return errors.NotConverged(
            f"after {self.moves} corrections {decision.remaining_m * 1e3:.2f} mm and "
            f"{np.degrees(decision.remaining_rad):.2f} deg remain by estimate, tolerances are "
            f"{goal.position_tolerance * 1e3:.2f} mm and {np.degrees(goal.rotation_tolerance):.2f} deg, "
            f"{why}{weak_axes_note(decision.weak_axes)}"
        )
