"""How an object is regrasped: decisions alone. Whoever moves a gripper carries them out and reports what came of it.

The robot's `RegraspMachine` and the batch evaluation obey the same `RegraspStrategy`:

    command = strategy.begin()
    while not isinstance(command, End):
        ...                                   # carry it out
        command = strategy.felt(state)        # or seen, carried, held: what the command says

It looks from above, closes gently to feel, chooses, moves and closes, judges the grasp by what is then felt, lifts it a
little, and lifts it. It knows no simulator, no ROS and no clock; what is random comes from the given generator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacrefine.gripper import PADS, Action, GripperPose, State
from tacrefine.regrasp.actions import ActionBox, stays
from tacrefine.regrasp.choice import NO_REFINEMENT, Choice, Predictor, Refinement
from tacrefine.regrasp.commands import (
    Approach,
    Command,
    Decision,
    End,
    Lift,
    Look,
    Press,
    Regrasp,
    TrialLift,
    TrialOutcome,
)
from tacrefine.regrasp.defaults import (
    APPROACHES,
    FIRMER,
    FORCE_MARGIN,
    LIFT_ABOVE,
    LOST_BELOW,
    PROBE_FORCE,
    SLIDE_LIMIT,
    TRIAL_LIFT,
    TRIES,
    Objective,
)
from tacrefine.regrasp.places import grasp_on, random_grasp, within
from tacrefine.regrasp.selector import ActionSelector, ModelSelector
from tacrefine.supervision.errors import EmptyTable, GoalError, NoGrasp, ObjectGone, Slipped
from tacrefine.vision.cylinder import Cylinder


@dataclass(frozen=True)
class Rules:
    """The limits and thresholds of a strategy."""

    objective: Objective = Objective.max_success
    threshold: float = LIFT_ABOVE
    """probability above which a grasp is lifted"""
    tries: int = TRIES
    """grasps that may be chosen"""
    lift_last: bool = True
    """lift the last try even if it promises less than the threshold: the trial lift tells whether it holds"""
    look_again: bool = True
    """judge a closed grasp once more by what is felt, before it is lifted"""
    lost_below: float = LOST_BELOW
    """where no action promises more, the object is looked for from above; 0: never"""
    approaches: int = APPROACHES
    """from above at most, the first one included; those after a failed lift do not count"""
    from_above: bool = True
    """begin with a look from above; else with a grasp where the gripper is"""
    probe_force: float = PROBE_FORCE
    """N with which the gripper closes after each approach, to feel before it chooses; 0: choose by sight alone"""
    trial_lift: float = TRIAL_LIFT
    """m that a grasp is lifted first, to feel and see whether the object comes along; 0: all the way at once"""
    margin: float = FORCE_MARGIN
    """factor on the least force that promises enough"""
    refinement: Refinement = NO_REFINEMENT


class RegraspStrategy:
    """Decides one goal. Each method returns the next command; the one to call next is named by the command."""

    def __init__(
        self, selector: ActionSelector, box: ActionBox, rules: Rules, rng: np.random.Generator
    ) -> None:
        """`box` has the forces and the workspace that may be used, `rng` places later approaches."""
        self.rules = rules
        self.tries, self.approaches = 0, 0
        self.force = self.probability = math.nan
        self.action: Action | None = None
        """chosen last"""
        self.chosen: Choice | None = None
        self.decisions: list[Decision] = []
        self._selector, self._box, self._rng = selector, box, rng
        self._probe = min(max(rules.probe_force, box.force[0]), box.force[1]) if rules.probe_force else 0.0
        self._probing = True  # the present grasp was not chosen
        self._firm: float | None = None  # N before the grasp was eased; None: it was not
        self._found = False
        self._searches = 0  # approaches because nothing promised enough
        self._settled = False  # just after a search or a failed lift: take what there is

    @classmethod
    def by_model(
        cls, model: Predictor, box: ActionBox, rules: Rules, rng: np.random.Generator
    ) -> RegraspStrategy:
        """Return one that selects actions by a model, with the same generator."""
        selector = ModelSelector(model, rules.objective, rng, rules.threshold, rules.margin, rules.refinement)
        return cls(selector, box, rules, rng)

    # ---- what the executor reports
    def begin(self) -> Command:
        """Return the first command."""
        return self._say(Look() if self.rules.from_above else self._approach(None))

    def seen(self, cylinder: Cylinder | None) -> Command:
        """Go on with what the camera found on the table, None where there was nothing."""
        if cylinder is None:
            return self._say(End(self._nothing_there()))
        self._found = True
        try:
            pose = grasp_on(cylinder, self._box)
        except GoalError as error:
            return self._say(End(error))
        if self._searches > 1:  # its middle did not help
            pose = random_grasp(cylinder, self._box, self._rng)[0]
        return self._say(self._approach(pose))

    def felt(self, state: State) -> Command:
        """Go on with what is seen and felt in the closed grasp."""
        if self._probing:
            return self._say(self._choose(state))
        if self.rules.look_again:
            self.probability = self._selector.staying(state, self.force)
        if self.probability > self.rules.threshold:
            gentle = self._gentler(state)
            if gentle is not None:
                self._firm = self.force
                return self._say(Press(gentle))
            return self._say(self._lift())
        if self._firm is not None and self._firm > self.force:  # it was eased too far
            return self._say(Press(self._firm))
        if self.tries < self.rules.tries:
            return self._say(self._choose(state))
        if self.rules.lift_last:
            return self._say(self._lift())
        return self._say(End(NoGrasp(self._too_little())))

    def carried(self, trial: TrialOutcome) -> Command:
        """Go on with what a trial lift showed."""
        if all(trial.felt) and not trial.left_behind and trial.slide <= SLIDE_LIMIT:
            return self._say(Lift())
        return self._say(
            self._lost(
                f"the object did not come along in a trial lift of {1e3 * trial.risen:.0f} mm with "
                f"{self.force:.1f} N, or slid out of the pads"
            )
        )

    def held(self, felt: tuple[bool, bool]) -> Command:
        """Go on with what both pads feel after lifting and holding."""
        if all(felt):
            return self._say(End())
        which = "the pads feel" if not any(felt) else f"the {PADS[felt.index(False)]} pad feels"
        return self._say(self._lost(f"after lifting and holding {which} nothing"))

    # ---- decisions
    def _choose(self, state: State) -> Command:
        choice = self._selector.best(state, self._box)
        lost = choice.probability < self.rules.lost_below and not self._settled
        if lost and self._searches < self.rules.approaches - 1:
            self._searches += 1
            self.probability = choice.probability
            return self._look_again(f"no action within reach promises more than {choice.probability:.2f}")
        pose = GripperPose(*(float(value) for value in state.pose))
        target = within(pose.moved(choice.action), self._box)
        self.chosen, self.action, self.probability = choice, choice.action, choice.probability
        self.tries += 1
        self._probing = self._settled = False
        self._firm = None
        if stays(choice.action):
            return Press(choice.action.force, choice.action)
        return Regrasp(target, choice.action)

    def _gentler(self, state: State) -> float | None:
        """The force to which a grasp that feels good is eased, once a grasp and for the least force alone."""
        eases = self.rules.look_again and self.rules.objective is Objective.min_force
        return self._selector.gentler(state, self._box, self.force) if eases and self._firm is None else None

    def _lift(self) -> Command:
        return TrialLift(self.rules.trial_lift) if self.rules.trial_lift > 0.0 else Lift()

    def _lost(self, what: str) -> Command:
        """After a lift that failed: look for the object, and for the least force grasp it with more than before."""
        if self.tries >= self.rules.tries:
            if self.probability <= self.rules.threshold:
                return End(NoGrasp(f"{self._too_little()}; {what}"))
            return End(Slipped(f"{what}, and no try is left"))
        if self.rules.objective is Objective.min_force:
            self._box = self._box.from_force(FIRMER * self.force)
        return self._look_again(what)

    def _look_again(self, reason: str) -> Command:
        self._probing = self._settled = True
        return Look(reason)

    def _approach(self, pose: GripperPose | None) -> Command:
        self.approaches += 1
        return Approach(pose, self._probe)

    def _nothing_there(self) -> GoalError:
        if self._found:
            return ObjectGone("camera: there is no object on the table any more")
        return EmptyTable("camera: there is no object on the table, or none within reach")

    def _too_little(self) -> str:
        return (
            f"after {self.tries} tries the grasp promises {self.probability:.2f}; wanted is more than "
            f"{self.rules.threshold:g} (lift_probability)"
        )

    def _say(self, command: Command) -> Command:
        self.decisions.append(Decision(command, self.tries, self.force, self.probability))
        match command:
            case Approach(force=force) | Press(force=force):
                self.force = force
            case Regrasp(action=action):
                self.force = action.force
        return command
