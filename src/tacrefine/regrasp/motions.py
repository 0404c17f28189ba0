"""What the regrasp loop is made of: one goal at a time, phases that open, close, move, look, and the way out.

Subclasses say what follows what. Invariants:
- nothing moves before wrist poses, gripper states and images of camera, depth and both pads have arrived;
- what is lifted is put back before the gripper opens; where that cannot be done, it goes on being held;
- every command passes the guard (`tacrefine.supervision.guard`), and what it forbids ends the goal;
- every phase has a timeout, and every exit leaves gripper and arm as `tacrefine.supervision.errors` says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from scipy.spatial.transform import RigidTransform

from tacrefine.gripper import Action
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.image_streams import ALL, DEPTH, Image, Sight
from tacrefine.regrasp.places import at_height
from tacrefine.regrasp.route import Route
from tacrefine.regrasp.samples import (
    NAN,
    Phase,
    RegraspFeedback,
    RegraspGoal,
    RegraspOutcome,
)
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.gripper import STATES, WIDTH, Gripper
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.samples import Clock, GripperSample, WristSample
from tacrefine.supervision.stopwatch import Stopwatch
from tacrefine.supervision.topic_monitor import TopicMonitor

logger = logging.getLogger(__name__)
ABOVE_M = 0.002
"""m above where it was grasped, from which on an object hangs in the air"""
Handler = Callable[[], RegraspOutcome | None]


class GripperLoop:
    """See the module. `handlers` of a subclass are called at every tick in their phase."""

    handlers: dict[Phase, Handler]

    def __init__(
        self,
        settings: RegraspSettings,
        clock: Clock,
        arm: Arm,
        gripper: Gripper,
        guard: Guard,
        sight: Sight,
        on_feedback: Callable[[RegraspFeedback], None] = lambda feedback: None,
    ) -> None:
        self.settings, self.clock, self.sight, self.gripper = settings, clock, sight, gripper
        self.time = Stopwatch(clock)  # of the present phase
        self._guard, self._arm, self._on_feedback = guard, arm, on_feedback
        self.wrist_topic = TopicMonitor("gripper/wrist_pose", errors.NoWristPose, settings, clock)
        self.gripper_topic = TopicMonitor(STATES, errors.NoJointStates, settings, clock)
        self._route = Route(arm, guard, clock, settings)
        self._goal: RegraspGoal | None = None
        self._grasped_at: RigidTransform | None = None  # where the gripper closed, until it has opened
        self.handlers = {
            Phase.PREPARING: self._prepare,
            Phase.OPENING: self._open,
            Phase.OBSERVING: self._observe,
            Phase.MOVING: self._move,
            Phase.CLOSING: self._close,
            Phase.LIFTING: self._move,
            Phase.LOWERING: self._move,
            Phase.FINISHING: self._finish,
        }

    # ---- for subclasses to override
    def begun(self) -> None:
        """Everything is in place, and the gripper holds nothing."""
        raise NotImplementedError

    def closed(self) -> None:
        """The gripper has come to rest."""
        raise NotImplementedError

    # ---- goals
    @property
    def phase(self) -> Phase | None:
        """The present phase, None between goals."""
        return self._phase if self._goal else None

    @property
    def goal(self) -> RegraspGoal:
        """The goal that runs."""
        assert self._goal is not None
        return self._goal

    def start(self, goal: RegraspGoal) -> None:
        """Accept a goal; nothing is commanded before the first ticks found everything in place."""
        if self._goal is not None:
            raise errors.Busy("another goal is running")
        self._goal, self._touched, self._lifted = goal, False, False
        self.tries, self.force, self.probability = 0, NAN, NAN
        self.action: Action | None = None
        self._error: GoalError | None = None
        self._wanted_stop: GoalError | None = None
        self.sight.forget()
        self._guard.begin()
        self.enter(Phase.PREPARING)

    def stop(self, reason: GoalError) -> None:
        """Cancel or preempt: acts at the next tick, whatever the phase. Without a goal it does nothing."""
        if self._goal is not None and self._error is None:
            self._wanted_stop = self._wanted_stop or reason

    def abort(self, reason: GoalError) -> RegraspOutcome | None:
        """End the goal now, without another tick: the arm holds; the gripper opens unless something hangs in it."""
        if self._goal is None:
            return None
        self._error = self._error or reason
        if not self._touched:
            return self.end(self._error.code, str(self._error), errors.UNTOUCHED)
        if self._guard.estop.is_latched:
            self._arm.hold()
            self.gripper.stop()
            return self.end(self._error.code, str(self._error), errors.STOPPED)
        return self._give_up()

    def observe_wrist(self, sample: WristSample) -> None:
        """Take a measured pose of the grasp centre."""
        if self.wrist_topic.accept(sample.stamp):
            self._arm.observe(sample)

    def refuse_wrist(self, reason: str) -> None:
        """A message of the wrist could not be used."""
        self.wrist_topic.refuse(reason)

    def observe_gripper(self, sample: GripperSample) -> None:
        """Take a state of the gripper."""
        if self.gripper_topic.accept(sample.stamp):
            self.gripper.observe(sample)
            self._guard.observe_fingers({WIDTH: sample.width})
            self._guard.observe_force("gripper", sample.force, self.clock.steady())

    def refuse_gripper(self, reason: str) -> None:
        """A state of the gripper could not be used."""
        self.gripper_topic.refuse(reason)

    def tick(self) -> RegraspOutcome | None:
        """Advance; returns the outcome once when the goal has ended."""
        if self._goal is None:
            return None
        try:
            self._guard.check(self._phase, self.clock.steady())
            if self._error is None:
                if self._wanted_stop is not None:
                    raise self._wanted_stop
                if self._phase is not Phase.PREPARING:
                    raise_if(self._silence() or self.sight.fault() or self.sight.dead_pad())
            return self.handlers[self._phase]()
        except GoalError as error:
            return self._fail(error)
        except Exception as error:
            logger.exception("regrasping failed")
            return self._fail(errors.Internal(f"{type(error).__name__}: {error}"))

    # ---- what phases are made of
    def enter(self, phase: Phase) -> None:
        """Begin a phase."""
        self._phase = phase
        self.time.restart()
        if phase is not Phase.PREPARING:
            self.report(phase)

    def report(self, phase: Phase) -> None:
        """Feedback."""
        self._on_feedback(RegraspFeedback(phase, self.tries, self.probability, self.action, self.force))

    @property
    def wrist(self) -> RigidTransform:
        """The newest measured pose of the grasp centre."""
        assert self._arm.pose is not None
        return self._arm.pose

    def look(self, streams: Sequence[str], then: Callable[[], None]) -> None:
        """Wait for images of these streams from now on."""
        self._wanted, self._then = tuple(streams), then
        self.enter(Phase.OBSERVING)

    def seen(self) -> dict[str, Image]:
        """The images that were waited for."""
        images = self.sight.since(self.time.began, self._wanted)
        assert images is not None
        return images

    def open(self, then: Callable[[], None]) -> None:
        """Open the gripper."""
        self._then = then
        self._tell_open()
        self.enter(Phase.OPENING)

    def close(self, force: float) -> None:
        """Close the gripper; `closed` follows."""
        self._touched, self.force, self._grasped_at = True, force, self.wrist
        self.gripper.close(force, self.clock.now())
        self.enter(Phase.CLOSING)

    def go(self, way: Sequence[RigidTransform], phase: Phase, then: Callable[[], None]) -> None:
        """Through these poses one after the other; an empty way is over at once."""
        self._then = then
        if not way:
            then()
            return
        self._touched = self._touched or not self.settings.dry_run
        self._lifted = self._lifted or phase is Phase.LIFTING
        self._route.begin(way)
        self.enter(phase)

    def lifted_to(self, height: float) -> RigidTransform:
        """Where the grasp is `height` m above where the gripper closed."""
        assert self._grasped_at is not None
        return at_height(self.wrist, float(self._grasped_at.translation[2]) + height)

    def risen(self) -> float:
        """How far the gripper is above where it closed, m."""
        assert self._grasped_at is not None
        return float(self.wrist.translation[2] - self._grasped_at.translation[2])

    def restrict(self, box: ActionBox) -> None:
        """What the goal allows from here on."""
        self._goal = replace(self.goal, box=box)

    def put_back(self, then: Callable[[], None]) -> None:
        """Down to the height where the gripper closed, if it is above it."""
        self.go(self._way_down(), Phase.LOWERING, then)

    def give_away(self) -> None:
        """What is held is the client's from here on."""
        self._grasped_at = None

    def end(self, code: int, message: str, safe_state: str) -> RegraspOutcome:
        """The goal is over."""
        if code == errors.SUCCESS:
            self._arm.hold()
        self._guard.end()
        self._goal = None
        lifted = code == errors.SUCCESS
        return RegraspOutcome(
            code, message, safe_state, lifted, self.force, self.tries, self.probability, self._arm.pose
        )

    # ---- phases
    def _prepare(self) -> None:
        missing = self._arm.missing(self.clock.now())
        fault = self._silence() or self.sight.fault((*ALL, DEPTH)) or self.sight.dead_pad()
        now = self.clock.steady()
        # What was read before the goal may be true no more: a simulation may have been set anew in between.
        own = min(self.wrist_topic.stamp, self.gripper_topic.stamp) > self.time.began
        if fault is not None or missing or not (own and (self._guard.feels(now) or self.settings.dry_run)):
            if self.time.passed_steady() > self.settings.prepare_timeout:
                raise fault or errors.ArmUnavailable(missing or f"{STATES}: the gripper's states stopped")
            return
        self._guard.leave(self.wrist)
        if self._grasped_at is not None:
            self.put_back(self.begun)
        elif self.gripper.grips() and not self.settings.dry_run:
            raise errors.Occupied(
                "the gripper holds something that this server has not grasped; open it first"
            )
        else:
            self.begun()

    def _observe(self) -> None:
        if self.sight.since(self.time.began, self._wanted) is not None:
            self._then()
        else:
            raise_if(self.sight.fault(self._wanted))

    def _open(self) -> None:
        if self.gripper.is_done():
            self._grasped_at, self._lifted = None, False
            self._then()
        elif self.time.is_late(self.settings.open_timeout):
            limit = self.settings.open_timeout
            raise errors.HandTimeout(f"the gripper did not open within {limit:g} s (open_timeout)")

    def _close(self) -> None:
        if self.gripper.is_done():
            self.closed()
        elif self.time.is_late(self.settings.close_timeout):
            within = f"within {self.settings.close_timeout:g} s (close_timeout)"
            if self.gripper.is_open():
                raise errors.HandTimeout(
                    f"the gripper was told to close and is still open, not closed {within}"
                )
            raise errors.HandTimeout(f"the gripper did not come to rest {within}")

    def _move(self) -> None:
        if self._route.tick(may_stop_short=self._phase is Phase.MOVING):
            self._then()

    def _tell_open(self) -> None:
        self._touched = True
        self.gripper.open(self.clock.now())

    def _way_down(self) -> list[RigidTransform]:
        grasped = self._grasped_at
        if grasped is None or self.wrist.translation[2] <= grasped.translation[2] + ABOVE_M:
            return []
        return [at_height(self.wrist, float(grasped.translation[2]))]

    def _silence(self) -> GoalError | None:
        return self.wrist_topic.silence() or self.gripper_topic.silence()

    # ---- the way out
    def _fail(self, error: GoalError) -> RegraspOutcome | None:
        """Bring gripper and arm into the error's safe state; ends at once unless something has to move."""
        stopped = error.safe_state == errors.STOPPED
        if self._error is not None and not stopped:
            return self._give_up()
        self._error = error
        if not self._touched:
            return self.end(error.code, str(error), errors.UNTOUCHED)
        self._arm.hold()
        if stopped:
            self.gripper.stop()
        if error.safe_state != errors.OPEN:
            return self.end(error.code, str(error), error.safe_state)
        if self._silence() is not None:  # the way back down cannot be followed
            return self._give_up()
        try:
            self.put_back(self._let_go)
        except GoalError:
            return self._give_up()
        return None

    def _let_go(self) -> None:
        self._tell_open()
        self.enter(Phase.FINISHING)

    def _finish(self) -> RegraspOutcome | None:
        """The gripper opens as a safe state."""
        assert self._error is not None
        if self.gripper.is_done():
            self._grasped_at = None
            return self.end(self._error.code, str(self._error), errors.OPEN)
        late = self.time.passed_steady() > self.settings.finish_timeout
        return self._give_up() if late else None

    def _give_up(self) -> RegraspOutcome:
        """No way to do better: hold what hangs in the air, else open without waiting for it."""
        assert self._error is not None
        self._arm.hold()
        if self._lifted and self._way_down():
            text = f"{self._error}; what was lifted is held, it was not put back"
            return self.end(self._error.code, text, errors.HOLDING)
        self._tell_open()
        seen = "" if self.gripper.is_open() else "; the gripper was told to open and not yet seen open"
        return self.end(self._error.code, f"{self._error}{seen}", errors.OPEN)


def raise_if(fault: GoalError | None) -> None:
    """Raise it if there is one."""
    if fault is not None:
        raise fault
