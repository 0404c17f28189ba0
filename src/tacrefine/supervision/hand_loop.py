"""The phases that every loop with a hand shares: close, settle, sense, open, move, and open as a safe state.

Invariants, besides those of `tacrefine.supervision.goal_machine`:
- the arm moves only while the hand was measured open;
- readings count only if they are newer than the moment the grasp settled;
- every phase has a timeout.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from scipy.spatial.transform import RigidTransform

from tacrefine.errors import TacrefineError
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.goal_machine import FeedbackT, GoalMachine, GoalT, OutcomeT
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.hand_settings import HandSettings
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import Clock, JointSample
from tacrefine.supervision.touch_stream import TouchStream, UnmonitoredTouch


class HandLoop(GoalMachine[GoalT, HandPhase, OutcomeT, FeedbackT]):
    """Closes the hand, waits for readings, asks `decide`, and goes where that sends it.

    `touch` may know a better reason than 'no readings came', for example that no tactile data comes.
    """

    phases = HandPhase
    settings: HandSettings

    def __init__(
        self,
        settings: HandSettings,
        clock: Clock,
        arm: Arm,
        hand: Hand,
        guard: Guard,
        on_feedback: Callable[[FeedbackT], None],
        touch: TouchStream | None = None,
    ) -> None:
        super().__init__(settings, clock, arm, guard, on_feedback, "wrist_pose", "joint_states")
        self.settings, self.hand = settings, hand
        self._touch = touch or UnmonitoredTouch()
        self.moves = 0
        """of the arm in this goal"""
        self.handlers = {
            HandPhase.PREPARING: self.prepare,
            HandPhase.CLOSING: self._close,
            HandPhase.SETTLING: self._settle,
            HandPhase.SENSING: self._sense,
            HandPhase.OPENING: self._open,
            HandPhase.MOVING: self._move,
            HandPhase.FINISHING: self._wait_until_open,
        }

    # ---- for subclasses to override
    @abstractmethod
    def is_answered(self) -> bool:
        """Whether what readings come from has answered since the goal began."""

    @abstractmethod
    def expect(self, newer_than: float) -> None:
        """Forget all readings: from here on those count whose stamps, s, are newer."""

    @abstractmethod
    def has_enough(self) -> bool:
        """Whether enough readings of the present grasp have come."""

    @abstractmethod
    def decide(self) -> OutcomeT | None:
        """There are enough readings: `move_to` somewhere, end, or wait for more; called at every tick until then."""

    @abstractmethod
    def too_few(self, timeout: str) -> GoalError:
        """Why no or not enough readings came in time; `timeout` is the name of a parameter."""

    def reset(self, goal: GoalT) -> None:
        """Count moves anew."""
        self.moves = 0

    def settled(self) -> None:
        """A grasp is at rest."""

    def opened(self) -> OutcomeT | None:
        """The hand is open: begin the move; called again at the next tick if it does not begin."""
        self.arm.move_to(
            self.guard.next_pose(self.wrist, self._next), self.clock.now(), self.settings.move_timeout
        )
        self.moves += not self.settings.dry_run
        self.enter(HandPhase.MOVING)
        return None

    def planned(self) -> str:
        """Begin of a sentence on the move that a dry run has planned."""
        return ""

    # ---- inputs
    def observe_joints(self, sample: JointSample) -> None:
        """Take measured joints; raises TouchError if they cannot be used."""
        try:
            self.hand.check(sample)
        except TacrefineError as error:
            self.finger_topic.refuse(str(error))
            raise
        if not self.finger_topic.accept(sample.stamp):
            return
        self.hand.observe(sample)
        self.guard.observe_fingers(self.hand.measured)

    def refuse_joints(self, reason: str) -> None:
        """A message of the joints could not be used."""
        self.finger_topic.refuse(reason)

    def is_ready(self) -> bool:
        """Whether readings would come, too."""
        return self.is_answered() and super().is_ready()

    def not_ready(self) -> GoalError:
        """The robot's topics first, then the arm, then touch."""
        missing = self.arm.missing(self.clock.now())
        unavailable = errors.ArmUnavailable(missing) if missing and self.is_answered() else None
        return self.topic_fault() or unavailable or self._no_readings("prepare_timeout")

    def explained(self, error: GoalError) -> GoalError:
        """What is wrong with the tactile stream, where that ended the goal."""
        reason = self._touch.explain() if isinstance(error, errors.NoTactile) else None
        return reason or error

    def _no_readings(self, timeout: str) -> GoalError:
        return self._touch.explain() or self.too_few(timeout)

    # ---- phases
    def ready(self) -> None:
        """Begin to close the hand; the wrist stands where it is to grasp."""
        self.command_hand("closed", HandPhase.CLOSING)

    def command_hand(self, posture: str, phase: HandPhase) -> None:
        """Move the fingers to 'open' or 'closed' and begin a phase."""
        self.touch()
        self.hand.command(posture, self.clock.now())
        self.enter(phase)

    def move_to(self, pose: RigidTransform) -> None:
        """Open the hand, move the wrist to `pose` or as far as one move may go, and close again.

        Raises GoalError, and commands nothing, if the path leaves the limits.
        """
        self._next = self.guard.next_pose(self.wrist, pose)
        self.command_hand("open", HandPhase.OPENING)

    def _close(self) -> None:
        # A command that was lost is sent again by DDS, and the hand may yet begin to move.
        stays_open = self.hand.is_open() and not self.settings.dry_run
        if self.hand.is_done() and not stays_open:
            self.enter(HandPhase.SETTLING)
        elif self.time.is_late(self.settings.close_timeout):
            within = self.within("close_timeout")
            if stays_open:
                raise errors.HandTimeout(f"the hand was told to close and is still open, not closed {within}")
            raise errors.HandTimeout(f"the closing hand did not come to rest {within}")

    def _settle(self) -> None:
        if not self.hand.is_at_rest():
            if self.time.is_late(self.settings.settle_timeout):
                raise errors.HandTimeout(
                    f"the closed hand did not stay at rest {self.within('settle_timeout')}"
                )
        elif self.hand.stamp >= self.time.began + self.settings.settle_time:
            self.settled()
            self._expect(self.hand.stamp)
            self.enter(HandPhase.SENSING)

    def _expect(self, newer_than: float) -> None:
        self._settled = newer_than
        self.expect(newer_than)

    def _sense(self) -> OutcomeT | None:
        if self._touch.since > self._settled:
            # A finger stopped sending readings or came back: those before are of another kind.
            self._expect(self._touch.since)
        if self._touch.is_fresh(self._settled) and self.has_enough():
            return self.decide()
        if self.time.is_late(self.settings.sense_timeout):
            raise self._frozen() or self._no_readings("sense_timeout")
        return None

    def _frozen(self) -> GoalError | None:
        """The error of readings that came, but never changed after the hand came to rest; None if they did."""
        if self._touch.is_fresh(self._settled) or not self.has_enough():
            return None
        return self._touch.explain() or errors.FrozenTactile(
            f"tactile: the readings have not changed since the hand came to rest, {self.within('sense_timeout')}; "
            "the stream is frozen"
        )

    def _open(self) -> OutcomeT | None:
        if self.hand.is_done() or self.settings.dry_run:
            return self.opened()
        if self.time.is_late(self.settings.open_timeout):
            raise errors.HandTimeout(f"the hand did not reach its open posture {self.within('open_timeout')}")
        return None

    def _move(self) -> None:
        if self.arm.tick(self.clock.now()) is Progress.ARRIVED:
            if self.settings.dry_run:
                raise errors.DryRun(
                    f"dry run: {self.planned()}the next move was published under dry_run/, nothing was moved"
                )
            self.command_hand("closed", HandPhase.CLOSING)
        elif self.time.is_late(self.settings.move_timeout):
            raise errors.ArmTimeout(f"the arm did not arrive {self.within('move_timeout')}")

    # ---- the end of a goal
    def hold_fingers(self) -> None:
        """Moving fingers hold where they are, those at rest keep their grip."""
        self.hand.stop(self.clock.now())

    def open_safely(self) -> OutcomeT | None:
        """The object is held by something else, so opening the hand never drops it."""
        self.command_hand("open", HandPhase.FINISHING)
        return None

    def _wait_until_open(self) -> OutcomeT | None:
        if self.hand.is_done():
            return self.conclude(errors.OPEN)
        if self.time.passed_steady() > self.settings.finish_timeout:
            return self.conclude(errors.OPEN, "; the hand was told to open but was not seen open")
        return None

    def give_up(self) -> OutcomeT:
        """Tell the hand to open, unless it was told already, and do not wait for it."""
        if self.phase is not HandPhase.FINISHING:
            self.arm.hold()
            self.hand.command("open", self.clock.now())
        return self.conclude(errors.OPEN)
