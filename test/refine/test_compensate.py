"""A goal that compensates: the held object stays in the hand, nothing is commanded, and the plan is corrected."""

from __future__ import annotations

import numpy as np
import pytest
from fake_world import CLOSED, OBSERVABLE, FakeWorld

from tacrefine.geometry import error_between, transform
from tacrefine.refine.held_object import compensated
from tacrefine.refine.strategy import Strategy, strategy_of
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase


@pytest.fixture
def holding(world) -> FakeWorld:
    """The hand has been closed on an object for a while."""
    world.joints = dict(CLOSED)
    for _ in range(100):
        world.step()
    return world


def start(world: FakeWorld, **changes) -> None:
    world.machine.start(world.goal(strategy=Strategy.COMPENSATE, **changes))


def test_nothing_is_commanded_and_the_hand_stays_as_it_was(holding):
    start(holding)
    outcome = holding.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.safe_state == "untouched"
    assert outcome.steps == 0
    assert holding.hand_log == []
    assert holding.arm_log == []
    assert [feedback.phase for feedback in holding.feedback] == [HandPhase.SENSING, HandPhase.DECIDING]


def test_a_compensated_plan_brings_the_object_where_the_targets_would_be(holding):
    """The object is known here: the fake world's corrections lead to `target`, seen from the object."""
    in_target_grasp = transform((0.0, 0.0, -0.1))  # of the object in the wrist's frame
    obj = holding.target * in_target_grasp
    in_hand = holding.wrist.inv() * obj
    start(holding)
    held = holding.run().held
    planned = transform((0.5, -0.2, 0.3), (0.1, 0.2, -0.3))
    metres, radians = error_between(
        compensated(planned, held.compensation) * in_hand, planned * in_target_grasp
    )
    assert metres < 1e-6
    assert radians < 1e-6
    assert error_between(held.pose, in_hand)[0] < 1e-6, "and that is how it says the object sits"


def test_what_touch_cannot_tell_is_said_in_the_covariance(holding):
    start(holding)
    held = holding.run().held
    variance = np.linalg.eigvalsh(held.covariance[:3, :3])
    assert variance[-1] == pytest.approx(1.0)
    assert variance[0] < 1e-6
    assert held.observable.tolist() == OBSERVABLE.tolist()


def test_it_answers_within_a_fifth_of_a_second_of_a_hand_that_rests(holding):
    began = holding.clock.now()
    start(holding)
    holding.run()
    assert holding.clock.now() - began < 0.2


def test_an_open_hand_holds_nothing(world):
    start(world)
    outcome = world.run()
    assert outcome.code == errors.NoContact.code
    assert outcome.safe_state == "untouched"
    assert world.hand_log == []


def test_too_little_contact_ends_it_with_its_code_and_the_grip_stays(holding):
    holding.spoil = lambda sample: sample if holding.machine.phase is HandPhase.PREPARING else _loose(sample)
    start(holding)
    outcome = holding.run()
    assert outcome.code == errors.NoContact.code
    assert holding.hand_log == []


def _loose(sample):
    sample.contact = 1
    return sample


def test_a_cancel_never_drops_what_is_held(holding):
    start(holding)
    holding.step()
    holding.machine.stop(errors.Canceled("canceled by the client"))
    outcome = holding.run()
    assert outcome.code == errors.Canceled.code
    assert outcome.safe_state == "untouched"
    assert holding.hand_log == []
    assert holding.is_closed


def test_an_estimate_beyond_the_goals_limits_is_not_believed(holding):
    holding.target = holding.wrist * transform((0.15, 0.0, 0.0))
    start(holding)
    outcome = holding.run()
    assert outcome.code == errors.LimitExceeded.code
    assert holding.hand_log == []
    assert outcome.held is None


def test_a_wrist_that_moves_while_it_is_felt_ends_the_goal(holding):
    start(holding)
    holding.run_to(HandPhase.SENSING)
    holding.policy_answers = False
    holding.wrist = holding._goal_wrist = holding.wrist * transform((0.02, 0.0, 0.0))
    assert holding.run().code == errors.PathDeviation.code


def test_a_refined_grasp_says_how_the_object_sits_too(world):
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.safe_state == "holding"
    assert error_between(outcome.held.compensation, transform())[0] < 1e-3


def test_names_of_strategies_are_checked_in_one_sentence():
    assert strategy_of("") is Strategy.IN_PLACE
    assert strategy_of("compensate") is Strategy.COMPENSATE
    with pytest.raises(
        errors.InvalidGoal, match="strategy is 'hope'; allowed are in_place, put_down, compensate"
    ):
        strategy_of("hope")
