"""What a strategy decides, told only what was seen and felt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from made_examples import make_state
from tacrefine.gripper import Action, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import Choice
from tacrefine.regrasp.commands import (
    Approach,
    Command,
    End,
    Lift,
    Look,
    Press,
    Regrasp,
    TrialLift,
    TrialOutcome,
)
from tacrefine.regrasp.defaults import Objective
from tacrefine.regrasp.strategy import RegraspStrategy, Rules
from tacrefine.supervision.errors import EmptyTable, NoGrasp, ObjectGone, Slipped, Unreachable
from tacrefine.vision.cylinder import Cylinder

THERE = Cylinder(x=0.02, y=-0.01, radius=0.02, height=0.08, yaw=0.4)
MOVE = Action(0.01, 0.0, 0.0, 0.1, 12.0)
CARRIED = TrialOutcome((True, True), left_behind=False, slide=0.0, risen=0.05)


@dataclass
class Selector:
    """Promises so much of the best action and of the grasps that are felt, in turn, the last one for ever."""

    best_of: list[float] = field(default_factory=lambda: [0.95])
    stays: list[float] = field(default_factory=lambda: [0.95])
    eased: list[float | None] = field(default_factory=lambda: [None])
    action: Action = MOVE
    boxes: list[ActionBox] = field(default_factory=list)

    def best(self, state: State, box: ActionBox) -> Choice:
        self.boxes.append(box)
        probability = self._next(self.best_of)
        return Choice(self.action, probability, probability > 0.9, 5000, probability)

    def staying(self, state: State, force: float) -> float:
        return float(self._next(self.stays))

    def gentler(self, state: State, box: ActionBox, force: float) -> float | None:
        return self._next(self.eased)

    @staticmethod
    def _next(values: list[Any]) -> Any:
        return values.pop(0) if len(values) > 1 else values[0]


def strategy(selector: Selector | None = None, **rules: Any) -> RegraspStrategy:
    return RegraspStrategy(selector or Selector(), ActionBox(), Rules(**rules), np.random.default_rng(0))


def probed(asked: RegraspStrategy) -> Command:
    """The command after the first approach."""
    assert asked.begin() == Look()
    assert isinstance(asked.seen(THERE), Approach)
    return asked.felt(make_state())


def chosen(asked: RegraspStrategy) -> Command:
    """The command when the chosen grasp is felt."""
    assert isinstance(probed(asked), Regrasp)
    return asked.felt(make_state())


def test_a_promising_grasp_is_made_felt_tried_and_lifted() -> None:
    asked = strategy()
    assert asked.begin() == Look()
    assert asked.seen(THERE) == Approach(THERE.grasp(), 6.0)
    command = asked.felt(make_state())
    assert isinstance(command, Regrasp)
    assert command.action == MOVE
    assert (command.pose.x, command.pose.yaw) == pytest.approx((0.01, 0.1))  # from the pose of the state
    assert asked.felt(make_state()) == TrialLift(0.05)
    assert asked.carried(CARRIED) == Lift()
    assert asked.held((True, True)) == End(None)
    assert (asked.tries, asked.approaches, asked.force) == (1, 1, 12.0)


def test_an_action_that_stays_presses_where_the_gripper_is() -> None:
    here = Action(0.0, 0.0, 0.0, 0.0, 9.0)
    assert probed(strategy(Selector(action=here))) == Press(9.0, here)


def test_no_action_leads_out_of_the_workspace() -> None:
    asked = strategy(Selector(action=Action(0.02, 0.0, 0.02, 0.0, 12.0)))
    asked.begin()
    asked.seen(THERE)
    state = make_state()
    edge = State(
        state.camera,
        state.camera_rest,
        state.tactile,
        state.tactile_rest,
        np.array([0.115, 0.0, 0.155, 0.0], np.float32),
        6.0,
    )
    command = asked.felt(edge)
    assert isinstance(command, Regrasp)
    assert (command.pose.x, command.pose.z) == pytest.approx((0.12, 0.16))


def test_an_unpromising_grasp_is_made_again_until_no_try_is_left() -> None:
    asked = strategy(Selector(stays=[0.3]), tries=3, lift_last=False)
    assert isinstance(chosen(asked), Regrasp)
    assert isinstance(asked.felt(make_state()), Regrasp)
    end = asked.felt(make_state())
    assert isinstance(end, End)
    assert isinstance(end.error, NoGrasp)
    assert "after 3 tries the grasp promises 0.30" in str(end.error)


def test_the_last_try_is_lifted_as_a_trial_and_tells_that_it_promised_too_little() -> None:
    asked = strategy(Selector(stays=[0.3]), tries=1)
    assert chosen(asked) == TrialLift(0.05)
    end = asked.carried(TrialOutcome((True, True), left_behind=True, slide=0.0, risen=0.05))
    assert isinstance(end, End)
    assert isinstance(end.error, NoGrasp)
    assert "trial lift of 50 mm" in str(end.error)


def test_where_nothing_promises_enough_it_looks_again_a_few_times_and_later_comes_down_elsewhere() -> None:
    asked = strategy(Selector(best_of=[0.5]), approaches=3)
    assert isinstance(probed(asked), Look)
    assert asked.seen(THERE) == Approach(THERE.grasp(), 6.0)
    assert isinstance(asked.felt(make_state()), Regrasp)  # at once after a search it takes what there is
    assert asked.tries == 1
    asked = strategy(Selector(best_of=[0.5], stays=[0.3]), approaches=3)
    probed(asked)
    asked.seen(THERE)
    asked.felt(make_state())
    assert isinstance(asked.felt(make_state()), Look)  # the second search
    elsewhere = asked.seen(THERE)
    assert isinstance(elsewhere, Approach)
    assert elsewhere.pose != THERE.grasp()
    asked.felt(make_state())
    assert isinstance(asked.felt(make_state()), Regrasp)  # no approach is left


@pytest.mark.parametrize(
    "outcome",
    [
        TrialOutcome((True, False), left_behind=False, slide=0.0, risen=0.05),
        TrialOutcome((True, True), left_behind=True, slide=0.0, risen=0.05),
        TrialOutcome((True, True), left_behind=False, slide=0.002, risen=0.05),
    ],
)
def test_what_does_not_come_along_is_looked_for_again_and_for_the_least_force_grasped_with_more(
    outcome: TrialOutcome,
) -> None:
    for objective, least in ((Objective.max_success, 3.0), (Objective.min_force, 18.0)):
        selector = Selector()
        asked = strategy(selector, objective=objective, tries=2)
        assert isinstance(chosen(asked), TrialLift)
        command = asked.carried(outcome)
        assert isinstance(command, Look)
        assert "trial lift" in command.reason
        assert asked.seen(THERE) == Approach(THERE.grasp(), 6.0)  # the probe stays gentle
        asked.felt(make_state())
        assert selector.boxes[-1].force[0] == pytest.approx(least)
        asked.felt(make_state())
        end = asked.carried(outcome)
        assert isinstance(end, End)
        assert isinstance(end.error, Slipped)


def test_what_is_lost_in_the_air_is_looked_for_again() -> None:
    asked = strategy(trial_lift=0.0, tries=2)
    assert chosen(asked) == Lift()
    assert isinstance(asked.held((True, False)), Look)
    assert isinstance(asked.seen(None), End)
    assert isinstance(asked.decisions[-1].command.error, ObjectGone)  # type: ignore[union-attr]


def test_an_empty_table_and_an_object_out_of_reach_end_it() -> None:
    for cylinder, error in ((None, EmptyTable), (Cylinder(0.15, 0.0, 0.02, 0.06, 0.0), Unreachable)):
        asked = strategy()
        asked.begin()
        end = asked.seen(cylinder)
        assert isinstance(end, End)
        assert isinstance(end.error, error)


@pytest.mark.parametrize(
    ("felt", "presses"),
    [([0.96, 0.93], [6.0]), ([0.96, 0.5, 0.96], [6.0, 12.0]), ([0.96, 0.5, 0.5], [6.0, 12.0])],
)
def test_for_the_least_force_a_good_grasp_is_eased_and_firmed_again_where_it_feels_worse(
    felt: list[float], presses: list[float]
) -> None:
    asked = strategy(Selector(stays=felt, eased=[6.0, 4.0]), objective=Objective.min_force)
    command = chosen(asked)
    for force in presses:
        assert command == Press(force)
        command = asked.felt(make_state())
    assert command == (TrialLift(0.05) if felt[-1] > 0.9 else asked.decisions[-1].command)
    assert isinstance(command, TrialLift if felt[-1] > 0.9 else Regrasp)
    assert asked.tries == (1 if felt[-1] > 0.9 else 2)  # easing is no try


def test_most_success_is_never_eased() -> None:
    assert isinstance(chosen(strategy(Selector(eased=[6.0]))), TrialLift)


def test_the_rules_leave_out_looks_probes_second_looks_and_trials() -> None:
    asked = strategy(from_above=False, probe_force=0.0, look_again=False, trial_lift=0.0)
    assert asked.begin() == Approach(None, 0.0)
    assert isinstance(asked.felt(make_state()), Regrasp)
    assert asked.felt(make_state()) == Lift()
    assert asked.probability == 0.95


def test_every_decision_is_kept_with_what_was_known() -> None:
    asked = strategy()
    chosen(asked)
    kept = asked.decisions
    assert [type(each.command) for each in kept] == [Look, Approach, Regrasp, TrialLift]
    assert [each.tries for each in kept] == [0, 0, 1, 1]
    assert [each.force for each in kept[2:]] == [6.0, 12.0]
