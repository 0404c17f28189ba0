"""Limits, emergency stop, dry run and an absent controller in the loop: the right code, and nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.geometry import error_between
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase

PHASES = [HandPhase.CLOSING, HandPhase.SETTLING, HandPhase.SENSING, HandPhase.OPENING, HandPhase.MOVING]


def press(world) -> None:
    world.guard.estop.observe(True, world.clock.steady())


@pytest.mark.parametrize("state", PHASES)
def test_the_emergency_stop_ends_the_goal_in_every_phase_and_nothing_moves_from_then_on(world, state):
    world.machine.start(world.goal())
    world.run_to(state)
    world.step()
    press(world)
    wrist, joints = world.wrist, dict(world.joints)
    arm, hand = len(world.arm_log), len(world.hand_log)
    outcome = world.step()
    assert outcome.code == errors.EmergencyStop.code
    assert outcome.safe_state == "stopped"
    assert len(world.arm_log) == arm + 1
    if state in (HandPhase.SETTLING, HandPhase.SENSING):  # fingers that rest keep their grip
        assert len(world.hand_log) == hand
    stopped = len(world.hand_log)
    for _ in range(100):
        assert world.step() is None
    assert error_between(world.wrist, wrist)[0] < 2e-3
    assert abs(world.joints["a"] - joints["a"]) < 0.05
    assert (len(world.arm_log), len(world.hand_log)) == (arm + 1, stopped)


def test_the_emergency_stop_wins_over_a_hand_that_is_opening_as_a_safe_state(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    world.machine.stop(errors.Canceled("canceled by the client"))
    world.step()
    assert world.machine.phase is HandPhase.FINISHING
    press(world)
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.EmergencyStop.code, "stopped")
    joints = dict(world.joints)
    for _ in range(50):
        world.step()
    assert abs(world.joints["a"] - joints["a"]) < 0.05


def test_while_it_is_latched_a_new_goal_moves_nothing_and_after_the_reset_the_next_one_succeeds(world):
    press(world)
    world.machine.start(world.goal())
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.EmergencyStop.code, "untouched")
    assert not world.arm_log
    assert not world.hand_log
    world.guard.estop.observe(False, world.clock.steady())
    assert world.guard.estop.reset(world.clock.steady()) == ""
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS


def test_leaving_the_active_state_while_it_is_latched_does_not_open_the_hand(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    press(world)
    commands = len(world.hand_log)
    outcome = world.machine.abort(errors.Preempted("the node left its active state"))
    assert outcome.safe_state == "stopped"
    assert len(world.hand_log) == commands


def test_a_hand_that_presses_too_hard_is_opened_and_the_goal_ends(make_world):
    world = make_world(max_pad_force=5.0)
    world.force = 1.0
    world.machine.start(world.goal())
    world.run_to(HandPhase.CLOSING)
    world.force = 6.0
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.ForceExceeded.code, "open")
    assert world.hand_log[-1][1] == "open"
    assert "index_tip" in outcome.message


def test_a_moving_arm_that_feels_something_stops_at_once(make_world):
    world = make_world(max_moving_force=1.0)
    world.force = 0.2
    world.machine.start(world.goal())
    world.run_to(HandPhase.MOVING)
    world.force = 1.5
    outcome = world.run()
    assert outcome.code == errors.ForceExceeded.code
    assert np.allclose(world.arm_log[-1].as_matrix(), world.wrist.as_matrix())
    assert error_between(world.wrist, world.target)[0] > 1e-3


def test_a_move_out_of_the_workspace_box_is_not_begun(make_world):
    world = make_world(workspace_x_high=0.3005)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.WorkspaceExceeded.code, 0)
    assert "workspace_x_high" in outcome.message
    assert all(np.allclose(pose.as_matrix(), world.wrist.as_matrix()) for pose in world.arm_log)


def test_a_dry_run_publishes_its_move_and_says_so_and_nothing_was_touched(make_world):
    world = make_world(dry_run=True)
    start, poses = world.wrist, []
    world.joints = {"a": 1.0, "b": 0.9}  # somebody else has closed the hand
    world.send, world.arm_moves, world.hand_moves = poses.append, False, False
    world.adapter._send = world.guard.gate(world.send)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state, outcome.steps) == (errors.DryRun.code, "untouched", 0)
    assert error_between(poses[-1], world.target)[0] < 1e-4
    assert len(poses) > 10
    assert error_between(world.wrist, start)[0] == 0.0


def test_a_dry_run_on_a_grasp_that_fits_succeeds_untouched(make_world):
    world = make_world(dry_run=True)
    world.joints, world.target = {"a": 1.0, "b": 0.9}, world.wrist
    world.hand_moves = False
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.SUCCESS, "untouched")


def test_without_a_controller_nothing_is_touched_and_its_topic_is_named(world):
    world.arm_lacks = "arm/target_frame: nobody listens"
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.ArmUnavailable.code, "untouched")
    assert "arm/target_frame" in outcome.message
    assert not world.hand_log


def test_a_move_that_cannot_end_in_time_is_not_begun(make_world):
    world = make_world(linear_speed=0.0005, move_timeout=5.0)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.ArmTimeout.code, 0)
    assert "not begun" in outcome.message
    assert len(world.arm_log) == 1  # to stay
