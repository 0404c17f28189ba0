"""Which action is taken, given what a model says of each."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tacrefine.gripper import GripperPose, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import FORCE_ACTIONS, RANDOM_ACTIONS, Choice, Refinement, choose
from tacrefine.regrasp.defaults import Objective

BOX = ActionBox()
FEATURES = np.zeros((1, 3), np.float32)


class Rule:
    """Stands in for a model: success falls with the distance from a best action, in shares of the box."""

    def __init__(self, best: tuple[float, ...], top: float = 0.99, width: float = 1.0) -> None:
        self.best, self.top, self.width = np.array(best), top, width
        self.asked: list[NDArray[np.float32]] = []

    def encode(self, state: State) -> NDArray[np.float32]:
        raise AssertionError("the state is encoded before the choice")

    def success(self, features: NDArray[np.float32], actions: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked.append(actions)
        low, high = BOX.bounds
        away = np.linalg.norm((actions - self.best) / (high - low), axis=1)
        return (self.top * np.exp(-((away / self.width) ** 2))).astype(np.float32)


def pick(model: Rule, objective: str = "max_success", **options: object) -> Choice:
    return choose(model, FEATURES, BOX, objective, np.random.default_rng(0), **options)  # type: ignore[arg-type]


def test_the_most_likely_action_is_taken_and_lifted_above_the_threshold() -> None:
    best = (0.01, -0.01, 0.0, 0.1, 15.0)
    choice = pick(Rule(best))
    low, high = BOX.bounds
    assert np.abs((np.array(choice.action) - best) / (high - low)).max() < 0.2
    assert choice.lift
    assert choice.probability > 0.9
    assert choice.considered == RANDOM_ACTIONS + FORCE_ACTIONS


def test_nothing_is_lifted_that_will_hardly_hold() -> None:
    choice = pick(Rule((0.0, 0.0, 0.0, 0.0, 10.0), top=0.85))
    assert not choice.lift


def test_all_actions_are_asked_about_in_one_batch() -> None:
    model = Rule((0.0, 0.0, 0.0, 0.0, 10.0))
    pick(model)
    (actions,) = model.asked
    assert len(actions) == 5000
    assert (actions[-FORCE_ACTIONS:, :4] == 0).all()
    assert actions[-FORCE_ACTIONS:, 4].min() == pytest.approx(BOX.force[0])
    assert actions[-FORCE_ACTIONS:, 4].max() == pytest.approx(BOX.force[1])


def test_the_least_force_is_taken_among_actions_that_are_likely_enough() -> None:
    model = Rule((0.0, 0.0, 0.0, 0.0, 20.0))
    strong, gentle = pick(model), pick(model, "min_force")
    assert gentle.action.force < strong.action.force - 2.0
    assert gentle.probability > 0.9
    assert gentle.lift
    enough = model.asked[-1][model.success(FEATURES, model.asked[-1]) > 0.9]
    assert gentle.action.force == pytest.approx(enough[:, 4].min())


def test_without_a_likely_action_minimum_force_takes_the_most_likely_one() -> None:
    model = Rule((0.0, 0.0, 0.0, 0.0, 20.0), top=0.7)
    assert pick(model, "min_force").action == pick(model).action


def test_refinement_finds_a_better_action_than_chance() -> None:
    model = Rule((0.013, 0.007, -0.011, 0.2, 17.0), width=0.25)
    plain, refined = pick(model), pick(model, refinement=Refinement(rounds=4))
    assert refined.probability > plain.probability + 0.01
    assert refined.considered > plain.considered


def test_every_action_stays_within_the_box_and_the_workspace() -> None:
    model = Rule((0.02, 0.02, -0.02, 0.29, 25.0))
    pose = GripperPose(0.0, 0.0, 0.02, 0.0)
    pick(model, pose=pose, refinement=Refinement(rounds=3))
    low, high = BOX.bounds
    for actions in model.asked:
        assert (actions >= low - 1e-6).all()
        assert (actions <= high + 1e-6).all()
        assert (pose.z + actions[:, 2] >= BOX.workspace.z[0] - 1e-6).all()


def test_an_unknown_objective_is_refused() -> None:
    with pytest.raises(ValueError, match="gentle"):
        pick(Rule((0.0,) * 5), "gentle")
    assert set(Objective) == {"max_success", "min_force"}
