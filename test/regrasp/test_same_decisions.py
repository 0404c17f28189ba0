"""The batch evaluation and the robot's machine obey one strategy: on the same seeds they decide the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scene_world import SceneWorld, TimedScene

from tacrefine.evaluation.regrasp.executor import SimulatedExecutor
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.commands import Command, Decision
from tacrefine.regrasp.defaults import Objective
from tacrefine.regrasp.goals import rules_of
from tacrefine.regrasp.samples import RegraspGoal, RegraspOutcome
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.regrasp.strategy import RegraspStrategy
from tacrefine.supervision.errors import GoalError, NoGrasp, Slipped

AT_ONCE = {"wrist_jump_position": 1.0, "wrist_jump_rotation": 3.2, "hold_time": 0.1, "trial_time": 0.1}
"""the scene moves between two ticks, and waits in the air by itself"""
CASES = [
    ("easy", 0, 0, "max_success"),
    ("hard", 1, 0, "max_success"),
    ("hard", 3, 3, "max_success"),
    ("hard", 4, 1, "max_success"),
    ("hard", 2, 0, "min_force"),
    ("hard", 2, 1, "min_force"),
    ("hard", 5, 0, "min_force"),
    ("hard", 6, 1, "min_force"),
]
"""object set, number of the object, seed, objective"""


@dataclass
class Both:
    """One goal, once by each executor."""

    batch: RegraspStrategy
    error: GoalError | None
    robot: RegraspStrategy
    outcome: RegraspOutcome


@pytest.fixture(scope="module")
def goals() -> dict[tuple, Both]:
    model = RegraspModel.load()
    return {case: run_both(model, *case) for case in CASES}


def run_both(model, set_name, number, seed, objective) -> Both:
    """Run the goal on two scenes of the same seed, with generators of the same seed."""
    settings = RegraspSettings(**AT_ONCE)
    goal = RegraspGoal(Objective(objective), ActionBox(), settings.tries)

    def make_strategy(asked: RegraspGoal) -> RegraspStrategy:
        rng = np.random.default_rng(seed)
        return RegraspStrategy.by_model(model, asked.box, rules_of(asked, settings), rng)

    scenes = [TimedScene(load_regrasp_objects(set_name)[number]) for _ in range(2)]
    for scene in scenes:
        scene.reset(np.random.default_rng([seed, number]))
    batch = make_strategy(goal)
    error = SimulatedExecutor(scenes[0], batch).run()
    world = SceneWorld(scenes[1], settings, make_strategy)
    outcome = world.run(goal)
    return Both(batch, error, world.machine.strategy, outcome)


def kinds(strategy: RegraspStrategy) -> list[type[Command]]:
    return [type(decision.command) for decision in strategy.decisions]


def numbers(decision: Decision) -> list[float]:
    """Everything in a decision that is a number."""
    found = [float(decision.tries), decision.force, decision.probability]
    for name in ("pose", "action", "force", "height"):
        value = getattr(decision.command, name, None)
        found += [] if value is None else [float(each) for each in np.atleast_1d(value)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_executors_take_the_same_decisions(goals, case) -> None:
    found = goals[case]
    assert kinds(found.robot) == kinds(found.batch)
    for ours, theirs in zip(found.batch.decisions, found.robot.decisions, strict=True):
        assert numbers(theirs) == pytest.approx(numbers(ours), abs=1e-6, nan_ok=True)
    assert found.outcome.code == (0 if found.error is None else found.error.code)


def test_these_goals_need_every_command_and_end_in_every_way(goals) -> None:
    assert {kind for found in goals.values() for kind in kinds(found.batch)} == set(Command.__args__)
    assert {type(found.error) for found in goals.values()} == {type(None), NoGrasp, Slipped}
