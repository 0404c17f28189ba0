"""The regrasp loop as a plain state machine: look - approach - close gently - feel - choose - regrasp or lift - hold.

Lifting comes in two parts: a little, to feel and see whether the object comes along, then all the way.

It is ticked with a clock, is fed plain samples and commands an `Arm` and a `Gripper`; it knows nothing of ROS. What is
felt is judged from images newer than the moment the gripper came to rest. See `tacrefine.regrasp.motions` for
what every phase keeps to.
"""

from __future__ import annotations

import logging
from typing import Any

from tacrefine.gripper import PADS, State
from tacrefine.regrasp.actions import stays
from tacrefine.regrasp.choice import Choice
from tacrefine.regrasp.defaults import FIRMER, Objective
from tacrefine.regrasp.image_streams import ALL, DEPTH, Image
from tacrefine.regrasp.judgement import Judge
from tacrefine.regrasp.motions import GripperLoop, raise_if
from tacrefine.regrasp.places import above, check_reach, grasp_on
from tacrefine.regrasp.samples import Phase, RegraspGoal, RegraspOutcome, pose_of, wrist_of, yaw_of
from tacrefine.supervision import errors

logger = logging.getLogger(__name__)


class RegraspMachine(GripperLoop):
    """Runs one goal at a time: `start`, then `tick` until it returns a RegraspOutcome."""

    def __init__(self, *parts: Any, judge: Judge, **options: Any) -> None:
        """`parts` and `options` are those of GripperLoop."""
        super().__init__(*parts, **options)
        self._judge = judge
        self.handlers |= {
            Phase.SENSING: self._sense,
            Phase.HOLDING: self._hold,
            Phase.VERIFYING: self._verify,
        }

    def start(self, goal: RegraspGoal) -> None:
        """Accept a goal; nothing is commanded before the first ticks found everything in place."""
        super().start(goal)
        self._choice: Choice | None = None
        self._below: State | None = None  # what was felt before the last lift
        self._firm = 0.0  # N with which a grasp was held before it was eased; 0: it was not
        self._found = self._trying = False
        self._rest: dict[str, Image] = {}

    # ---- look and approach
    def begun(self) -> None:
        """Open, go out of the camera's sight, look at the table."""
        if self.settings.dry_run:
            self._look_at_table()
        else:
            self.open(self._clear)

    def _clear(self) -> None:
        high = self.wrist.translation[2] >= self.settings.clear_height - self.settings.arrival_position
        way = [] if high else [above(self.wrist, self.settings)]
        self.go(way, Phase.MOVING, self._look_at_table)

    def _look_at_table(self) -> None:
        self.look((DEPTH,), self._approach)

    def _approach(self) -> None:
        cylinder = self._judge.find(self.seen())
        if cylinder is None:
            if self._found:
                raise errors.ObjectGone("camera: there is no object on the table any more")
            raise errors.EmptyTable("camera: there is no object on the table, or none within reach")
        self._found = True
        pose = grasp_on(cylinder, self.goal.box)
        target = wrist_of(pose, pose.yaw)
        self.go([above(target, self.settings), target], Phase.MOVING, self._arrived)

    def _arrived(self) -> None:
        if self.settings.dry_run:
            raise errors.DryRun("dry run: the approach was published under dry_run/, nothing was moved")
        self.look(ALL, self._grip)

    # ---- grasp and feel
    def _grip(self) -> None:
        """Gently, as long as nothing was chosen."""
        self._rest = self.seen()
        low, high = self.goal.box.force
        gentle = min(max(self.settings.probe_force, low), high)
        self.close(gentle if self._choice is None else self._choice.action.force)

    def closed(self) -> None:
        """Wait for images of this grasp."""
        self._settled = self.gripper.stamp
        self.enter(Phase.SENSING)

    def _state(self) -> State | None:
        """What is seen and felt since the gripper or the arm came to rest, None before all of it has come."""
        images = self.sight.since(self._settled, ALL)
        if images is None:
            return None
        return self._judge.state(self._rest, images, pose_of(self.wrist), self.gripper.commanded)

    def _sense(self) -> None:
        state = self._state()
        if state is None:
            return
        if self._holds(state):
            gentle = self._gentler(state)
            if gentle is not None:
                self._firm = self.force
                self.close(gentle)
                return
            self._below = state
            self.report(Phase.DECIDING)
            self._lift(trial=self.settings.trial_lift > 0.0)
        elif self._firm > self.force:  # it was eased too far
            self.close(self._firm)
        elif self.tries >= self.goal.tries:
            raise errors.NoGrasp(
                f"after {self.tries} tries the grasp promises {self.probability:.2f}; wanted is more than "
                f"{self.settings.lift_probability:g} (lift_probability)"
            )
        else:
            self._regrasp(state)

    def _holds(self, state: State) -> bool:
        """Whether the grasp that was chosen promises to hold, judged again by what is felt if so wished."""
        if self._choice is None:
            return False
        if self.settings.look_again:
            self.probability = self._judge.staying(state, self.force)
        return self.probability > self.settings.lift_probability

    def _gentler(self, state: State) -> float | None:
        """With how much less force to hold a grasp that feels good, for the least force and once a grasp."""
        if self._firm or not self.settings.look_again or self.goal.objective is not Objective.min_force:
            return None
        return self._judge.gentler(state, self.goal, self.force)

    def _regrasp(self, state: State) -> None:
        pose = pose_of(self.wrist)
        self._choice = choice = self._judge.choose(state, self.goal, pose)
        self.action, self.probability = choice.action, choice.probability
        self.tries, self._firm = self.tries + 1, 0.0
        self.report(Phase.DECIDING)
        if stays(choice.action):
            self.close(choice.action.force)
            return
        target = pose.moved(choice.action)
        check_reach(target, self.goal.box)
        way = [wrist_of(target, yaw_of(self.wrist))]
        self.open(lambda: self.go(way, Phase.MOVING, self._arrived))

    # ---- in the air
    def _lift(self, trial: bool) -> None:
        """So far above where it was grasped, a little as a trial or all the way."""
        self._trying, settings = trial, self.settings
        height = min(settings.trial_lift, settings.lift_height) if trial else settings.lift_height
        self.go([self.lifted_to(height)], Phase.LIFTING, lambda: self.enter(Phase.HOLDING))

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
        felt = self._judge.felt(state)
        if self._trying and depth is not None:
            risen = self.risen()
            behind = self._judge.left_behind(depth, pose_of(self.wrist), risen)
            slides = self._below is not None and self._judge.slid(self._below, state)
            if all(felt) and not behind and not slides:
                self._lift(trial=False)
            else:
                self._grasp_firmer(risen)
            return None
        if all(felt):
            self.give_away()
            return self.end(
                errors.SUCCESS, "the object is lifted and held, and both pads feel it", errors.HOLDING
            )
        which = "the pads feel" if not any(felt) else f"the {PADS[felt.index(False)]} pad feels"
        if self.tries >= self.goal.tries:
            raise errors.Slipped(f"after lifting and holding {which} nothing, and no try is left")
        logger.info("after lifting and holding %s nothing; looking again", which)
        self._look_anew()
        return None

    def _grasp_firmer(self, risen: float) -> None:
        """What did not come along is put down, looked for, and for the least force grasped with more of it."""
        what = (
            f"the object did not come along in a trial lift of {1e3 * risen:.0f} mm with {self.force:.1f} N, "
            "or slid out of the pads"
        )
        if self.tries >= self.goal.tries:
            raise errors.Slipped(f"{what}, and no try is left")
        logger.info("%s; looking again", what)
        if self.goal.objective is Objective.min_force:
            self.restrict(self.goal.box.from_force(FIRMER * self.force))
        self._look_anew()

    def _look_anew(self) -> None:
        self._choice, self._firm = None, 0.0
        self.put_back(self.begun)
