"""The refinement loop against a fake robot and a fake clock: every phase, every exit, every limit."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tacrefine.geometry import RigidTransform, error_between, transform
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase

MOVING_STATES = [
    HandPhase.CLOSING,
    HandPhase.SETTLING,
    HandPhase.SENSING,
    HandPhase.OPENING,
    HandPhase.MOVING,
]


def distance(world):
    return error_between(world.wrist, world.target)


def assert_left_open(world, outcome):
    """The arm was told to stay where it is, and the hand is open."""
    assert outcome.safe_state == "open"
    assert world.hand_log[-1][1] == "open"
    assert np.allclose(world.arm_log[-1].as_matrix(), world.wrist.as_matrix(), atol=1e-9)


def test_a_disturbed_grasp_is_refined_and_the_hand_ends_closed(world):
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.safe_state == "holding"
    assert world.is_closed
    assert outcome.steps == 1
    assert distance(world)[0] < 1e-4
    assert distance(world)[1] < 1e-3
    assert (
        3e-5 < outcome.remaining_m < 1e-3
    )  # what is left, and the standard deviation of several readings together


def test_phases_follow_each_other_as_documented(world):
    world.machine.start(world.goal())
    world.run()
    states = [feedback.phase for feedback in world.feedback]
    grasp = [HandPhase.CLOSING, HandPhase.SETTLING, HandPhase.SENSING, HandPhase.DECIDING]
    assert states == [*grasp, HandPhase.OPENING, HandPhase.MOVING, *grasp]
    assert np.isnan(world.feedback[0].remaining_m)
    assert world.feedback[-1].remaining_m < 1e-3


def test_a_goal_waits_for_a_wrist_pose_of_its_own_time(world):
    world.step()  # known from before: where the wrist was
    world.wrist = world._goal_wrist = world.target * transform((0.0, 0.0, 0.004))
    world.machine.start(world.goal())
    world.wrist_flows = False
    assert all(world.step() is None for _ in range(20))
    assert world.hand_log == []
    world.wrist_flows = True
    assert world.run().code == errors.SUCCESS


def test_weakly_observable_axes_are_named_in_feedback_and_outcome(world):
    prior = np.array([1.0, 1.0, 5e-5, 1.0, 1.0, 1.0])  # z was known to 0.05 mm before, readings say 0.1 mm
    world.machine.start(world.goal(prior=prior))
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.weak_axes.tolist() == [False, False, True, False, False, False]
    assert world.feedback[-1].weak_axes.tolist() == outcome.weak_axes.tolist()
    assert not world.feedback[0].weak_axes.any()
    assert "weakly observable here: z" in outcome.message


def test_a_grasp_that_fits_already_is_left_alone(world):
    world.target = world.wrist
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.steps == 0
    assert [posture for _, posture in world.hand_log] == ["closed"]


def test_the_arm_moves_only_while_the_hand_is_open(world):
    start = world.wrist
    world.machine.start(world.goal())
    while True:
        before = world.wrist
        outcome = world.step()
        if not np.allclose(before.as_matrix(), world.wrist.as_matrix(), atol=1e-12):
            assert world.joints["a"] < 0.1
        if outcome is not None:
            break
    assert error_between(start, world.wrist)[0] > 0.001


def test_the_wrist_target_is_interpolated_within_the_speed_limits(make_world):
    world = make_world(linear_speed=0.01, angular_speed=0.1)
    world.machine.start(world.goal())
    world.run()
    centres = [pose * world.centre.wrist_from_centre for pose in world.arm_log]
    steps = [error_between(a, b) for a, b in itertools.pairwise(centres)]
    assert max(metres for metres, _ in steps) <= 0.01 * 0.01 + 1e-9
    assert max(radians for _, radians in steps) <= 0.1 * 0.01 + 1e-9
    assert len(steps) > 50


def test_a_waypoint_arm_gets_the_end_pose_only(make_world):
    world = make_world(arm_backend="waypoint")
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS
    assert len(world.arm_log) <= 3


def test_one_step_is_clipped_to_its_limit(make_world):
    world = make_world(max_step_translation=0.002, max_step_rotation=0.5)
    world.machine.start(world.goal(max_steps=8))
    centre = world.centre.wrist_from_centre
    positions = [(world.wrist * centre).translation]
    while (outcome := world.step()) is None:
        if world.machine.phase is HandPhase.CLOSING:
            positions.append((world.wrist * centre).translation)
    assert outcome.code == errors.SUCCESS
    assert outcome.steps >= 3
    assert max(np.linalg.norm(np.diff(positions, axis=0), axis=1)) <= 0.002 + 1e-9


def test_a_correction_that_would_pass_the_total_limit_in_several_moves_moves_nothing(make_world):
    world = make_world(max_step_translation=0.002, max_total_translation=0.004)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.LimitExceeded.code, 0)
    assert_left_open(world, outcome)


def test_a_correction_beyond_the_total_limit_moves_nothing(make_world):
    world = make_world(max_total_translation=0.003)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.LimitExceeded.code
    assert "max_total_translation" in outcome.message
    assert outcome.steps == 0
    assert_left_open(world, outcome)


def test_after_the_last_allowed_move_the_hand_closes_again_and_checks(make_world):
    world = make_world(max_step_translation=0.001)
    world.machine.start(world.goal(max_steps=2))
    outcome = world.run()
    assert outcome.code == errors.NotConverged.code
    assert outcome.steps == 2
    assert [posture for _, posture in world.hand_log].count("closed") == 3
    assert outcome.safe_state == "holding"
    assert world.is_closed
    assert outcome.remaining_m == pytest.approx(0.0044, abs=0.001)


@pytest.mark.parametrize("state", MOVING_STATES)
def test_cancel_in_every_phase_stops_the_arm_and_opens_the_hand(world, state):
    world.machine.start(world.goal())
    world.run_to(state)
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.run()
    assert outcome.code == errors.Canceled.code
    assert_left_open(world, outcome)


@pytest.mark.parametrize("state", MOVING_STATES)
def test_preemption_in_every_phase_stops_the_arm_at_once_and_leaves_the_hand_to_the_next_goal(world, state):
    world.machine.start(world.goal())
    world.run_to(state)
    commands = len(world.hand_log)
    world.machine.stop(errors.Preempted("another goal took over"))
    before = world.wrist
    outcome = world.step()
    assert outcome.code == errors.Preempted.code
    assert outcome.safe_state == "handed_over"
    assert len(world.hand_log) == commands
    assert np.allclose(world.arm_log[-1].as_matrix(), before.as_matrix())
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS


def test_cancel_before_anything_moved_commands_nothing(world):
    world.policy_answers = False
    world.machine.start(world.goal())
    world.step()
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.step()
    assert outcome.safe_state == "untouched"
    assert not world.arm_log
    assert not world.hand_log


def test_cancel_while_finishing_keeps_the_first_reason(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    world.machine.stop(errors.Canceled("canceled by the client"))
    world.step()
    assert world.machine.phase is HandPhase.FINISHING
    world.machine.stop(errors.Preempted("another goal took over"))
    assert world.run().code == errors.Canceled.code


def test_a_second_goal_runs_after_the_first(world):
    for _ in range(2):
        world.machine.start(world.goal())
        assert world.run().code == errors.SUCCESS
        world.target = world.target * transform((0.003, 0.0, 0.002))


def test_two_goals_at_once_are_refused(world):
    world.machine.start(world.goal())
    with pytest.raises(errors.Busy):
        world.machine.start(world.goal())


@pytest.mark.parametrize(
    ("switch", "value", "error", "word"),
    [
        ("wrist_flows", False, errors.NoWristPose, "wrist_pose"),
        ("joints_flow", False, errors.NoJointStates, "joint_states"),
        ("missing_joint", True, errors.NoJointStates, "b"),
        ("policy_answers", False, errors.NoCorrection, "correction"),
        ("correction_id", "other", errors.NoCorrection, "another target"),
        ("correction_age", 100.0, errors.StaleTactile, "older"),
    ],
)
def test_a_goal_without_its_preconditions_ends_before_anything_moves(world, switch, value, error, word):
    setattr(world, switch, value)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == error.code
    assert word in outcome.message
    assert outcome.safe_state == "untouched"
    assert not world.arm_log
    assert not world.hand_log


@pytest.mark.parametrize("state", MOVING_STATES)
@pytest.mark.parametrize(
    ("switch", "error"), [("wrist_flows", errors.NoWristPose), ("joints_flow", errors.NoJointStates)]
)
def test_a_sensor_that_falls_silent_ends_the_goal_in_every_phase(world, state, switch, error):
    world.arm_moves = state is not HandPhase.MOVING
    world.machine.start(world.goal())
    world.run_to(state)
    setattr(world, switch, False)
    outcome = world.run()
    assert outcome.code in (error.code, errors.HandTimeout.code, errors.ArmTimeout.code)
    assert outcome.safe_state == "open"
    assert world.hand_log[-1][1] == "open"


def test_a_clock_that_stands_still_does_not_hang_the_goal(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    world.clock.frozen = True
    world.wrist_flows = world.joints_flow = False
    assert world.run().code == errors.NoWristPose.code


def test_a_clock_that_never_ran_ends_the_goal_before_anything_moves(world):
    world.clock.frozen = True
    world.policy_answers = False
    world.machine.start(world.goal())
    assert world.run().safe_state == "untouched"


@pytest.mark.parametrize(
    ("state", "error", "parameter"),
    [
        (HandPhase.CLOSING, errors.HandTimeout, "close_timeout"),
        (HandPhase.SETTLING, errors.HandTimeout, "settle_timeout"),
        (HandPhase.SENSING, errors.NoCorrection, "sense_timeout"),
        (HandPhase.OPENING, errors.HandTimeout, "open_timeout"),
        (HandPhase.MOVING, errors.ArmTimeout, "move_timeout"),
    ],
)
def test_every_phase_has_its_own_timeout(world, state, error, parameter):
    world.machine.start(world.goal())
    world.run_to(state)
    began = world.clock.now()
    if state in (HandPhase.CLOSING, HandPhase.SETTLING):
        world.hand_jitter = 0.3
    world.policy_answers = state is not HandPhase.SENSING
    world.hand_moves = state is not HandPhase.OPENING
    world.arm_moves = state is not HandPhase.MOVING
    outcome = world.run(until=lambda world: world.machine.phase is HandPhase.FINISHING)
    assert outcome is None
    assert world.clock.now() - began == pytest.approx(getattr(world.settings, parameter), abs=0.05)
    world.hand_moves = True
    world.hand_jitter = 0.0
    outcome = world.run()
    assert outcome.code == error.code
    assert parameter in outcome.message
    assert_left_open(world, outcome)


def test_a_hand_that_never_opens_is_reported_and_the_goal_still_ends(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.OPENING)
    world.hand_moves = False
    outcome = world.run()
    assert outcome.code == errors.HandTimeout.code
    assert "was not seen open" in outcome.message


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda s: replace(s, standard_deviation=np.full(6, np.nan)), "standard deviation"),
        (lambda s: replace(s, standard_deviation=np.full(6, -1.0)), "standard deviation"),
        (lambda s: replace(s, standard_deviation=np.zeros(5)), "six axes"),
        (lambda s: replace(s, increment=RigidTransform.from_translation([np.nan, 0, 0])), "finite"),
    ],
)
def test_corrections_that_are_not_numbers_never_move_the_arm(world, spoil, word):
    world.spoil = spoil
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.NoCorrection.code
    assert word in outcome.message
    assert outcome.steps == 0


def test_corrections_older_than_the_settled_grasp_are_not_used(world):
    world.correction_age = 1.0
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    world.correction_age = 10.0
    outcome = world.run()
    assert outcome.code == errors.StaleTactile.code
    assert outcome.steps == 0


def test_a_reading_counts_once(world):
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    stamp = world.clock.now() + 0.001
    world.spoil = lambda sample: replace(sample, stamp=stamp)
    assert world.run().code != errors.SUCCESS


def test_a_grasp_with_too_little_contact_ends_the_goal(world):
    world.contact = 1
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.NoContact.code
    assert_left_open(world, outcome)


def test_a_defect_in_the_estimator_leaves_the_robot_safe(world):
    class Broken:
        def start_grasp(self):
            raise ZeroDivisionError("oops")

    world.machine._make_estimator = lambda goal: Broken()
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.Internal.code
    assert "oops" in outcome.message
    assert_left_open(world, outcome)


def test_a_better_explanation_replaces_no_correction(world):
    world.machine._touch.explain = lambda: errors.NoTactile("tactile: no message")
    world.policy_answers = False
    world.machine.start(world.goal())
    assert world.run().code == errors.NoTactile.code


def test_every_error_has_its_own_code():
    classes = errors.all_errors() | errors.all_errors(errors.REGRASP)
    assert len({error.code for error in classes.values()}) == len(classes)
    assert classes["ARM_TIMEOUT"] is errors.ArmTimeout
    assert classes["SLIPPED"] is errors.Slipped
    assert "SLIPPED" not in errors.all_errors()
