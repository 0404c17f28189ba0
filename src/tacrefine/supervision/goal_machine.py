"""One goal at a time, from start to end: what every loop keeps to, whatever its phases are.

Invariants:
- nothing is commanded before everything that the goal rests on has come since it began;
- at every tick the guard is asked first, then whether the goal was stopped, then whether all streams still deliver;
- every command passes the guard (`tacrefine.supervision.guard`), and what it forbids ends the goal;
- once a goal comes to its end, only an emergency stop changes how it ends;
- every exit leaves arm and fingers as `tacrefine.supervision.errors` says, and as they were if nothing was commanded.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from typing import Generic, TypeVar

from scipy.spatial.transform import RigidTransform

from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.goals import Ending, GoalOutcome
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.motion_settings import MotionSettings
from tacrefine.supervision.samples import Clock, WristSample
from tacrefine.supervision.stopwatch import Stopwatch
from tacrefine.supervision.topic_monitor import TopicMonitor

logger = logging.getLogger(__name__)


GoalT = TypeVar("GoalT")
PhaseT = TypeVar("PhaseT", bound=IntEnum)
OutcomeT = TypeVar("OutcomeT", bound=GoalOutcome)
FeedbackT = TypeVar("FeedbackT")


class GoalMachine(ABC, Generic[GoalT, PhaseT, OutcomeT, FeedbackT]):
    """Runs one goal at a time: `start`, then `tick` until it returns an outcome.

    Subclasses name their `phases`, PREPARING and FINISHING among them, and give each a handler, which is called at
    every tick in its phase. Topics are those of the wrist's pose and of the fingers' states.
    """

    phases: type[PhaseT]
    handlers: dict[PhaseT, Callable[[], OutcomeT | None]]
    settings: MotionSettings

    def __init__(
        self,
        settings: MotionSettings,
        clock: Clock,
        arm: Arm,
        guard: Guard,
        on_feedback: Callable[[FeedbackT], None],
        wrist_topic: str,
        finger_topic: str,
    ) -> None:
        self.settings, self.clock, self.arm, self.guard = settings, clock, arm, guard
        self.time = Stopwatch(clock)
        """of the present phase"""
        self.wrist_topic = TopicMonitor(wrist_topic, errors.NoWristPose, settings, clock)
        self.finger_topic = TopicMonitor(finger_topic, errors.NoJointStates, settings, clock)
        self._on_feedback = on_feedback
        self._goal: GoalT | None = None
        self._phase = self.phases["PREPARING"]
        self._touched = False
        self._ending: Ending | None = None
        self._wanted_stop: GoalError | None = None

    # ---- for subclasses to override
    @abstractmethod
    def reset(self, goal: GoalT) -> None:
        """Forget the last goal; an error that is raised here refuses the new one."""

    @abstractmethod
    def ready(self) -> None:
        """Everything is in place: enter the first phase that moves something."""

    @abstractmethod
    def not_ready(self) -> GoalError:
        """Why `is_ready` has not become true in time."""

    @abstractmethod
    def feedback(self, phase: PhaseT) -> FeedbackT:
        """How far the goal is."""

    @abstractmethod
    def outcome(self, code: int, message: str, safe_state: str) -> OutcomeT:
        """How the goal ended."""

    @abstractmethod
    def hold_fingers(self) -> None:
        """Fingers that move hold still, fingers that grip go on gripping."""

    @abstractmethod
    def open_safely(self) -> OutcomeT | None:
        """Begin to open the fingers as a safe state, with the arm held; the outcome if that ends at once.

        A GoalError leads to `give_up`.
        """

    @abstractmethod
    def give_up(self) -> OutcomeT:
        """End now in the best state that can be had without another tick."""

    def is_ready(self) -> bool:
        """Whether everything that a goal rests on has come.

        What was read before the goal does not count: the wrist may have been moved since, a simulation been reset.
        """
        own = min(self.wrist_topic.stamp, self.finger_topic.stamp) > self.time.began
        felt = self.settings.dry_run or self.guard.feels(self.clock.steady())
        return own and felt and self.fault() is None and not self.arm.missing(self.clock.now())

    def fault(self) -> GoalError | None:
        """What no longer delivers, though a goal rests on it; None if everything does."""
        return self.topic_fault()

    def explained(self, error: GoalError) -> GoalError:
        """The error that ends the goal, or a better reason for it."""
        return error

    # ---- goals
    @property
    def phase(self) -> PhaseT | None:
        """The present phase, None between goals."""
        return self._phase if self._goal is not None else None

    @property
    def goal(self) -> GoalT:
        """The goal that runs."""
        assert self._goal is not None
        return self._goal

    @property
    def wrist(self) -> RigidTransform:
        """The newest measured wrist pose."""
        assert self.arm.pose is not None
        return self.arm.pose

    def start(self, goal: GoalT) -> None:
        """Accept a goal; nothing is commanded before the first ticks found everything in place."""
        if self._goal is not None:
            raise errors.Busy("another goal is running")
        self.reset(goal)
        self._goal, self._touched = goal, False
        self._ending = self._wanted_stop = None
        self.guard.begin()
        self.enter(self.phases["PREPARING"])

    def stop(self, reason: GoalError) -> None:
        """Cancel or preempt: acts at the next tick, whatever the phase. Without a goal it does nothing."""
        if self._goal is not None:
            self._wanted_stop = self._wanted_stop or reason

    def abort(self, reason: GoalError) -> OutcomeT | None:
        """End the goal now, without another tick: the arm holds, fingers open unless that would drop something."""
        if self._goal is None:
            return None
        self._ending = self._ending or Ending.of(reason)
        if not self._touched:
            return self.conclude(errors.UNTOUCHED)
        if self.guard.estop.is_latched:
            self.arm.hold()
            self.hold_fingers()
            return self.conclude(errors.STOPPED)
        return self.give_up()

    def observe_wrist(self, sample: WristSample) -> None:
        """Take a measured wrist pose."""
        if self.wrist_topic.accept(sample.stamp):
            self.arm.observe(sample)

    def refuse_wrist(self, reason: str) -> None:
        """A message of the wrist could not be used."""
        self.wrist_topic.refuse(reason)

    def tick(self) -> OutcomeT | None:
        """Advance; returns the outcome once when the goal has ended."""
        if self._goal is None:
            return None
        try:
            self.guard.check(self._phase, self.clock.steady())
            if self._ending is None:
                if self._wanted_stop is not None:
                    raise self._wanted_stop
                if self._phase is not self.phases["PREPARING"]:
                    raise_if(self.fault())
            return self.handlers[self._phase]()
        except GoalError as error:
            return self.finish(Ending.of(self.explained(error)))
        except Exception as error:
            logger.exception("%s failed", type(self).__name__)
            return self.finish(Ending.of(errors.Internal(f"{type(error).__name__}: {error}")))

    # ---- what phases are made of
    def enter(self, phase: PhaseT) -> None:
        """Begin a phase."""
        self._phase = phase
        self.time.restart()
        if phase is not self.phases["PREPARING"]:
            self.report(phase)

    def report(self, phase: PhaseT) -> None:
        """Send feedback to the client."""
        self._on_feedback(self.feedback(phase))

    def touch(self) -> None:
        """Something is about to be commanded: from here on an exit has to leave a safe state. Not so in a dry run."""
        self._touched = not self.settings.dry_run

    def topic_fault(self) -> GoalError | None:
        """Which of the robot's topics no longer delivers, None if both do."""
        return self.wrist_topic.fault() or self.finger_topic.fault()

    def within(self, timeout: str) -> str:
        """End of a sentence on what did not happen in time; `timeout` is the name of a parameter."""
        return f"within {getattr(self.settings, timeout):g} s ({timeout})"

    def prepare(self) -> None:
        """Handler of the phase PREPARING."""
        if self.is_ready():
            self.guard.set_origin(self.wrist)
            self.ready()
        elif self.time.is_late(self.settings.prepare_timeout) or (
            # a clock that stands still is late too
            self.time.passed_steady() > self.settings.prepare_timeout + self.settings.sensor_timeout
        ):
            raise self.not_ready()

    # ---- the end of a goal
    def finish(self, ending: Ending) -> OutcomeT | None:
        """Bring arm and fingers into a safe state; returns the outcome if nothing has to move first."""
        stopped = ending.safe_state == errors.STOPPED
        if self._ending is not None and not stopped:  # comes to its end already: do not try again
            return self.give_up()
        self._ending = ending
        if not self._touched:
            return self.conclude(errors.UNTOUCHED)
        self.arm.hold()
        if stopped:
            self.hold_fingers()
        if ending.safe_state != errors.OPEN:
            return self.conclude(ending.safe_state)
        try:
            return self.open_safely()
        except GoalError:
            return self.give_up()

    def conclude(self, safe_state: str, note: str = "") -> OutcomeT:
        """The goal is over as `finish` was told, with a note on what came of it."""
        assert self._ending is not None
        return self.end(self._ending.code, self._ending.message + note, safe_state)

    def end(self, code: int, message: str, safe_state: str) -> OutcomeT:
        """The goal is over."""
        if code == errors.SUCCESS and (self._touched or self.settings.dry_run):
            self.arm.hold()
        self.guard.end()
        self._goal = None
        return self.outcome(code, message, safe_state if self._touched else errors.UNTOUCHED)


def raise_if(fault: GoalError | None) -> None:
    """Raise it if there is one."""
    if fault is not None:
        raise fault
