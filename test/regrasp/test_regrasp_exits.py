"""How a regrasp ends when something is wrong: bad input, limits, cancel, preemption, emergency stop, shutdown."""

from __future__ import annotations

import pytest
from fake_gripper import (
    IN_THE_AIR,
    ON_THE_TABLE,
    STREAMS,
    assert_left_open_on_the_table,
    choice,
    phases,
)

from tacrefine.geometry import error_between
from tacrefine.gripper import PADS
from tacrefine.regrasp.samples import Phase
from tacrefine.supervision import errors
from tacrefine.vision.cylinder import Cylinder


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
