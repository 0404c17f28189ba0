"""What a robot does with the commands of a strategy, against a fake gripper and a fake clock."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from fake_gripper import (
    FIRST_GRASP,
    IN_THE_AIR,
    STEP,
    assert_left_open_on_the_table,
    choice,
    phases,
)

from tacrefine.geometry import error_between
from tacrefine.regrasp.samples import Phase
from tacrefine.supervision import errors
from tacrefine.vision.cylinder import Cylinder


def test_an_object_is_found_grasped_gently_regrasped_and_lifted(world):
    world.selector.choices = [choice(dx=0.01, dyaw=0.1, force=14.0)]
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state, outcome.lifted) == (errors.SUCCESS, "holding", True)
    assert (outcome.tries, outcome.force, outcome.probability) == (1, 14.0, 0.95)
    assert phases(world) == [
        *FIRST_GRASP,
        Phase.DECIDING,
        *FIRST_GRASP[:1],
        *FIRST_GRASP[2:],
        Phase.DECIDING,
        *IN_THE_AIR,
    ]
    assert [force for _, force in world.gripper_log] == [25.0, world.settings.probe_force, 25.0, 14.0]
    assert world.held
    assert world.height == pytest.approx(0.03 + world.settings.lift_height, abs=0.004)
    x, y = world.object.x + 0.01 * np.cos(0.3), world.object.y + 0.01 * np.sin(0.3)
    assert world.wrist.translation[:2] == pytest.approx([x, y], abs=0.003)
    assert world.wrist.rotation.as_rotvec()[2] == pytest.approx(0.4, abs=0.03)


def test_an_action_that_stays_only_changes_the_force(world):
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS
    assert [width for width, _ in world.gripper_log] == [world.settings.open_width, 0.0, 0.0]


def test_feedback_tells_probability_and_action_of_each_decision(make_world):
    world = make_world(lost_below=0.0)
    world.selector.choices = [choice(0.6, force=8.0, dz=-0.01), choice(0.93, force=9.0)]
    world.selector.stays = [0.4, 0.92]
    world.machine.start(world.goal())
    assert world.run().tries == 2
    told = [f for f in world.feedback if f.phase is Phase.DECIDING]
    assert [(f.tries, f.probability) for f in told] == [(1, 0.6), (2, 0.93), (2, 0.92)]
    assert told[0].action.dz == -0.01
    assert np.isnan(world.feedback[0].probability)


def test_a_grasp_is_lifted_only_above_the_probability_and_felt_again_first(make_world):
    world = make_world(lift_probability=0.9)
    world.selector.choices, world.selector.stays = [choice(0.95)], [0.89, 0.91]
    world.machine.start(world.goal())
    assert (world.run().code, world.machine.tries) == (errors.SUCCESS, 2)
    trusting = make_world(look_again=False)
    trusting.selector.stays = [0.1]
    trusting.machine.start(trusting.goal())
    assert (trusting.run().code, trusting.machine.tries) == (errors.SUCCESS, 1)


def test_the_gripper_moves_only_while_it_is_open_unless_it_lifts_or_lowers(world):
    world.selector.choices, world.selector.stays = [choice(dx=0.01)], [0.2, 0.95]
    world.machine.start(world.goal())
    while True:
        before, outcome = world.wrist, world.step()
        moved = error_between(before, world.wrist)[0] > 1e-9
        if moved and world.machine.phase not in IN_THE_AIR:
            assert world.is_open
        if outcome is not None:
            return


def test_the_way_is_sent_in_steps_within_the_speed_limits(make_world):
    world = make_world(linear_speed=0.2)
    world.machine.start(world.goal())
    world.run()
    steps = [error_between(a, b)[0] for a, b in itertools.pairwise(world.arm_log)]
    assert max(steps) <= 0.2 * STEP + 1e-6


def test_images_from_before_the_gripper_came_to_rest_are_not_judged(world):
    world.machine.start(world.goal())
    world.run()
    closing = [state for state in world.perception.states if state.force > 0]
    assert closing
    assert all(pad.max() > 150 for state in closing for pad in state.tactile)
    assert all(pad.max() < 150 for state in closing for pad in state.tactile_rest)


def test_an_object_that_slips_is_put_down_looked_for_and_grasped_again(world):
    world.slips_on_lift = 1
    world.object_falls = lambda: setattr(world, "object", Cylinder(-0.03, 0.02, 0.02, 0.06, 0.0))
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.tries) == (errors.SUCCESS, 2)
    assert Phase.LOWERING in phases(world)
    assert world.wrist.translation[0] == pytest.approx(-0.03, abs=0.003)


@pytest.mark.parametrize(
    ("objective", "felt", "held_with"),
    [
        ("min_force", [0.96, 0.93], 6.0),
        ("min_force", [0.96, 0.5, 0.96], 12.0),
        ("max_success", [0.96], 12.0),
    ],
)
def test_for_the_least_force_a_good_grasp_is_eased_and_firmed_again_where_it_feels_worse(
    world, objective, felt, held_with
):
    world.selector.stays, world.selector.eased = list(felt), [6.0, 4.0]
    world.machine.start(world.goal(objective))
    outcome = world.run()
    assert (outcome.code, outcome.tries, outcome.force) == (errors.SUCCESS, 1, held_with)
    assert len(world.selector.eased) == (2 if objective == "max_success" else 1)
    assert phases(world).count(Phase.CLOSING) == 1 + len(felt)


def test_after_a_trial_lift_that_failed_an_eased_grasp_is_forgotten_and_the_next_one_begins_anew(make_world):
    world = make_world(trial_lift=0.05)
    world.heavy = 8.0
    world.selector.eased, closed = [7.0], []
    close = world.machine.gripper.close
    world.machine.gripper.close = lambda force, stamp: closed.append(force) or close(force, stamp)
    world.machine.start(world.goal("min_force", tries=2))
    assert world.run().code == errors.SUCCESS
    probe = world.settings.probe_force
    assert closed == [probe, 12.0, 7.0, probe, 12.0]


def test_a_grasp_is_lifted_a_little_to_see_whether_it_carries_and_then_all_the_way(make_world):
    world = make_world(trial_lift=0.05)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert phases(world)[-6:] == IN_THE_AIR * 2
    assert world.perception.risen == [pytest.approx(0.05, abs=0.004)]
    assert world.height == pytest.approx(0.03 + world.settings.lift_height, abs=0.004)


@pytest.mark.parametrize("trouble", ["heavy", "slippery"])
@pytest.mark.parametrize(("objective", "least"), [("min_force", 15.0), ("max_success", 3.0)])
def test_what_stays_or_slides_in_a_trial_lift_is_put_down_and_for_the_least_force_grasped_with_more(
    make_world, objective, least, trouble
):
    world = make_world(trial_lift=0.05)
    setattr(world, trouble, 12.0)
    asked = []
    world.selector.best = lambda state, box: (
        asked.append(box.force[0]) or choice(dx=0.005, force=max(10.0, box.force[0]))
    )
    world.machine.start(world.goal(objective, tries=2))
    outcome = world.run()
    assert asked == [3.0, pytest.approx(least)]
    assert Phase.LOWERING in phases(world)
    assert outcome.code == (errors.SUCCESS if least > 12.0 else errors.Slipped.code)
    if outcome.code != errors.SUCCESS:
        assert "trial lift" in outcome.message
        assert_left_open_on_the_table(world, outcome)


def test_a_depth_stream_that_is_lost_in_a_trial_lift_ends_the_goal_with_the_object_on_the_table(make_world):
    world = make_world(trial_lift=0.05)
    world.machine.start(world.goal())
    world.run_to(Phase.HOLDING)
    world.silent.add("depth")
    outcome = world.run()
    assert outcome.code == errors.NoImage.code
    assert "depth" in outcome.message
    assert_left_open_on_the_table(world, outcome)


def test_an_object_that_slips_with_the_last_try_is_reported(world):
    world.slips_on_lift = 2
    places = iter([Cylinder(-0.05, 0.0, 0.02, 0.06, 0.0), Cylinder(0.05, 0.0, 0.02, 0.06, 0.0)])
    world.object_falls = lambda: setattr(world, "object", next(places))
    world.machine.start(world.goal(tries=2))
    outcome = world.run()
    assert (outcome.code, outcome.tries) == (errors.Slipped.code, 2)
    assert_left_open_on_the_table(world, outcome)


def test_where_nothing_promises_enough_the_object_is_looked_for_from_above_again(world):
    world.selector.choices = [choice(0.5, dx=0.005), choice(0.95)]
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.tries) == (errors.SUCCESS, 1)
    told = [f for f in world.feedback if f.phase is Phase.DECIDING]
    assert (told[0].action, told[0].probability, told[0].tries) == (None, 0.5, 0)
    assert [force for width, force in world.gripper_log if width == 0.0] == [6.0, 6.0, 12.0]


def unpromising(world):
    world.selector.choices, world.selector.stays = [choice(0.5, dx=0.005), choice(0.5, dx=-0.005)], [0.4]
    return world


def test_the_last_try_is_lifted_as_a_trial_whatever_it_promises(make_world):
    world = unpromising(make_world(trial_lift=0.05))
    world.machine.start(world.goal(tries=3))
    outcome = world.run()
    assert (outcome.code, outcome.tries, outcome.probability) == (errors.SUCCESS, 3, 0.4)
    assert phases(world)[-6:] == IN_THE_AIR * 2


@pytest.mark.parametrize("lift_last", [True, False])
def test_without_a_promising_grasp_it_gives_up_with_the_gripper_open(make_world, lift_last):
    world = unpromising(make_world(trial_lift=0.05, lift_last=lift_last))
    world.heavy = 20.0
    world.machine.start(world.goal(tries=3))
    outcome = world.run()
    assert (outcome.code, outcome.tries) == (errors.NoGrasp.code, 3)
    assert "lift_probability" in outcome.message
    assert (Phase.LIFTING in phases(world)) is lift_last
    assert_left_open_on_the_table(world, outcome)


def test_what_slid_down_in_the_pads_is_let_go_where_it_stands_on_the_table(make_world):
    world = make_world(trial_lift=0.05)
    world.slippery = 20.0
    world.machine.start(world.goal("min_force", tries=2))
    world.run_to(Phase.LOWERING)
    world.floor = world.height - 0.01  # the pads press it onto the table
    world.run_to(Phase.OPENING)
    world.floor, world.slippery = -1.0, 0.0
    assert world.run().code == errors.SUCCESS


def test_an_object_in_the_way_of_the_fingers_is_grasped_from_where_they_stand(world):
    world.floor = 0.045
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS
    assert world.perception.states[0].pose[2] == pytest.approx(0.045, abs=0.003)
