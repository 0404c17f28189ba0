"""Carries out a `RegraspStrategy` on a robot: a state machine that is ticked with a clock and fed plain samples.

It commands an `Arm` and a `Gripper` and knows nothing of ROS. What is felt is judged from images newer than the moment
the gripper came to rest. `tacrefine.regrasp.motions` tells what every phase guarantees.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from scipy.spatial.transform import RigidTransform

from tacrefine.gripper import State
from tacrefine.regrasp.commands import (
    Approach,
    Command,
    End,
    Lift,
    Look,
    Press,
    Regrasp,
    TrialLift,
    TrialOutcome,
)
from tacrefine.regrasp.defaults import TRIAL_SLACK
from tacrefine.regrasp.image_streams import ALL, DEPTH
from tacrefine.regrasp.motions import GripperLoop, raise_if
from tacrefine.regrasp.perception import Perception, Snapshot
from tacrefine.regrasp.places import above
from tacrefine.regrasp.samples import Phase, RegraspGoal, RegraspOutcome, pose_of, wrist_of, yaw_of
from tacrefine.regrasp.strategy import RegraspStrategy
from tacrefine.supervision import errors

logger = logging.getLogger(__name__)


class RegraspMachine(GripperLoop):
    """Runs one goal at a time: `start`, then `tick` until it returns a RegraspOutcome."""

    def __init__(
        self,
        *parts: Any,
        perception: Perception,
        make_strategy: Callable[[RegraspGoal], RegraspStrategy],
        **options: Any,
    ) -> None:
        """`parts` and `options` are those of GripperLoop; `make_strategy` is called once a goal."""
        super().__init__(*parts, **options)
        self._perception, self._make_strategy = perception, make_strategy
        self.handlers |= {
            Phase.SENSING: self._sense,
            Phase.HOLDING: self._hold,
            Phase.VERIFYING: self._verify,
        }

    def reset(self, goal: RegraspGoal) -> None:
        """Begin with a new strategy."""
        super().reset(goal)
        self.strategy = self._make_strategy(goal)
        self._grip_force = 0.0  # N, to close with on arrival
        self._trying = False
        self._before: State | None = None  # what was felt before the last lift
        self._rest: Snapshot | None = None  # before the gripper closed

    def begun(self) -> None:
        """Ask the strategy; a dry run looks at the table from where it is."""
        if self.settings.dry_run:
            self.strategy.begin()
            self._look_at_table()
        else:
            self._carry_out(self.strategy.begin())

    # ---- commands
    def _carry_out(self, command: Command) -> RegraspOutcome | None:
        """Set out on what the strategy says; raises its error where it gives up."""
        self._tell(command)
        match command:
            case Look():
                # What slid down in the pads stands on the table before the gripper is where it closed.
                self.put_back(lambda: self.open(self._clear), self.settings.blocked_distance)
            case Approach(pose=pose, force=force):
                self._grip_force = force
                way = [] if pose is None else [wrist_of(pose, pose.yaw)]
                self._go_open([above(way[0], self.settings), *way] if way else [], self._arrived)
            case Regrasp(pose=pose, action=action):
                self._grip_force = action.force
                target = wrist_of(pose, yaw_of(self.wrist))
                self.open(lambda: self._go_open([target], self._arrived))
            case Press(force=force):
                self.close(force)
            case TrialLift(height=height):
                self._lift(min(height, self.settings.lift_height), trial=True)
            case Lift():
                self._lift(self.settings.lift_height, trial=False)
            case End(error=error):
                raise_if(error)
                self.give_away()
                text = "the object is lifted and held, and both pads feel it"
                return self.end(errors.SUCCESS, text, errors.HOLDING)
        return None

    def _tell(self, command: Command) -> None:
        """Feedback of what was decided on a grasp that was felt: an action, a lift, or to look for the object again."""
        strategy = self.strategy
        self.tries, self.probability, self.action = strategy.tries, strategy.probability, strategy.action
        if isinstance(command, Look) and command.reason:
            logger.info("%s; looking again", command.reason)
            self.action = None
        eased = isinstance(command, Press) and command.action is None
        if self.phase is Phase.SENSING and not eased:
            self.report(Phase.DECIDING)

    def _go_open(self, way: Sequence[RigidTransform], then: Callable[[], None]) -> None:
        """With the gripper open; it may come to stand on the object."""
        self.go(way, Phase.MOVING, then, self.settings.blocked_distance)

    # ---- look and approach
    def _clear(self) -> None:
        high = self.wrist.translation[2] >= self.settings.clear_height - self.settings.arrival_position
        way = [] if high else [above(self.wrist, self.settings)]
        self._go_open(way, self._look_at_table)

    def _look_at_table(self) -> None:
        self.look((DEPTH,), self._find)

    def _find(self) -> None:
        self._carry_out(self.strategy.seen(self._perception.find(self.seen())))

    def _arrived(self) -> None:
        if self.settings.dry_run:
            raise errors.DryRun("dry run: the approach was published under dry_run/, nothing was moved")
        self.look(ALL, self._grip)

    # ---- grasp and feel
    def _grip(self) -> None:
        self._rest = Snapshot(self.seen(), pose_of(self.wrist))
        if self._grip_force > 0.0:
            self.close(self._grip_force)
        else:
            self.closed()

    def closed(self) -> None:
        """Wait for images of this grasp."""
        self._settled = self.gripper.stamp
        self.enter(Phase.SENSING)

    def _state(self) -> State | None:
        """What is seen and felt since the gripper or the arm came to rest, None before all of it has come."""
        images = self.sight.since(self._settled, ALL)
        if images is None or self._rest is None:
            return None
        now = Snapshot(images, pose_of(self.wrist))
        return self._perception.state(self._rest, now, self.gripper.commanded)

    def _sense(self) -> RegraspOutcome | None:
        state = self._state()
        if state is None:
            return None
        self._before = state
        return self._carry_out(self.strategy.felt(state))

    # ---- in the air
    def _lift(self, height: float, trial: bool) -> None:
        """So far above where it was grasped."""
        self._trying = trial
        short = TRIAL_SLACK if trial else 0.0
        self.go([self.lifted_to(height)], Phase.LIFTING, lambda: self.enter(Phase.HOLDING), short)

    def _hold(self) -> None:
        if self.time.passed() > (self.settings.trial_time if self._trying else self.settings.hold_time):
            self._settled = self.clock.now()
            self.enter(Phase.VERIFYING)

    def _verify(self) -> RegraspOutcome | None:
        depth = self.sight.since(self._settled, (DEPTH,))
        if self._trying and depth is None:
            raise_if(self.sight.fault((DEPTH,)))
            return None
        state = self._state()
        if state is None:
            return None
        if not self._trying or depth is None:
            return self._carry_out(self.strategy.held(self._perception.felt(state)))
        perception, risen = self._perception, self.risen()
        trial = TrialOutcome(
            felt=perception.felt(state),
            left_behind=perception.left_behind(depth, pose_of(self.wrist), risen),
            slide=0.0 if self._before is None else perception.slide(self._before, state),
            risen=risen,
        )
        return self._carry_out(self.strategy.carried(trial))
