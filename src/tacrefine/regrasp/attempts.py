"""One grasp from an open gripper to an object in the air or not, by a policy, on the simulated gripper."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import (
    FORCE_ACTIONS,
    LIFT_ABOVE,
    NO_REFINEMENT,
    Choice,
    Objective,
    Predictor,
    Refinement,
    choose,
)
from tacrefine.regrasp.cylinder import BASELINE_FORCE, Cylinder
from tacrefine.regrasp.scene import CLEAR_HEIGHT, GripperScene
from tacrefine.regrasp.trials import HOLD, held_for, random_grasp, within
from tacrefine.regrasp.types import Action

LOST_BELOW = 0.5
"""probability of the best action below which the object is hardly where the gripper is"""
EASES = 1.0
"""N of force that is worth to close once more for"""
STAYS = 1e-6
"""m and rad below which an action does not move"""


@dataclass(frozen=True)
class Rules:
    """How a model is used. With `look_again` a closed grasp is judged once more by what is felt, then lifted."""

    objective: Objective = Objective.max_success
    threshold: float = LIFT_ABOVE
    tries: int = 5
    """grasps at most; the last one is lifted whatever its probability"""
    look_again: bool = True
    lost_below: float = LOST_BELOW
    """where no action promises more, the object is looked for from above; 0: never"""
    approaches: int = 4
    """at most, the first one included"""
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
    """Choose, move, close, look again, lift; the gripper is open at a first pose when this begins."""
    features = model.encode(scene.state())
    actions: list[list[float]] = []
    approaches, fresh = 1, False
    while True:
        choice = choose(
            model,
            features,
            box,
            rules.objective,
            rng,
            pose=scene.pose,
            threshold=rules.threshold,
            refinement=rules.refinement,
        )
        lost = choice.probability < rules.lost_below and not fresh and approaches < rules.approaches
        if lost and approach_again(scene, box, rng):
            approaches, fresh = approaches + 1, True
            features = model.encode(scene.state())
            continue
        fresh = False
        make(scene, choice.action, box)
        actions.append(list(choice.action))
        probability, lift = choice.probability, choice.lift
        features = model.encode(scene.state())
        if rules.look_again:
            probability = staying(model, features, choice.action.force)
            lift = probability > rules.threshold
        if lift and rules.look_again and rules.objective is Objective.min_force:
            probability = ease(scene, model, features, box, rules, actions, probability)
        if lift or len(actions) >= rules.tries:
            return _lifted(scene, actions, approaches, choice, probability)


def ease(
    scene: GripperScene,
    model: Predictor,
    features: NDArray[np.float32],
    box: ActionBox,
    rules: Rules,
    actions: list[list[float]],
    probability: float,
) -> float:
    """Hold a good grasp with less force where that promises enough, and as before where it then feels otherwise.

    Returns the probability of the grasp as it is in the end; what was done is added to `actions`.
    """
    firm = actions[-1][4]
    sweep = box.sample_force(np.random.default_rng(), FORCE_ACTIONS)
    enough = sweep[model.success(features, sweep) > rules.threshold]
    if not len(enough) or enough[0, 4] > firm - EASES:
        return probability
    actions.append([0.0, 0.0, 0.0, 0.0, float(enough[0, 4])])
    scene.close(actions[-1][4])
    eased = staying(model, model.encode(scene.state()), actions[-1][4])
    if eased > rules.threshold:
        return eased
    actions.append([0.0, 0.0, 0.0, 0.0, firm])
    scene.close(firm)
    return probability


def approach_again(scene: GripperScene, box: ActionBox, rng: np.random.Generator) -> bool:
    """Let go, go up, and come down at random on what the camera then finds; False where it finds nothing."""
    scene.open()
    scene.move_to(scene.pose._replace(z=CLEAR_HEIGHT))
    cylinder = scene.find_object()
    if cylinder is None:
        return False
    scene.approach(random_grasp(cylinder, box, rng)[0])
    return True


def grasp_cylinder(
    scene: GripperScene, cylinder: Cylinder, yaw: float | None = None, force: float = BASELINE_FORCE
) -> Attempt:
    """The baseline: the middle of the fitted cylinder with a constant force, turned as :meth:`Cylinder.grasp` says."""
    scene.approach(cylinder.grasp(yaw))
    scene.close(force)
    action = Action(0.0, 0.0, 0.0, 0.0, force)
    return _lifted(scene, [list(action)], 1, Choice(action, 0.0, True, 0, 0.0), 0.0)


def make(scene: GripperScene, action: Action, box: ActionBox) -> None:
    """Open, move (no farther than the workspace), close; an action that does not move only closes with its force."""
    if max(abs(value) for value in action[:4]) > STAYS:
        target = within(scene.pose.moved(action), box)
        scene.open()
        scene.move_to(target)
    scene.close(action.force)


def staying(model: Predictor, features: NDArray[np.float32], force: float) -> float:
    """Probability that the grasp holds as it is."""
    return float(model.success(features, np.array([[0.0, 0.0, 0.0, 0.0, force]], np.float32))[0])


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
