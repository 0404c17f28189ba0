"""Selects an action: a model predicts the success of thousands at once, and the best one is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import Action, GripperPose, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.defaults import FORCE_MARGIN, LIFT_ABOVE, Objective

RANDOM_ACTIONS, FORCE_ACTIONS = 4900, 100
LEAST_EASING = 1.0
"""N: a grasp is not closed once more to save less than that"""

Actions = NDArray[np.float32]
Values = NDArray[np.float32]


class Predictor(Protocol):
    """Predicts how grasps end; a trained one is :class:`tacrefine.policy.regrasp.predictor.RegraspModel`."""

    def encode(self, state: State) -> NDArray[np.float32]:
        """Return the features ``(1, f)`` of a state."""
        ...

    def success(self, features: NDArray[np.float32], actions: Actions) -> Values:
        """Return the probability of success ``(n,)`` of each action ``(n, 5)``."""
        ...


@dataclass(frozen=True)
class Refinement:
    """Cross-entropy search around the best of the random actions; without rounds there is none."""

    rounds: int = 0
    elites: int = 32
    samples: int = 256
    smallest: float = 0.02
    """share of the box's width below which the search does not narrow"""


@dataclass(frozen=True)
class Choice:
    """The best action, the probability that it succeeds, whether to lift after it, and what it was chosen from."""

    action: Action
    probability: float
    lift: bool
    considered: int
    stay: float
    """largest probability among the actions that stay in place"""


NO_REFINEMENT = Refinement()


def choose(
    model: Predictor,
    features: NDArray[np.float32],
    box: ActionBox,
    objective: Objective | str,
    rng: np.random.Generator,
    *,
    pose: GripperPose | None = None,
    threshold: float = LIFT_ABOVE,
    refinement: Refinement = NO_REFINEMENT,
    margin: float = FORCE_MARGIN,
    count: int = RANDOM_ACTIONS,
) -> Choice:
    """Return the best of `count` random actions and FORCE_ACTIONS that only change the force.

    `features` are those of the present state, `pose` its gripper pose (keeps heights within the workspace), `threshold`
    the probability from which on a grasp is lifted and which a minimum-force action must reach; `margin` times the
    least force that reaches it is used then.
    """
    wanted = Objective(objective)
    actions = np.concatenate([box.sample(rng, count, pose), box.sample_force(rng, FORCE_ACTIONS)])
    success = model.success(features, actions)
    stay = float(success[count:].max())
    considered = len(actions)
    for _ in range(refinement.rounds):
        more = _around_elites(
            actions, _score(actions, success, wanted, threshold, box), refinement, box, rng, pose
        )
        actions = np.concatenate([actions, more])
        success = np.concatenate([success, model.success(features, more)])
        considered += len(more)
    best = int(np.argmax(_score(actions, success, wanted, threshold, box)))
    action, probability = actions[best], float(success[best])
    if wanted is Objective.min_force and probability > threshold:
        action = action.copy()
        action[4] = min(action[4] * margin, box.force[1])
        probability = float(model.success(features, action[None])[0])
    return Choice(Action.from_array(action), probability, probability > threshold, considered, stay)


def gentler(
    model: Predictor,
    features: NDArray[np.float32],
    box: ActionBox,
    firm: float,
    *,
    threshold: float = LIFT_ABOVE,
    margin: float = FORCE_MARGIN,
) -> float | None:
    """Return the force (N) to which a grasp closed with `firm` N may be eased; None where it is not worth it."""
    sweep = box.sample_force(np.random.default_rng(), FORCE_ACTIONS)
    enough = sweep[model.success(features, sweep) > threshold]
    if not len(enough) or margin * enough[0, 4] > firm - LEAST_EASING:
        return None
    return float(margin * enough[0, 4])


def _score(
    actions: Actions, success: Values, objective: Objective, threshold: float, box: ActionBox
) -> Values:
    """Return scores: the success, or for the least force, where that is enough, more than 1 and more for less force."""
    if objective is Objective.max_success:
        return success
    low, high = box.force
    gentle = 1.0 + (high - actions[:, 4]) / max(high - low, 1e-9)
    return np.where(success > threshold, gentle, success).astype(np.float32)


def _around_elites(
    actions: Actions,
    score: Values,
    refinement: Refinement,
    box: ActionBox,
    rng: np.random.Generator,
    pose: GripperPose | None,
) -> Actions:
    """Sample a normal distribution that is fitted to the best actions, within the box."""
    elites = actions[np.argsort(score)[-refinement.elites :]]
    low, high = box.bounds
    spread = np.maximum(elites.std(axis=0), refinement.smallest * (high - low))
    samples = np.clip(
        rng.normal(elites.mean(axis=0), spread, (refinement.samples, actions.shape[1])), low, high
    )
    if pose is not None:
        bottom, top = box.workspace.z
        samples[:, 2] = np.clip(samples[:, 2], bottom - pose.z, top - pose.z)
    return samples.astype(np.float32)
