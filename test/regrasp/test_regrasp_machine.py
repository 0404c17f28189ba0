"""The regrasp loop against a fake gripper and a fake clock: every phase, every exit, every bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from fake_gripper import STEP, STREAMS, choice

from tacrefine.geometry import error_between
from tacrefine.gripper import PADS
from tacrefine.regrasp.samples import Phase
from tacrefine.supervision import errors
from tacrefine.vision.cylinder import Cylinder

FIRST_GRASP = [Phase.OPENING, Phase.OBSERVING, Phase.MOVING, Phase.OBSERVING, Phase.CLOSING, Phase.SENSING]
IN_THE_AIR = [Phase.LIFTING, Phase.HOLDING, Phase.VERIFYING]
ON_THE_TABLE = [Phase.OPENING, Phase.OBSERVING, Phase.MOVING, Phase.CLOSING, Phase.SENSING]


def phases(world):
    return [feedback.phase for feedback in world.feedback]


def assert_left_open_on_the_table(world, outcome):
    """What was grasped stands where it was grasped, the gripper is told to open, and the arm to stay."""
    assert outcome.safe_state == "open"
    assert not outcome.lifted
    assert world.gripper_log[-1][0] == world.settings.open_width
    assert error_between(world.arm_log[-1], world.wrist)[0] < 3e-3
    for _ in range(50):
        assert world.step() is None
    assert world.is_open


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


# ---- bad input
def test_an_empty_table_is_reported(world):
    world.object = None
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.EmptyTable.code
    assert not any(width == 0.0 for width, _ in world.gripper_log)
    assert_left_open_on_the_table(world, outcome)


def test_an_object_that_is_taken_away_is_reported(world):
    world.slips_on_lift = 1
    world.object_falls = lambda: setattr(world, "object", None)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.ObjectGone.code
    assert_left_open_on_the_table(world, outcome)


def test_an_object_out_of_reach_is_not_approached(world):
    world.object = Cylinder(0.15, 0.0, 0.02, 0.06, 0.0)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.Unreachable.code
    assert "x = 0.150" in outcome.message
    assert error_between(world.wrist, world.arm_log[0])[0] < 1e-3


def test_an_action_that_leads_out_of_reach_ends_at_the_edge_of_the_workspace(world):
    world.object = Cylinder(0.115, 0.0, 0.02, 0.06, 0.0)
    world.selector.choices = [choice(dx=0.02)]
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS
    assert world.wrist.translation[0] == pytest.approx(0.12, abs=0.003)


def test_an_object_whose_middle_is_just_out_of_reach_is_grasped_at_the_edge_of_the_workspace(world):
    world.object = Cylinder(0.13, 0.0, 0.02, 0.06, 0.0)
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS
    assert world.wrist.translation[0] == pytest.approx(0.12, abs=0.003)


def test_a_pose_outside_the_workspace_box_is_refused(make_world):
    world = make_world(workspace_z_low=0.1)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.WorkspaceExceeded.code
    assert "workspace_z_low" in outcome.message
    assert min(pose.translation[2] for pose in world.arm_log) >= 0.1


@pytest.mark.parametrize("name", STREAMS)
def test_a_missing_image_stream_is_named_and_nothing_moves(world, name):
    world.silent = {name}
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.NoImage.code, "untouched")
    assert f"{name}/image_raw" in outcome.message
    assert not world.arm_log
    assert not world.gripper_log


@pytest.mark.parametrize(
    ("phase", "name"),
    [*((phase, "left") for phase in (*ON_THE_TABLE, *IN_THE_AIR)), (Phase.SENSING, "camera")],
)
def test_an_image_stream_that_is_lost_ends_the_goal_with_the_object_on_the_table(world, phase, name):
    world.machine.start(world.goal())
    world.run_to(phase)
    world.silent = {name}
    outcome = world.run()
    assert outcome.code == errors.NoImage.code
    assert world.height < 0.1 or phase is Phase.OPENING
    assert_left_open_on_the_table(world, outcome)


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("spoil", ["black", "frozen"])
def test_a_dead_pad_is_named_and_nothing_moves(world, pad, spoil):
    frozen = world.images()[pad]
    world.spoil[pad] = {"black": lambda image: image * 0, "frozen": lambda image: frozen}[spoil]
    for _ in range(20):
        world.step()
    world.machine.start(world.goal())
    outcome = world.run()
    if spoil == "black":
        assert outcome.safe_state == "untouched"
        assert not world.gripper_log
    assert outcome.code == errors.DeadPad.code
    assert f"{pad} pad" in outcome.message


@pytest.mark.parametrize("phase", [Phase.SENSING, Phase.HOLDING])
def test_a_pad_that_dies_ends_the_goal_with_the_object_on_the_table(world, phase):
    world.machine.start(world.goal())
    world.run_to(phase)
    world.spoil["right"] = lambda image: image * 0
    outcome = world.run()
    assert outcome.code == errors.DeadPad.code
    assert world.height < 0.1
    assert_left_open_on_the_table(world, outcome)


def test_images_of_the_wrong_size_are_explained(world):
    world.silent = {"left"}
    world.sight.refuse("left", "it is 3 x 3, not 48 x 36")
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.InvalidImage.code
    assert "48 x 36" in outcome.message


@pytest.mark.parametrize(
    ("switch", "error"), [("wrist_flows", errors.NoWristPose), ("states_flow", errors.NoJointStates)]
)
def test_a_silent_robot_is_named_and_nothing_moves(world, switch, error):
    setattr(world, switch, False)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (error.code, "untouched")


def test_without_wrist_poses_what_was_lifted_goes_on_being_held(make_world):
    world = make_world(hold_time=3.0)
    world.machine.start(world.goal())
    world.run_to(Phase.HOLDING)
    world.wrist_flows = False
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.NoWristPose.code, "holding")
    assert world.held
    assert not outcome.lifted


def test_a_gripper_that_holds_something_unknown_is_left_alone(world):
    world.machine.gripper.close(8.0, world.clock.now()) if False else None
    world._wanted, world.wrist = (0.0, 8.0), world.wrist
    world._wrist_goal = world.wrist = type(world.wrist).from_components(
        [0.02, -0.01, 0.03], world.wrist.rotation
    )
    for _ in range(60):
        world.step()
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.Occupied.code, "untouched")
    assert not world.arm_log


def test_an_arm_that_does_not_move_is_reported(world):
    world.arm_moves = False
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.ArmTimeout.code
    assert_left_open_on_the_table(world, outcome)


def test_a_gripper_that_does_not_open_is_reported(world):
    world.selector.choices = [choice(dx=0.01)]
    world.machine.start(world.goal())
    world.run_to(Phase.SENSING)
    world.gripper_moves = False
    outcome = world.run()
    assert outcome.code == errors.HandTimeout.code
    assert "open_timeout" in outcome.message
    assert "not yet seen open" in outcome.message


def stuck_when_told_to_close(world):
    world.machine.start(world.goal())
    world.run_to(Phase.CLOSING)
    world.gripper_moves = False


def test_a_gripper_that_never_rests_is_reported(world):
    stuck_when_told_to_close(world)
    world.shake = 0.01
    outcome = world.run()
    assert outcome.code == errors.HandTimeout.code
    assert "close_timeout" in outcome.message


def test_a_gripper_that_stays_open_when_told_to_close_is_reported(world):
    stuck_when_told_to_close(world)
    outcome = world.run()
    assert outcome.code == errors.HandTimeout.code
    assert "still open" in outcome.message
    assert "close_timeout" in outcome.message


def test_a_gripper_that_hears_late_that_it_should_close_is_waited_for(world):
    stuck_when_told_to_close(world)
    told = world.clock.time
    assert world.run(until=lambda world: world.clock.time - told > 3.0) is None
    world.gripper_moves = True
    outcome = world.run()
    assert outcome.code == 0, outcome.message
    assert outcome.tries == 1


def test_an_unheard_arm_is_reported_before_anything_moves(world):
    world.arm_lacks = "arm/target_frame: nobody listens"
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.ArmUnavailable.code, "untouched")


def test_too_much_force_ends_the_goal(make_world):
    world = make_world(max_pad_force=10.0)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.ForceExceeded.code
    assert "max_pad_force" in outcome.message


# ---- cancel, preemption, emergency stop, shutdown
@pytest.mark.parametrize("phase", [*ON_THE_TABLE, *IN_THE_AIR])
def test_cancel_puts_the_object_back_before_the_gripper_opens(world, phase):
    world.machine.start(world.goal())
    world.run_to(phase)
    while phase is Phase.LIFTING and world.height < 0.1:
        world.step()
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.run()
    assert outcome.code == errors.Canceled.code
    if phase in IN_THE_AIR:
        assert phases(world)[-2:] == [Phase.LOWERING, Phase.FINISHING]
        assert world.height == pytest.approx(0.03, abs=0.004)
    assert_left_open_on_the_table(world, outcome)


def test_a_goal_that_takes_over_puts_back_what_the_old_one_had_lifted(world):
    world.machine.start(world.goal())
    world.run_to(Phase.HOLDING)
    world.machine.stop(errors.Preempted("another goal took over"))
    outcome = world.run()
    assert outcome.safe_state == "handed_over"
    assert world.held
    seen = len(world.feedback)
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS
    assert phases(world)[seen:][:2] == [Phase.LOWERING, Phase.OPENING]


@pytest.mark.parametrize("phase", [*ON_THE_TABLE, *IN_THE_AIR])
def test_the_emergency_stop_moves_nothing_and_drops_nothing(world, phase):
    world.machine.start(world.goal())
    world.run_to(phase)
    world.guard.estop.observe(True, world.clock.steady())
    wrist, held = world.wrist, world.held
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.EmergencyStop.code, "stopped")
    for _ in range(50):
        assert world.step() is None
    assert world.held or not held
    assert error_between(world.wrist, wrist)[0] < 6e-3
    world.machine.start(world.goal())
    assert world.run().safe_state == "untouched"


def test_a_shutdown_opens_on_the_table_and_holds_in_the_air(make_world):
    for phase, state in ((Phase.SENSING, "open"), (Phase.HOLDING, "holding")):
        world = make_world()
        world.machine.start(world.goal())
        world.run_to(phase)
        assert world.machine.abort(errors.Preempted("the node left its active state")).safe_state == state
        assert world.gripper_log[-1][0] == (world.settings.open_width if state == "open" else 0.0)


def test_a_dry_run_plans_and_moves_nothing(make_world):
    world = make_world(dry_run=True)
    world.arm_moves = False
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.DryRun.code, "untouched")
    assert world.arm_log
    assert not world.gripper_log


def test_a_defect_in_a_decision_leaves_the_gripper_safe(world):
    world.selector.best = lambda *_: 1 / 0
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.Internal.code
    assert_left_open_on_the_table(world, outcome)
