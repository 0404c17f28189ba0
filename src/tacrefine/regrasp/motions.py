"""What the regrasp loop is made of: phases that open, close, move and look, and how a goal ends safely.

Subclasses say what follows what. Invariants, besides those of `tacrefine.supervision.goal_machine`:
- nothing moves before images of camera, depth and both pads have arrived, too;
- what is lifted is put back before the gripper opens; where that cannot be done, it goes on being held;
- every phase has a timeout.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from scipy.spatial.transform import RigidTransform

from tacrefine.gripper import Action
from tacrefine.regrasp.image_streams import DEPTH, Image, ImageStreams
from tacrefine.regrasp.places import at_height
from tacrefine.regrasp.route import Route
from tacrefine.regrasp.samples import NAN, Phase, RegraspFeedback, RegraspGoal, RegraspOutcome
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.goal_machine import GoalMachine
from tacrefine.supervision.goal_machine import raise_if as raise_if
from tacrefine.supervision.gripper import STATES, WIDTH, Gripper
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.samples import Clock, GripperSample

ABOVE_M = 0.002
"""m above where it was grasped, from which on an object hangs in the air"""


class GripperLoop(GoalMachine[RegraspGoal, Phase, RegraspOutcome, RegraspFeedback]):
    """Opens, closes, moves and looks; `begun` and `closed` of a subclass say what follows."""

    phases = Phase
    settings: RegraspSettings

    def __init__(
        self,
        settings: RegraspSettings,
        clock: Clock,
        arm: Arm,
        gripper: Gripper,
        guard: Guard,
        sight: ImageStreams,
        on_feedback: Callable[[RegraspFeedback], None] = lambda feedback: None,
    ) -> None:
        super().__init__(settings, clock, arm, guard, on_feedback, "gripper/tcp_pose", STATES)
        self.settings, self.sight, self.gripper = settings, sight, gripper
        self._route = Route(arm, guard, clock, settings)
        self._grasped_at: RigidTransform | None = None  # where the gripper closed, until it has opened
        self.handlers = {
            Phase.PREPARING: self.prepare,
            Phase.OPENING: self._open,
            Phase.OBSERVING: self._observe,
            Phase.MOVING: self._move,
            Phase.CLOSING: self._close,
            Phase.LIFTING: self._move,
            Phase.LOWERING: self._move,
            Phase.FINISHING: self._wait_until_open,
        }

    # ---- for subclasses to override
    @abstractmethod
    def begun(self) -> None:
        """Everything is in place, and the gripper holds nothing."""

    @abstractmethod
    def closed(self) -> None:
        """The gripper has come to rest."""

    # ---- a goal
    def reset(self, goal: RegraspGoal) -> None:
        """Nothing was tried; what a last goal had lifted is remembered."""
        self.tries, self.force, self.probability = 0, NAN, NAN
        self.action: Action | None = None
        self.sight.restart()

    def feedback(self, phase: Phase) -> RegraspFeedback:
        """With the newest action."""
        return RegraspFeedback(phase, self.tries, self.probability, self.action, self.force)

    def outcome(self, code: int, message: str, safe_state: str) -> RegraspOutcome:
        """With the last grasp."""
        lifted = code == errors.SUCCESS
        return RegraspOutcome(
            code, message, safe_state, lifted, self.force, self.tries, self.probability, self.arm.pose
        )

    # ---- inputs
    def observe_gripper(self, sample: GripperSample) -> None:
        """Take a state of the gripper."""
        if self.finger_topic.accept(sample.stamp):
            self.gripper.observe(sample)
            self.guard.observe_fingers({WIDTH: sample.width})
            self.guard.observe_force("gripper", sample.force, self.clock.steady())

    def refuse_gripper(self, reason: str) -> None:
        """A state of the gripper could not be used."""
        self.finger_topic.refuse(reason)

    def fault(self) -> GoalError | None:
        """The robot's topics first, then the images."""
        return self.topic_fault() or self.sight.fault() or self.sight.dead_pad()

    def is_ready(self) -> bool:
        """Whether depth images come, too."""
        return super().is_ready() and self.sight.fault((DEPTH,)) is None

    def not_ready(self) -> GoalError:
        """What delivers nothing, or the arm."""
        missing = self.arm.missing(self.clock.now()) or f"{STATES}: the gripper's states stopped"
        return self.fault() or self.sight.fault((DEPTH,)) or errors.ArmUnavailable(missing)

    def ready(self) -> None:
        """Put back what a goal before has lifted; refuse what somebody else has grasped."""
        if self._grasped_at is not None:
            self.put_back(self.begun)
        elif self.gripper.grips() and not self.settings.dry_run:
            raise errors.Occupied(
                "the gripper holds something that this server has not grasped; open it first"
            )
        else:
            self.begun()

    # ---- what phases are made of
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
        """Open the gripper to its whole width."""
        self._then = then
        self._tell_open()
        self.enter(Phase.OPENING)

    def close(self, force: float) -> None:
        """Close the gripper; `closed` follows."""
        self.touch()
        self.force, self._grasped_at = force, self.wrist
        self.gripper.close(force, self.clock.now())
        self.enter(Phase.CLOSING)

    def go(
        self,
        waypoints: Sequence[RigidTransform],
        phase: Phase,
        then: Callable[[], None],
        may_stop_short: float = 0.0,
    ) -> None:
        """Through these poses one after the other; without any the path is over at once.

        An arm that stands still at most `may_stop_short` m from the last one, blocked by something, has arrived too.
        """
        self._then, self._may_stop_short = then, may_stop_short
        if not waypoints:
            then()
            return
        self.touch()
        self._route.begin(waypoints)
        self.enter(phase)

    def lifted_to(self, height: float) -> RigidTransform:
        """Where the grasp is `height` m above where the gripper closed."""
        assert self._grasped_at is not None
        return at_height(self.wrist, float(self._grasped_at.translation[2]) + height)

    def risen(self) -> float:
        """How far the gripper is above where it closed, m."""
        assert self._grasped_at is not None
        return float(self.wrist.translation[2] - self._grasped_at.translation[2])

    def put_back(self, then: Callable[[], None], may_stop_short: float = 0.0) -> None:
        """Down to the height where the gripper closed, if it is above it."""
        self.go(self._path_down(), Phase.LOWERING, then, may_stop_short)

    def give_away(self) -> None:
        """What is held is the client's from here on."""
        self._grasped_at = None

    # ---- phases
    def _observe(self) -> None:
        if self.sight.since(self.time.began, self._wanted) is not None:
            self._then()
        else:
            raise_if(self.sight.fault(self._wanted))

    def _open(self) -> None:
        if self.gripper.is_done():
            self._grasped_at = None
            self._then()
        elif self.time.is_late(self.settings.open_timeout):
            raise errors.HandTimeout(f"the gripper did not open {self.within('open_timeout')}")

    def _close(self) -> None:
        if self.gripper.is_done():
            self.closed()
        elif self.time.is_late(self.settings.close_timeout):
            within = self.within("close_timeout")
            if self.gripper.is_open():
                raise errors.HandTimeout(
                    f"the gripper was told to close and is still open, not closed {within}"
                )
            raise errors.HandTimeout(f"the gripper did not come to rest {within}")

    def _move(self) -> None:
        if self._route.tick(self._may_stop_short):
            self._then()

    def _tell_open(self) -> None:
        self.touch()
        self.gripper.open(self.clock.now())

    def _path_down(self) -> list[RigidTransform]:
        grasped = self._grasped_at
        if grasped is None or self.wrist.translation[2] <= grasped.translation[2] + ABOVE_M:
            return []
        return [at_height(self.wrist, float(grasped.translation[2]))]

    # ---- the end of a goal
    def hold_fingers(self) -> None:
        """An opening gripper stops, a closed one keeps its force."""
        self.gripper.stop()

    def open_safely(self) -> RegraspOutcome | None:
        """Put back what is lifted, then open."""
        if self.topic_fault() is not None:  # the path back down cannot be followed
            return self.give_up()
        self.put_back(self._let_go)
        return None

    def _let_go(self) -> None:
        self._tell_open()
        self.enter(Phase.FINISHING)

    def _wait_until_open(self) -> RegraspOutcome | None:
        if self.gripper.is_done():
            self._grasped_at = None
            return self.conclude(errors.OPEN)
        return self.give_up() if self.time.passed_steady() > self.settings.finish_timeout else None

    def give_up(self) -> RegraspOutcome:
        """Hold what hangs in the air, else open without waiting for it."""
        self.arm.hold()
        if self._path_down():
            return self.conclude(errors.HOLDING, "; what was lifted is held, it was not put back")
        self._tell_open()
        seen = "" if self.gripper.is_open() else "; the gripper was told to open and not yet seen open"
        return self.conclude(errors.OPEN, seen)
