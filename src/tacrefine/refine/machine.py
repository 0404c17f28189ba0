"""The refinement loop: close - settle - sense - decide - open - move - close, as a plain state machine.

It is ticked with a clock, is fed plain samples and commands an `Arm` and a `Hand`; it knows nothing of ROS.

Invariants:
- nothing moves before wrist poses, joint states and a correction for the goal's own target have arrived;
- the arm moves only while the hand was measured open;
- a correction counts only if its target is the goal's, it is finite, the contact is good and its tactile reading is
  newer than the moment the grasp settled;
- every command passes the guard (`tacrefine.supervision.guard`), and what it forbids ends the goal;
- every phase has a timeout, and every exit leaves hand and arm as `tacrefine.supervision.errors` says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import TacrefineError
from tacrefine.refine.correction_filter import CorrectionFilter
from tacrefine.refine.estimator import HasGraspCentre
from tacrefine.refine.oscillation import Oscillation
from tacrefine.refine.protocols import Estimator, Touch, Unwatched
from tacrefine.refine.samples import CorrectionSample, Feedback, Goal, Outcome, weak_axes_note
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import Clock, JointSample, WristSample
from tacrefine.supervision.stopwatch import Stopwatch
from tacrefine.supervision.topic_monitor import RobotTopicMonitors

logger = logging.getLogger(__name__)


class RefineMachine:
    """Runs one goal at a time: `start`, then `tick` until it returns an Outcome.

    `touch` may know a better reason than 'no correction came', for example that no tactile data comes.
    """

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
        touch: Touch | None = None,
    ) -> None:
        self._settings, self._clock, self._guard = settings, clock, guard
        self._arm, self._hand, self._centre = arm, hand, centre
        self._make_estimator, self._on_feedback = make_estimator, on_feedback
        self._touch = touch or Unwatched()
        self._handlers = {
            HandPhase.PREPARING: self._prepare,
            HandPhase.CLOSING: self._close,
            HandPhase.SETTLING: self._settle,
            HandPhase.SENSING: self._sense,
            HandPhase.OPENING: self._open,
            HandPhase.MOVING: self._move,
            HandPhase.FINISHING: self._finish,
        }
        self.flows = RobotTopicMonitors(settings, clock)
        self._phase = Stopwatch(clock)
        self._goal: Goal | None = None
        self._readings: list[tuple[RigidTransform, CorrectionSample]] = []

    @property
    def phase(self) -> HandPhase | None:
        """The present phase, None between goals."""
        return self._state if self._goal else None

    def start(self, goal: Goal) -> None:
        """Accept a goal; nothing is commanded before the first ticks found everything in place."""
        if self._goal is not None:
            raise errors.Busy("another goal is running")
        self._goal, self._estimator = goal, self._make_estimator(goal)
        self._step, self._touched = 0, False
        self._error: GoalError | None = None
        self._wanted_stop: GoalError | None = None
        self._readings = []
        self._remaining = (float("nan"), float("nan"), np.zeros(6), np.zeros(6, bool))
        self._inbox = CorrectionFilter(goal.target_id, self._clock.now(), self._settings.stamp_tolerance)
        self._oscillation = Oscillation()
        self._guard.begin()
        self._enter(HandPhase.PREPARING)

    def stop(self, reason: GoalError) -> None:
        """Cancel or preempt: acts at the next tick, whatever the phase. Without a goal it does nothing."""
        if self._goal is not None and self._error is None:
            self._wanted_stop = self._wanted_stop or reason

    def abort(self, reason: GoalError) -> Outcome | None:
        """End the goal now, without another tick: the arm holds, the hand is told to open if it was ever moved."""
        if self._goal is None:
            return None
        reason = self._error or reason
        if not self._touched:
            return self._end(reason.code, str(reason), errors.UNTOUCHED)
        self._arm.hold()
        if self._guard.estop.is_latched:
            self._hand.stop(self._clock.now())
            return self._end(reason.code, str(reason), errors.STOPPED)
        self._hand.command("open", self._clock.now())
        return self._end(reason.code, str(reason), errors.OPEN)

    def observe_wrist(self, sample: WristSample) -> None:
        """Take a measured wrist pose."""
        if self.flows.wrist.accept(sample.stamp):
            self._arm.observe(sample)

    def refuse_wrist(self, reason: str) -> None:
        """A message of the wrist could not be used."""
        self.flows.wrist.refuse(reason)

    def observe_joints(self, sample: JointSample) -> None:
        """Take measured joints; raises TouchError if they cannot be used."""
        try:
            self._hand.check(sample)
        except TacrefineError as error:
            self.flows.joints.refuse(str(error))
            raise
        if not self.flows.joints.accept(sample.stamp):
            return
        self._hand.observe(sample)
        self._guard.observe_fingers(self._hand.measured)

    def observe_correction(self, sample: CorrectionSample) -> None:
        """Take a correction; what does not fit the goal or the settled grasp is counted and dropped."""
        if self._goal is None or self._state not in (HandPhase.PREPARING, HandPhase.SENSING):
            return
        if (
            self._inbox.accept(sample, self._clock.now())
            and self._state is HandPhase.SENSING
            and self._arm.pose is not None
        ):
            self._readings.append((self._arm.pose, sample))

    def tick(self) -> Outcome | None:
        """Advance; returns the Outcome once when the goal has ended."""
        if self._goal is None:
            return None
        try:
            self._guard.check(self._state, self._clock.steady())
            if self._state is not HandPhase.FINISHING:
                if self._wanted_stop is not None:
                    raise self._wanted_stop
                if self._state is not HandPhase.PREPARING:
                    self.flows.check()
            return self._handlers[self._state]()
        except errors.NoTactile as error:
            return self._fail(self._touch.explain() or error)
        except GoalError as error:
            return self._fail(error)
        except Exception as error:
            logger.exception("refinement failed")
            return self._fail(errors.Internal(f"{type(error).__name__}: {error}"))

    def _enter(self, state: HandPhase) -> None:
        self._state = state
        self._phase.restart()
        if state is not HandPhase.PREPARING:
            self._on_feedback(Feedback(state, self._step, *self._remaining, self._touch.degraded))

    def _within_time(self, timeout: str) -> str:
        return f"within {getattr(self._settings, timeout):g} s ({timeout})"

    def _prepare(self) -> None:
        missing = self._arm.missing(self._clock.now())
        feels = self._settings.dry_run or self._guard.feels(self._clock.steady())
        # A pose from before the goal may be one that the wrist has left since.
        placed = self.flows.wrist.stamp > self._phase.began
        if self.flows.silence() is None and placed and self._inbox.heard and feels and not missing:
            assert self._arm.pose is not None
            self._guard.leave(self._arm.pose)
            self._command_hand("closed", HandPhase.CLOSING)
        elif self._phase.is_late(self._settings.prepare_timeout) or (
            self._phase.passed_steady() > self._settings.prepare_timeout + self._settings.sensor_timeout
        ):
            self.flows.check()
            if self._inbox.heard and missing:
                raise errors.ArmUnavailable(missing)
            raise self._touch.explain() or self._inbox.reason(
                self._settings.prepare_timeout, "prepare_timeout"
            )

    def _command_hand(self, posture: str, state: HandPhase) -> None:
        self._touched = not self._settings.dry_run
        self._hand.command(posture, self._clock.now())
        self._enter(state)

    def _close(self) -> None:
        # A command that was lost is sent again by DDS, and the hand may yet begin to move.
        stays_open = self._hand.is_open() and not self._settings.dry_run
        if self._hand.is_done() and not stays_open:
            self._enter(HandPhase.SETTLING)
        elif self._phase.is_late(self._settings.close_timeout):
            within = self._within_time("close_timeout")
            if stays_open:
                raise errors.HandTimeout(f"the hand was told to close and is still open, not closed {within}")
            raise errors.HandTimeout(f"the closing hand did not come to rest {within}")

    def _settle(self) -> None:
        if not self._hand.is_at_rest():
            if self._phase.is_late(self._settings.settle_timeout):
                raise errors.HandTimeout(
                    f"the closed hand did not stay at rest {self._within_time('settle_timeout')}"
                )
        elif self._hand.stamp >= self._phase.began + self._settings.settle_time:
            self._estimator.start_grasp()
            self._expect(self._hand.stamp)
            self._enter(HandPhase.SENSING)

    def _expect(self, newer_than: float) -> None:
        self._settled = newer_than
        self._readings = []
        self._inbox.expect(newer_than)

    def _sense(self) -> Outcome | None:
        if (
            self._touch.since > self._settled
        ):  # a finger fell silent or came back: readings before are of another kind
            self._expect(self._touch.since)
        fresh = self._touch.is_fresh(self._settled)
        if self._inbox.accepted >= self._settings.frames_per_grasp and fresh:
            waited = self._phase.passed_steady()
            if self._inbox.refined or waited >= self._settings.refined_timeout:
                return self._decide()
            return None
        if self._phase.is_late(self._settings.sense_timeout):
            raise self._touch.explain() or self._inbox.reason(self._settings.sense_timeout, "sense_timeout")
        return None

    def _decide(self) -> Outcome | None:
        goal, wrist = self._goal, self._arm.pose
        assert goal is not None
        assert wrist is not None
        for where, sample in self._readings:
            (self._estimator.refine if sample.frames > 1 else self._estimator.add)(where, sample)
        decision = self._estimator.decide(wrist, self._centre)
        self._remaining = (
            float(decision.remaining_m),
            float(decision.remaining_rad),
            np.asarray(decision.standard_deviation, float),
            decision.unseen,
        )
        within = (
            self._remaining[0] <= goal.position_tolerance and self._remaining[1] <= goal.rotation_tolerance
        )
        doubt = weak_axes_note(decision.unseen)
        self._enter(HandPhase.DECIDING)
        if decision.reason == "reached" or (decision.converged and within):
            return self._end(
                errors.SUCCESS, f"the grasp matches the target ({decision.reason}){doubt}", errors.HOLDING
            )
        if decision.converged or self._step >= goal.max_steps:
            why = decision.reason if decision.converged else f"max_steps is {goal.max_steps}"
            raise errors.NotConverged(
                f"after {self._step} corrections {decision.remaining_m * 1e3:.2f} mm and "
                f"{np.degrees(decision.remaining_rad):.2f} deg remain by estimate, tolerances are "
                f"{goal.position_tolerance * 1e3:.2f} mm and {np.degrees(goal.rotation_tolerance):.2f} deg, "
                f"{why}{doubt}"
            )
        self._oscillation.note(
            self._guard.limits.way(wrist, decision.target_wrist),
            goal.position_tolerance,
            goal.rotation_tolerance,
        )
        self._next = self._guard.next_pose(wrist, decision.next_wrist)
        self._command_hand("open", HandPhase.OPENING)
        return None

    def _open(self) -> None:
        if self._hand.is_done() or self._settings.dry_run:
            assert self._arm.pose is not None
            self._arm.move_to(
                self._guard.next_pose(self._arm.pose, self._next),
                self._clock.now(),
                self._settings.move_timeout,
            )
            self._step += not self._settings.dry_run
            self._enter(HandPhase.MOVING)
        elif self._phase.is_late(self._settings.open_timeout):
            raise errors.HandTimeout(
                f"the hand did not reach its open posture {self._within_time('open_timeout')}"
            )

    def _move(self) -> None:
        progress = self._arm.tick(self._clock.now())
        if progress is Progress.ARRIVED and self._settings.dry_run:
            metres, radians, *_ = self._remaining
            raise errors.DryRun(
                f"dry run: {metres * 1e3:.2f} mm and {np.degrees(radians):.2f} deg remain by estimate; the next move "
                "was published under dry_run/, nothing was moved"
            )
        if progress is Progress.ARRIVED:
            self._command_hand("closed", HandPhase.CLOSING)
        elif self._phase.is_late(self._settings.move_timeout):
            raise errors.ArmTimeout(f"the arm did not arrive {self._within_time('move_timeout')}")

    def _fail(self, error: GoalError) -> Outcome | None:
        """Bring arm and hand into the error's safe state; ends at once unless the hand has to move."""
        stopped = error.safe_state == errors.STOPPED
        if self._error is not None and not stopped:  # already on the way out: do not try again
            return self._end(self._error.code, str(self._error), self._error.safe_state)
        self._error = error
        if not self._touched:
            return self._end(error.code, str(error), errors.UNTOUCHED)
        self._arm.hold()
        if stopped:
            self._hand.stop(self._clock.now())
        if error.safe_state != errors.OPEN:
            return self._end(error.code, str(error), error.safe_state)
        self._command_hand("open", HandPhase.FINISHING)
        return None

    def _finish(self) -> Outcome | None:
        assert self._error is not None
        late = self._phase.passed_steady() > self._settings.finish_timeout
        if not (self._hand.is_done() or late):
            return None
        opened = "" if self._hand.is_done() else "; the hand was told to open but was not seen open"
        return self._end(self._error.code, str(self._error) + opened, errors.OPEN)

    def _end(self, code: int, message: str, safe_state: str) -> Outcome:
        if code == errors.SUCCESS:
            self._arm.hold()
        self._guard.end()
        self._goal = None
        metres, radians, _, unseen = self._remaining
        state, degraded = safe_state if self._touched else errors.UNTOUCHED, self._touch.degraded
        return Outcome(code, message, self._step, self._arm.pose, metres, radians, state, unseen, degraded)
