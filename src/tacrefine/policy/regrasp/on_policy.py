"""Adjustments for a second round of collection: what a model would do, with some chance left in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacrefine.data.regrasp.trials import Chooser, random_action
from tacrefine.gripper import Action, GripperPose, State
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import choose
from tacrefine.regrasp.defaults import Objective

CONSIDERED = 1000
"""random actions a choice: enough for data, a fifth of what the robot considers"""


@dataclass(frozen=True)
class ModelChooser:
    """Makes a chooser that asks a model; it can be pickled, so that every worker process loads the model itself."""

    model: str
    """name or folder"""
    explore: float
    """share of adjustments that are left to chance"""

    def __call__(self) -> Chooser:
        """Return the chooser: in turn for most success and for least force; ModelError where the model is missing."""
        model = RegraspModel.load(self.model)
        objectives = list(Objective)

        def choose_action(
            state: State, pose: GripperPose, box: ActionBox, rng: np.random.Generator
        ) -> Action:
            if rng.random() < self.explore:
                return random_action(state, pose, box, rng)
            objective = objectives[rng.integers(len(objectives))]
            features = model.encode(state)
            return choose(model, features, box, objective, rng, pose=pose, count=CONSIDERED).action

        return choose_action
