"""The collection loop: close - settle - sense - open - move to the next pose - close, as a plain state machine.

It makes grasps for fine-tuning with the phases, limits and safe states of a refinement, but nothing decides
where to go: the poses are given. Those that the arm cannot or may not reach are skipped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from scipy.spatial.transform import RigidTransform

from tacrefine.collect.poses import wrist_poses
from tacrefine.collect.reading_counter import ReadingCounter
from tacrefine.collect.samples import CollectFeedback, CollectGoal, CollectOutcome
from tacrefine.geometry import HasGraspCentre
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.goals import Ending
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.hand_loop import HandLoop
from tacrefine.supervision.hand_settings import HandSettings
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import Clock
from tacrefine.supervision.touch_stream import TouchStream

OUT_OF_REACH = (errors.Unreachable, errors.LimitExceeded, errors.WorkspaceExceeded)
MOST_SKIPPED = 20


class CollectMachine(HandLoop[CollectGoal, CollectOutcome, CollectFeedback]):
    """Runs one goal at a time: `start`, then `tick` until it returns a CollectOutcome; code 0 if all poses are done."""

    def __init__(
        self,
        settings: HandSettings,
        clock: Clock,
        arm: Arm,
        hand: Hand,
        guard: Guard,
        centre: HasGraspCentre,
        on_feedback: Callable[[CollectFeedback], None] = lambda feedback: None,
        touch: TouchStream | None = None,
    ) -> None:
        super().__init__(settings, clock, arm, hand, guard, on_feedback, touch)
        self._centre = centre
        self.made = self.skipped = 0
        """grasps made and poses skipped in this goal"""

    # ---- a goal
    def reset(self, goal: CollectGoal) -> None:
        """All poses are still to come."""
        super().reset(goal)
        self.made = self.skipped = 0
        self._poses: deque[RigidTransform] | None = None
        self._warning = ""
        self._counter = ReadingCounter(self.clock.now(), self.settings.stamp_tolerance)

    def feedback(self, phase: HandPhase) -> CollectFeedback:
        """How many grasps are made."""
        return CollectFeedback(phase, self.made, self.skipped, self._warning)

    def outcome(self, code: int, message: str, safe_state: str) -> CollectOutcome:
        """How many grasps were made."""
        return CollectOutcome(code, message, safe_state, self.made, self.skipped)

    # ---- readings
    def observe_reading(self, stamp: float) -> None:
        """Take the stamp (s) of a tactile message."""
        if self.phase in (HandPhase.PREPARING, HandPhase.SENSING):
            self._counter.add(stamp, self.clock.now())

    def is_answered(self) -> bool:
        """Whether a reading has come."""
        return self._counter.answered

    def expect(self, newer_than: float) -> None:
        """Count readings of the settled grasp anew."""
        self._counter.expect(newer_than)

    def has_enough(self) -> bool:
        """Whether enough readings of the grasp have come (`frames_per_grasp`)."""
        return self._counter.count >= self.settings.frames_per_grasp

    def too_few(self, timeout: str) -> GoalError:
        """How many have come."""
        return self._counter.reason(self.settings.frames_per_grasp, self.within(timeout))

    # ---- decisions
    def decide(self) -> CollectOutcome | None:
        """The grasp is made: on to the next pose."""
        self.made += 1
        self.enter(HandPhase.DECIDING)
        if self._poses is None:
            reference = self.wrist if self.goal.reference is None else self.goal.reference
            self._poses = deque(wrist_poses(self._centre, reference, self.goal.coordinates))
        return self._go_on()

    def opened(self) -> CollectOutcome | None:
        """Begin the move, or go on to the pose after it where the arm cannot make it."""
        try:
            return super().opened()
        except OUT_OF_REACH as error:
            self._skip(error)
            return self._go_on()

    def _go_on(self) -> CollectOutcome | None:
        while self._poses:
            try:
                self.move_to(self._poses.popleft())
                return None
            except OUT_OF_REACH as error:
                self._skip(error)
        done = f"all {self.made} grasps were made"
        if self.skipped:
            done = f"{self.made} grasps were made, poses out of reach were skipped: {self.skipped}"
        return self.finish(Ending(errors.SUCCESS, done, errors.OPEN))

    def _skip(self, error: GoalError) -> None:
        """Count a pose out of reach; raises its error if there were too many, or none could be reached at all."""
        if self.skipped >= MOST_SKIPPED or (self.moves == 0 and not self._poses):
            raise error
        self.skipped += 1
        self._warning = f"a pose is skipped: {error}"
        self.report(HandPhase.DECIDING)
        self._warning = ""
