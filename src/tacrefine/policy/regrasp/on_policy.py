"""Adjustments for a second round of collection: what a model would do, with some chance left in it."""

from __future__ import annotations

import numpy as np

from tacrefine.data.regrasp.trials import Chooser, random_action
from tacrefine.gripper import Action, GripperPose, State
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import choose
from tacrefine.regrasp.defaults import Objective

CONSIDERED = 1000
"""random actions a choice: enough for data, a fifth of what the robot considers"""


def model_chooser(name_or_path: str, explore: float) -> Chooser:
    """Chooses by the model, in turn for most success and for least force, but at random in a share `explore`.

    Raises ModelError where the model is missing or corrupt.
    """
    model = RegraspModel.load(name_or_path)
    objectives = list(Objective)

    def choose_action(state: State, pose: GripperPose, box: ActionBox, rng: np.random.Generator) -> Action:
        if rng.random() < explore:
            return random_action(state, pose, box, rng)
        objective = objectives[rng.integers(len(objectives))]
        features = model.encode(state)
        return choose(model, features, box, objective, rng, pose=pose, count=CONSIDERED).action

    return choose_action
