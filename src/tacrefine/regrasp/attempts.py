"""One grasp from an open gripper to an object in the air or not, by a policy, on the simulated gripper."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import (
    LIFT_ABOVE,
    NO_REFINEMENT,
    Choice,
    Objective,
    Predictor,
    Refinement,
    choose,
)
from tacrefine.regrasp.cylinder import BASELINE_FORCE, Cylinder
from tacrefine.regrasp.scene import GripperScene
from tacrefine.regrasp.trials import HOLD, held_for, within
from tacrefine.regrasp.types import Action

STAYS = 1e-6
"""m and rad below which an action does not move"""


@dataclass(frozen=True)
class Rules:
    """How a model is used. With `look_again` a closed grasp is judged once more by what is felt, then lifted."""

    objective: Objective = Objective.max_success
    threshold: float = LIFT_ABOVE
    tries: int = 5
    """at most; the last one is lifted whatever its probability"""
    look_again: bool = True
    refinement: Refinement = NO_REFINEMENT


@dataclass(frozen=True)
class Attempt:
    """How it ended. `probability` is the last one before lifting, `actions` all that were made, `(5,)` each."""

    success: bool
    tries: int
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
        make(scene, choice.action, box)
        actions.append(list(choice.action))
        probability, lift = choice.probability, choice.lift
        if rules.look_again:
            features = model.encode(scene.state())
            probability = staying(model, features, choice.action.force)
            lift = lift and probability > rules.threshold
        if lift or len(actions) >= rules.tries:
            return _lifted(scene, actions, choice, probability)
        if not rules.look_again:
            features = model.encode(scene.state())


def grasp_cylinder(scene: GripperScene, cylinder: Cylinder, force: float = BASELINE_FORCE) -> Attempt:
    """The baseline: the middle of the fitted cylinder with a constant force."""
    scene.approach(cylinder.grasp())
    scene.close(force)
    action = Action(0.0, 0.0, 0.0, 0.0, force)
    return _lifted(scene, [list(action)], Choice(action, 0.0, True, 0, 0.0), 0.0)


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


def _lifted(scene: GripperScene, actions: list[list[float]], choice: Choice, probability: float) -> Attempt:
    scene.lift()
    return Attempt(
        held_for(scene, HOLD), len(actions), choice.action.force, probability, choice.probability, actions
    )
