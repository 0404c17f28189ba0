"""Asks a regrasp model what to do in a state: the best action, the promise of the present grasp, the least force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import GripperPose, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import NO_REFINEMENT, Choice, Predictor, Refinement, choose, gentler
from tacrefine.regrasp.defaults import FORCE_MARGIN, LIFT_ABOVE, Objective


class ActionSelector(Protocol):
    """What a `RegraspStrategy` needs to know of actions."""

    def best(self, state: State, box: ActionBox) -> Choice:
        """Return the best action of the box in this state."""

    def staying(self, state: State, force: float) -> float:
        """Return the probability that the present grasp holds with `force` N."""

    def gentler(self, state: State, box: ActionBox, force: float) -> float | None:
        """Return the force (N) to which a grasp that holds with `force` N may be eased; None: leave it."""


@dataclass
class ModelSelector:
    """Selects by a model; encodes each state once."""

    model: Predictor
    objective: Objective
    rng: np.random.Generator
    threshold: float = LIFT_ABOVE
    """probability from which on a force is enough"""
    margin: float = FORCE_MARGIN
    """factor on the least force that is enough"""
    refinement: Refinement = NO_REFINEMENT
    _encoded: tuple[State, NDArray[np.float32]] | None = None

    def best(self, state: State, box: ActionBox) -> Choice:
        """Return the best of thousands of actions."""
        pose = GripperPose(*(float(value) for value in state.pose))
        return choose(
            self.model,
            self._features(state),
            box,
            self.objective,
            self.rng,
            pose=pose,
            threshold=self.threshold,
            refinement=self.refinement,
            margin=self.margin,
        )

    def staying(self, state: State, force: float) -> float:
        """Return the success of the action that only closes with `force` N."""
        action = np.array([[0.0, 0.0, 0.0, 0.0, force]], np.float32)
        return float(self.model.success(self._features(state), action)[0])

    def gentler(self, state: State, box: ActionBox, force: float) -> float | None:
        """Return the least force of the box that is enough, times the margin."""
        features = self._features(state)
        return gentler(self.model, features, box, force, threshold=self.threshold, margin=self.margin)

    def _features(self, state: State) -> NDArray[np.float32]:
        if self._encoded is None or self._encoded[0] is not state:
            self._encoded = (state, self.model.encode(state))
        return self._encoded[1]
