"""Whether a grasp is right: the correction that is left, and the touch."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from fake_world import OBSERVABLE, FakeWorld

from tacrefine.geometry import transform
from tacrefine.refine.judge import Judge
from tacrefine.refine.machine import RefineMachine
from tacrefine.refine.samples import Decision, Goal
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision import errors
from tacrefine.touch import TouchFrame
from tacrefine.touch.comparison import MeanTouch, TouchDifference
from tacrefine.touch.comparison_settings import ComparisonSettings

NEXT, TARGET = transform((0.1, 0, 0)), transform((0.2, 0, 0))
GOAL = Goal("goal-1", OBSERVABLE, 5, 0.0015, 0.025)


def decision(**changes) -> Decision:
    step = np.array([0.0003, 0, 0, 0, 0.004, 0])
    sigma = np.array([0.0004, 0, 0, 0, 0.003, 0])
    known = Decision(
        NEXT, TARGET, 0.0003, 0.004, sigma, True, "nothing left to gain", np.zeros(6, bool), step
    )
    return replace(known, **changes)


def difference(image: float, finger: str = "ring") -> TouchDifference:
    names = ("thumb", "ring")
    images = np.where(np.array(names) == finger, 1.5 * image, 0.5 * image)
    return TouchDifference(names, images, np.zeros(2), 0.1, ComparisonSettings())


def test_the_expected_error_is_what_is_left_together_with_its_deviation() -> None:
    assert decision().expected_m == pytest.approx(0.0005)
    assert decision().expected_rad == pytest.approx(0.005)
    assert decision().expected == pytest.approx([0.0005, 0, 0, 0, 0.005, 0])


def test_a_grasp_that_feels_like_the_target_has_succeeded_and_says_how_exact_it_is() -> None:
    verdict = Judge(GOAL).verdict(decision(), difference(1.0), 1)
    assert verdict.error is None
    assert verdict.next_wrist is None
    assert "expected error 0.50 mm and 0.29 deg" in verdict.matches
    assert "a further move would not make it smaller" in verdict.matches


def test_where_nothing_is_compared_the_correction_decides() -> None:
    assert Judge(GOAL).verdict(decision(), None, 1).matches


def test_a_touch_that_differs_leads_to_the_rest_of_the_move_and_then_to_a_mismatch_with_its_finger() -> None:
    judge = Judge(GOAL, mismatch_moves=2)
    for moves in (1, 2):
        assert judge.verdict(decision(), difference(20.0), moves).next_wrist is TARGET
    error = judge.verdict(decision(), difference(20.0), 3).error
    assert isinstance(error, errors.TouchMismatch)
    assert (error.code, error.safe_state) == (406, "holding")
    assert "finger 'ring' differs most" in str(error)


def test_a_mismatch_that_a_move_has_mended_is_a_success() -> None:
    judge = Judge(GOAL)
    assert judge.verdict(decision(), difference(20.0), 1).next_wrist is TARGET
    assert judge.verdict(decision(), difference(1.0), 2).matches


def test_no_move_is_made_beyond_max_steps() -> None:
    error = Judge(GOAL).verdict(decision(), difference(20.0), GOAL.max_steps).error
    assert isinstance(error, errors.TouchMismatch)


@pytest.mark.parametrize(("image", "kind"), [(1.0, errors.NotConverged), (20.0, errors.TouchMismatch)])
def test_a_goal_that_does_not_converge_is_a_mismatch_if_the_touch_differs(image, kind) -> None:
    far = decision(remaining_m=0.004, converged=False, reason="step")
    assert Judge(GOAL).verdict(far, difference(image), 4).next_wrist is NEXT
    assert isinstance(Judge(GOAL).verdict(far, difference(image), 5).error, kind)


def test_contact_that_is_lost_after_a_touch_that_differed_is_a_mismatch() -> None:
    lost, judge = errors.NoContact("too few fingers touch"), Judge(GOAL)
    assert judge.lost_contact(lost) is lost
    judge.verdict(decision(converged=False, reason="step"), difference(20.0), 0)
    assert isinstance(judge.lost_contact(lost), errors.TouchMismatch)


# ---- in the loop
class Comparison:
    """Stands in for a comparison: differs as often as it is told to."""

    hand = SimpleNamespace(taxel_count=4, per_radian=1.0, pad_slices=(slice(0, 4),))

    def __init__(self, differs: int) -> None:
        self._left, self.asked = differs, 0

    def __call__(self, felt, shown, expected, observable) -> TouchDifference:
        assert felt.frames >= 5
        self.asked += 1
        return difference(20.0 if self.asked <= self._left else 1.0)


class FeelingWorld(FakeWorld):
    """The world also sends touch to a machine that compares it."""

    def __init__(self, differs: int, **settings) -> None:
        self.compare = Comparison(differs)
        super().__init__(RefineSettings(**settings))

    def make_machine(self) -> RefineMachine:
        return RefineMachine(
            self.settings, self.clock, self.arm, self.hand, self.guard, self.centre,
            self._estimator, self.feedback.append, None, self.compare,
        )  # fmt: skip

    def answer(self, now: float) -> None:
        self.machine.observe_touch(now, TouchFrame(np.full(4, 0.5, np.float32), np.zeros(2, np.float32)))
        super().answer(now)

    def felt_goal(self) -> Goal:
        return self.goal(shown=MeanTouch(np.full(4, 0.5), np.zeros(2), 10))


def test_the_loop_goes_on_while_touch_differs_and_succeeds_once_it_does_not() -> None:
    world = FeelingWorld(differs=2)
    world.machine.start(world.felt_goal())
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.SUCCESS, 2)
    assert world.compare.asked == 3
    assert outcome.touch_difference < 1.0
    assert outcome.differing_finger == ""
    assert "ring" in [feedback.differing_finger for feedback in world.feedback]


def test_another_object_in_the_hand_ends_as_a_mismatch_that_names_the_finger_and_holds() -> None:
    world = FeelingWorld(differs=99)
    world.machine.start(world.felt_goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.TouchMismatch.code, "holding")
    assert outcome.steps == 3
    assert outcome.differing_finger == "ring"
    assert outcome.touch_difference > 1.0
    assert world.is_closed


def test_the_number_of_further_moves_is_a_parameter() -> None:
    world = FeelingWorld(differs=99, mismatch_moves=0)
    world.machine.start(world.felt_goal())
    assert world.run().steps == 1


def test_without_readings_to_compare_no_goal_succeeds() -> None:
    world = FeelingWorld(differs=0)
    world.machine.observe_touch = lambda stamp, frame: None
    world.machine.start(world.felt_goal())
    outcome = world.run()
    assert outcome.code != errors.SUCCESS
    assert "sense_timeout" in outcome.message
