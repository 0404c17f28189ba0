"""One grasp from an open gripper to an object in the air or not, by a policy, on the simulated gripper."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.regrasp.trials import HOLD, held_for
from tacrefine.evaluation.regrasp.handling import approach_again, carries, ease, make, probed, staying
from tacrefine.gripper import Action
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import NO_REFINEMENT, Choice, Predictor, Refinement, choose
from tacrefine.regrasp.defaults import (
    FIRMER,
    FORCE_MARGIN,
    LIFT_ABOVE,
    LOST_BELOW,
    PROBE_FORCE,
    TRIAL_LIFT,
    TRIES,
    Objective,
)
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.vision.cylinder import BASELINE_FORCE, Cylinder


@dataclass(frozen=True)
class Rules:
    """How a model is used. With `look_again` a closed grasp is judged once more by what is felt, then lifted."""

    objective: Objective = Objective.max_success
    threshold: float = LIFT_ABOVE
    tries: int = TRIES
    """grasps at most; the last one is lifted whatever its probability"""
    look_again: bool = True
    lost_below: float = LOST_BELOW
    """where no action promises more, the object is looked for from above; 0: never"""
    from_above: bool = True
    """begin with a look from above, wherever the gripper is"""
    approaches: int = 4
    """at most, the first one included; one after a trial lift that failed is not counted"""
    probe_force: float = PROBE_FORCE
    """N with which the gripper closes after each approach, to feel before it chooses; 0: choose by sight alone"""
    trial_lift: float = TRIAL_LIFT
    """m that a grasp is lifted first, to feel and see whether it carries the weight; 0: all the way at once"""
    margin: float = FORCE_MARGIN
    """for the least force: how much more than that is used"""
    refinement: Refinement = NO_REFINEMENT


@dataclass(frozen=True)
class Attempt:
    """How it ended. `probability` is the last one before lifting, `actions` all that were made, `(5,)` each."""

    success: bool
    tries: int
    """how often the gripper closed after an action"""
    approaches: int
    """how often it came from above"""
    force: float
    probability: float
    chosen: float
    """probability of the last action when it was chosen"""
    actions: list[list[float]]

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file, rounded."""
        content = asdict(self)
        content["actions"] = [[round(value, 5) for value in action] for action in self.actions]
        return content | {name: round(content[name], 5) for name in ("force", "probability", "chosen")}


def grasp_by_model(
    scene: GripperScene, model: Predictor, box: ActionBox, rules: Rules, rng: np.random.Generator
) -> Attempt:
    """Come down, feel, choose, move, close, look again, lift a little, lift; the gripper is open when this begins."""
    actions: list[list[float]] = []
    approaches, looked, fresh = 1, 0, False
    if rules.from_above:
        approach_again(scene, box, rng)
    features = model.encode(probed(scene, rules.probe_force))
    while True:
        choice = _chosen(model, features, box, scene, rules, rng)
        lost = choice.probability < rules.lost_below and not fresh and looked < rules.approaches - 1
        if lost and approach_again(scene, box, rng, at_random=looked > 0):
            approaches, looked, fresh = approaches + 1, looked + 1, True
            features = model.encode(probed(scene, rules.probe_force))
            continue
        fresh = False
        make(scene, choice.action, box)
        actions.append(list(choice.action))
        probability, lift = choice.probability, choice.lift
        features = model.encode(scene.state())
        if rules.look_again:
            probability, lift = _judged(scene, model, features, box, rules, actions)
        last = len(actions) >= rules.tries
        if not (lift or last):
            continue
        if last or rules.trial_lift <= 0.0 or carries(scene, rules.trial_lift):
            return _lifted(scene, actions, approaches, choice, probability)
        if rules.objective is Objective.min_force:
            box = box.from_force(FIRMER * actions[-1][4])
        if approach_again(scene, box, rng):
            approaches, fresh = approaches + 1, True
            features = model.encode(probed(scene, rules.probe_force))


def _chosen(
    model: Predictor,
    features: NDArray[np.float32],
    box: ActionBox,
    scene: GripperScene,
    rules: Rules,
    rng: np.random.Generator,
) -> Choice:
    return choose(
        model,
        features,
        box,
        rules.objective,
        rng,
        pose=scene.pose,
        threshold=rules.threshold,
        refinement=rules.refinement,
        margin=rules.margin,
    )


def _judged(
    scene: GripperScene,
    model: Predictor,
    features: NDArray[np.float32],
    box: ActionBox,
    rules: Rules,
    actions: list[list[float]],
) -> tuple[float, bool]:
    """What the closed grasp promises by what is felt, and whether to lift it; for the least force it is eased first."""
    probability = staying(model, features, actions[-1][4])
    lift = probability > rules.threshold
    if lift and rules.objective is Objective.min_force:
        probability = ease(
            scene, model, features, box, actions, probability, threshold=rules.threshold, margin=rules.margin
        )
    return probability, lift


def grasp_cylinder(
    scene: GripperScene, cylinder: Cylinder, yaw: float | None = None, force: float = BASELINE_FORCE
) -> Attempt:
    """The baseline: the middle of the fitted cylinder with a constant force, turned as :meth:`Cylinder.grasp` says."""
    scene.approach(cylinder.grasp(yaw))
    scene.close(force)
    action = Action(0.0, 0.0, 0.0, 0.0, force)
    return _lifted(scene, [list(action)], 1, Choice(action, 0.0, True, 0, 0.0), 0.0)


def _lifted(
    scene: GripperScene, actions: list[list[float]], approaches: int, choice: Choice, probability: float
) -> Attempt:
    scene.lift()
    return Attempt(
        success=held_for(scene, HOLD),
        tries=len(actions),
        approaches=approaches,
        force=actions[-1][4],
        probability=probability,
        chosen=choice.probability,
        actions=actions,
    )
