"""Goals in batches: the decisions of the server, without its nodes."""

from __future__ import annotations

import pytest
from goal_batches import run_goals

from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.supervision.errors import SUCCESS, TouchMismatch

HAND = load_hand()
OBJECTS = load_objects()


@pytest.fixture(scope="module")
def policy():
    return load_policy("five_finger", HAND)


def test_goals_on_the_right_object_end_well_with_an_expected_error_of_their_size(policy) -> None:
    found = run_goals(HAND, policy, load_plant("nominal"), OBJECTS["rod_10"], 8, seed=3)
    assert [goal.code for goal in found] == [SUCCESS] * 8
    assert all(goal.touch_difference <= 1.0 for goal in found)
    assert all(goal.true_m < 1e-3 and 0.0 < goal.expected_m < 2e-3 for goal in found)


def test_another_object_in_the_hand_is_a_mismatch_and_names_a_finger(policy) -> None:
    plant, rod, plate = load_plant("nominal"), OBJECTS["rod_10"], OBJECTS["plate_8"]
    swapped = run_goals(HAND, policy, plant, rod, 4, seed=3, held=plate)
    assert [goal.code for goal in swapped] == [TouchMismatch.code] * 4
    assert {goal.differing_finger for goal in swapped} <= {finger.name for finger in HAND.fingers}
    unseen = run_goals(HAND, policy, plant, rod, 4, seed=3, held=plate, compare=False)
    assert SUCCESS in [goal.code for goal in unseen]


def test_the_same_seed_gives_the_same_goals(policy) -> None:
    plant, item = load_plant("hard"), OBJECTS["plate_6"]
    first, again = (run_goals(HAND, policy, plant, item, 3, seed=9) for _ in range(2))
    assert first == again
