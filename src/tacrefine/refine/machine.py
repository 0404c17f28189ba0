"""The refinement loop: close - settle - sense - decide - open - move - close, as a plain state machine.

It is ticked with a clock, is fed plain samples and commands an `Arm` and a `Hand`; it knows nothing of ROS.

Invariants, besides those of `tacrefine.supervision.hand_loop`:
- nothing moves before a correction for the goal's own target has arrived;
- a correction counts only if its target is the goal's, it is finite, the contact is good and its tactile reading is
  newer than the moment the grasp settled;
- no goal ends with success whose touch was not compared with the target's, where the goal knows it;
- a goal that compensates commands nothing at all, so that no exit of it can drop what is held;
- a goal that puts its object down opens the hand only after the object was felt to stand.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre, transform
from tacrefine.refine.correction_filter import CorrectionFilter
from tacrefine.refine.felt_touch import FeltTouch
from tacrefine.refine.held_object import held_object
from tacrefine.refine.judge import Judge
from tacrefine.refine.object_motion import ObjectMotion
from tacrefine.refine.oscillation import Oscillation
from tacrefine.refine.protocols import Estimator
from tacrefine.refine.put_down import Felt, Lowering
from tacrefine.refine.samples import (
    HOLDS,
    CorrectionSample,
    Decision,
    Estimate,
    Feedback,
    Goal,
    Outcome,
    weak_axes_note,
)
from tacrefine.refine.settings import RefineSettings
from tacrefine.refine.strategy import Strategy
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.hand_loop import HandLoop
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import Clock
from tacrefine.supervision.touch_stream import TouchStream
from tacrefine.touch.comparison import TouchComparison
from tacrefine.touch.frame import TouchFrame


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
        compare: TouchComparison | None = None,
    ) -> None:
        super().__init__(settings, clock, arm, hand, guard, on_feedback, touch)
        self.settings, self._centre, self._make_estimator = settings, centre, make_estimator
        self._compare = compare
        self.handlers |= {HandPhase.LOWERING: self._lower, HandPhase.LIFTING: self._lift}

    # ---- a goal
    def reset(self, goal: Goal) -> None:
        """A new estimator, and corrections from now on."""
        super().reset(goal)
        self._estimator = self._make_estimator(goal)
        self._readings: list[tuple[RigidTransform, CorrectionSample]] = []
        self._filter = CorrectionFilter(goal.target_id, self.clock.now(), self.settings.stamp_tolerance)
        self._felt = FeltTouch(self._compare, goal.shown)
        self._judge = Judge(goal, self.settings.mismatch_moves)
        self._oscillation = Oscillation()
        self._motion = ObjectMotion(goal.position_tolerance, goal.rotation_tolerance)
        self._down = Lowering(self.settings) if goal.strategy is Strategy.PUT_DOWN else None
        self._estimate = Estimate()
        self._left = ""
        self._decision: Decision | None = None
        self._felt_at: RigidTransform | None = None
        self._stepping, self._matches = False, ""
        self._axes = goal.observable

    def feedback(self, phase: HandPhase) -> Feedback:
        """With the newest estimate."""
        known = self._estimate
        return Feedback(
            phase,
            self.moves,
            known.error_m,
            known.error_rad,
            known.standard_deviation,
            known.weak_axes,
            self._degraded,
            known.touch_difference,
            known.differing_finger,
        )

    @property
    def _degraded(self) -> str:
        """What is not as it should be while the goal goes on."""
        return "; ".join(part for part in (self._touch.degraded, self._motion.said) if part)

    def outcome(self, code: int, message: str, safe_state: str) -> Outcome:
        """With the last estimate."""
        known, wrist, held = self._estimate, self.arm.pose, None
        if self._decision is not None and self._felt_at is not None and code in HOLDS:
            held = held_object(self._felt_at, self._decision, self._axes, self._centre)
        return Outcome(
            code,
            message,
            self.moves,
            wrist,
            known.error_m,
            known.error_rad,
            safe_state,
            known.weak_axes,
            self._degraded,
            known.touch_difference,
            known.differing_finger,
            held,
        )

    def ready(self) -> None:
        """Close the hand; where the object is held already, begin to feel it."""
        if self.goal.strategy is Strategy.IN_PLACE:
            super().ready()
            return
        if self.hand.is_open():
            what = "compensate for" if self._down is None else "put down"
            raise errors.NoContact(f"joint_states: the hand is open, so there is nothing to {what}")
        self.guard.wrist.hold_still()
        if not self.hand.is_at_rest():
            self.enter(HandPhase.SETTLING)
            return
        self.settled()
        self._expect(self.hand.stamp)
        self.enter(HandPhase.SENSING)

    # ---- touch
    @property
    def wants_touch(self) -> bool:
        """Whether `observe_touch` would take a reading now."""
        return self._carries or (self.phase is HandPhase.SENSING and self._felt.is_wanted)

    @property
    def _carries(self) -> bool:
        return self.phase in (HandPhase.LOWERING, HandPhase.LIFTING)

    def observe_touch(self, stamp: float, frame: TouchFrame) -> None:
        """Take a reading of the settled grasp with its stamp, s; older ones and other phases are passed over."""
        if self._carries and self._down is not None:
            self._down.detector.add(stamp, frame)
        elif self.wants_touch:
            self._felt.add(stamp, frame)

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
        self._felt.expect(newer_than)

    def has_enough(self) -> bool:
        """By the policy's plain corrections, and readings to compare where the goal knows the target's touch."""
        least = self.settings.frames_per_grasp
        return self._filter.accepted >= least and self._felt.count >= least

    def too_few(self, timeout: str) -> GoalError:
        """What the filter has refused, and what that means after a grasp that did not feel like the target."""
        reason = self._filter.reason(getattr(self.settings, timeout), timeout)
        return self._judge.lost_contact(reason) if isinstance(reason, errors.NoContact) else reason

    # ---- decisions
    def settled(self) -> None:
        """A new grasp for the estimator."""
        self._estimator.start_grasp()

    def planned(self) -> str:
        """Return how many moves remain by estimate, as the beginning of a sentence."""
        return f"{self._left} remain by estimate; "

    def decide(self) -> Outcome | None:
        """Wait for a refined correction, as long as is worth it; then end or move."""
        if not self._filter.refined and self.time.passed_steady() < self.settings.refined_timeout:
            return None
        self._look_for_motion()
        for where, sample in self._readings:
            (self._estimator.refine if sample.frames > 1 else self._estimator.add)(where, sample)
        goal, wrist = self.goal, self.wrist
        decision = self._estimator.decide(wrist, self._centre)
        self._motion.decided(decision)
        self._felt_at = wrist
        self._left = f"{decision.remaining_m * 1e3:.2f} mm and {np.degrees(decision.remaining_rad):.2f} deg"
        difference = self._felt.difference(decision.expected, goal.observable)
        self._estimate = Estimate.of(decision, difference)
        self.enter(HandPhase.DECIDING)
        if goal.strategy is Strategy.COMPENSATE:
            return self._compensate(decision)
        self._decision = decision
        verdict = self._judge.verdict(decision, difference, self.moves)
        if verdict.error is not None:
            raise verdict.error
        if self._down is not None and self._down.lowered and verdict.next_wrist is None:
            self._matches = verdict.matches
            self._begin_to_lift()
            return None
        if verdict.next_wrist is None:
            return self.end(errors.SUCCESS, verdict.matches, errors.HOLDING)
        if self._down is not None and self._down.is_held:
            self._begin_to_lower(self._down)
            return None
        self._oscillation.note(
            self.guard.limits.displacement(wrist, decision.target_wrist),
            goal.position_tolerance,
            goal.rotation_tolerance,
        )
        self.move_to(verdict.next_wrist)
        return None

    def _compensate(self, decision: Decision) -> Outcome:
        """Say how the object sits; an estimate farther off than any goal may move is not to be believed."""
        self.guard.limits.check_total(self.wrist, decision.target_wrist)
        self._decision = decision
        return self.end(
            errors.SUCCESS,
            f"the object sits {self._left} from where the target's did; lead the wrist by the compensation"
            f"{weak_axes_note(decision.weak_axes)}",
            errors.UNTOUCHED,
        )

    def _look_for_motion(self) -> None:
        """A grasp that contradicts those before stands for itself; raises ObjectMoved if that happens too often."""
        if not self._motion.note(self._readings, self._centre):
            return
        if self._motion.times > self.settings.moved_grasps:
            raise errors.ObjectMoved(
                f"{self._motion.said}, {self._motion.times} times in this goal; allowed are "
                f"{self.settings.moved_grasps} (moved_grasps): what holds it gives way"
            )
        self._begin_anew()

    def _begin_anew(self) -> None:
        """What was felt before says nothing any more."""
        self._estimator = self._make_estimator(self.goal)
        self._estimator.start_grasp()

    # ---- a held object
    def _begin_to_lower(self, down: Lowering) -> None:
        if self.settings.dry_run:
            raise errors.DryRun(
                f"dry run: {self.planned()}the held object would be lowered to be grasped anew, nothing was moved"
            )
        self.touch()
        down.detector.expect(self._settled)
        self.enter(HandPhase.LOWERING)

    def _lower(self) -> None:
        """One step at a time, each felt at rest; what stands is grasped anew."""
        down = self._down
        assert down is not None
        if not self._has_stepped():
            return
        if not down.detector.has_baseline:
            down.detector.keep()
        elif self._felt_held(down) is Felt.STANDS:
            down.stands()
            self._begin_anew()
            self._motion.forget()
            self.guard.wrist.hold_still()
            self.enter(HandPhase.SETTLING)
            return
        self._step_to(down.next_wrist(self.wrist))

    def _begin_to_lift(self) -> None:
        assert self._down is not None
        self._down.is_held = True
        self._top = transform((0.0, 0.0, self._down.lowered)) * self.wrist
        self._down.detector.expect(self._settled)
        self._down.detector.forget()
        self.enter(HandPhase.LIFTING)

    def _lift(self) -> Outcome | None:
        """Back up by what was lowered; the object has to stay in the hand."""
        down = self._down
        assert down is not None
        if not self._has_stepped():
            return None
        if not down.detector.has_baseline:
            down.detector.keep()
        else:
            self._felt_held(down)
            if self._is_up():
                return self.end(
                    errors.SUCCESS,
                    f"{self._matches}; lifted again by {down.lowered * 1e3:.1f} mm",
                    errors.HOLDING,
                )
        self._step_to(self._top)
        return None

    def _is_up(self) -> bool:
        metres, radians = self.guard.limits.distance(self.wrist, self._top)
        s = self.settings
        return metres <= s.arrival_position and radians <= s.arrival_rotation

    def _felt_held(self, down: Lowering) -> Felt:
        felt = down.detector.felt()
        if felt is Felt.LOST:
            raise errors.ObjectLost(
                f"tactile: the object was lost out of the hand in the phase '{HandPhase(self._phase).name.lower()}'; "
                "arm and fingers stay where they are"
            )
        return felt

    def _step_to(self, pose: RigidTransform) -> None:
        """Begin the next move with the hand closed."""
        self.arm.move_to(self.guard.next_pose(self.wrist, pose), self.clock.now(), self.settings.move_timeout)
        self._stepping = True
        self.time.restart()

    def _has_stepped(self) -> bool:
        """Whether the arm has arrived, and enough readings have come since; raises GoalError if either is late."""
        assert self._down is not None
        if self._stepping:
            if self.arm.tick(self.clock.now()) is Progress.ARRIVED:
                self._stepping = False
                self._down.detector.expect(self.wrist_topic.stamp)
                self.time.restart()
            elif self.time.is_late(self.settings.move_timeout):
                raise errors.ArmTimeout(f"the arm did not arrive {self.within('move_timeout')}")
            return False
        if self._down.detector.count >= self.settings.frames_per_grasp:
            return True
        if self.time.is_late(self.settings.sense_timeout):
            raise self._touch.explain() or errors.NoTactile(
                f"tactile: too few readings of the carried object {self.within('sense_timeout')}"
            )
        return False

    # ---- the end of a goal
    def open_safely(self) -> Outcome | None:
        """Return the outcome after opening, or after holding on where nothing but the hand holds the object."""
        if self._down is None or not self._down.is_held:
            return super().open_safely()
        self.hold_fingers()
        return self._keep_held()

    def give_up(self) -> Outcome:
        """Return the outcome of a goal that is given up: the arm holds still, and what is held stays held."""
        if self._down is None or not self._down.is_held:
            return super().give_up()
        self.arm.hold()
        return self._keep_held()

    def _keep_held(self) -> Outcome:
        return self.conclude(errors.HOLDING, "; the object is still held")
