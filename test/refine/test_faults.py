"""Faults of clocks, sensors, arm, hand and policy in the loop: the right code, and no motion on what is not true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacrefine.geometry import error_between, transform
from tacrefine.refine.oscillation import Oscillation
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase
from tacrefine.supervision.samples import JointSample, WristSample

PHASES = [HandPhase.CLOSING, HandPhase.SENSING, HandPhase.OPENING, HandPhase.MOVING]


def started(world, state: HandPhase) -> None:
    world.machine.start(world.goal())
    world.run_to(state)


# ---- clocks and stamps
@pytest.mark.parametrize("state", PHASES)
@pytest.mark.parametrize("jump", [-3600.0, -0.5, 30.0])
def test_a_clock_that_jumps_ends_the_goal_in_every_phase(world, state, jump):
    started(world, state)
    world.clock.time += jump
    outcome = world.run(20.0)
    assert (outcome.code, outcome.safe_state) == (errors.ClockJump.code, "open")


def test_simulated_time_may_run_many_times_as_fast_as_the_wall_clock(world):
    world.clock.is_simulated = True
    advance = world.clock.advance

    def fast(seconds: float) -> None:
        advance(seconds)
        world.clock.wall -= 0.98 * seconds

    world.clock.advance = fast
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS


def test_a_clock_that_stands_still_while_sensors_flow_on_ends_the_goal(world):
    started(world, HandPhase.MOVING)
    stamp = world.clock.now()
    world.clock.frozen = True
    world.wrist_flows = world.joints_flow = False
    for _ in range(400):
        stamp += 0.001
        world.machine.observe_wrist(WristSample(stamp, world.wrist))
        world.machine.observe_joints(JointSample(stamp, dict(world.joints)))
        outcome = world.step()
        if outcome is not None:
            break
    assert outcome.code == errors.ClockJump.code


@pytest.mark.parametrize(
    ("topic", "error"), [("wrist", errors.NoWristPose), ("joints", errors.NoJointStates)]
)
@pytest.mark.parametrize("skew", [-30.0, 30.0])
def test_stamps_far_from_this_nodes_clock_are_not_used_and_named(world, topic, error, skew):
    started(world, HandPhase.CLOSING)
    world.wrist_flows, world.joints_flow = topic != "wrist", topic != "joints"
    observe = {"wrist": world.machine.observe_wrist, "joints": world.machine.observe_joints}[topic]
    for _ in range(300):
        stamp = world.clock.now() + skew
        observe(
            WristSample(stamp, world.wrist) if topic == "wrist" else JointSample(stamp, dict(world.joints))
        )
        outcome = world.step()
        if outcome is not None:
            break
    assert outcome.code == error.code
    assert "stamp_tolerance" in outcome.message


def test_corrections_stamped_ahead_are_never_used(world):
    started(world, HandPhase.SENSING)
    world.correction_age = -5.0
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.StaleTactile.code, 0)
    assert "ahead" in outcome.message


# ---- the arm
def test_a_wrist_pose_that_jumps_is_not_believed_and_never_commanded(world):
    started(world, HandPhase.MOVING)
    world.wrist_flows = False
    before = len(world.arm_log)
    for _ in range(30):
        world.machine.observe_wrist(
            WristSample(world.clock.now() + 0.005, world.wrist * transform((0.2, 0, 0)))
        )
        outcome = world.step()
        if outcome is not None:
            break
    outcome = outcome or world.run(10.0)
    assert outcome.code == errors.PathDeviation.code
    assert all(error_between(pose, world.wrist)[0] < 0.01 for pose in world.arm_log[before:])


def test_one_bad_wrist_pose_ends_nothing(world):
    started(world, HandPhase.MOVING)
    world.machine.observe_wrist(WristSample(world.clock.now() + 0.005, world.wrist * transform((0.2, 0, 0))))
    assert world.run().code == errors.SUCCESS


@pytest.mark.parametrize("state", [HandPhase.CLOSING, HandPhase.SENSING, HandPhase.OPENING])
def test_an_arm_that_drifts_while_it_has_to_stand_ends_the_goal(make_world, state):
    world = make_world(settle_time=2.0)
    started(world, HandPhase.CLOSING)
    world.run_to(state) if state is not HandPhase.CLOSING else None
    for _ in range(200):
        world.wrist = world._goal_wrist = world.wrist * transform((0.0006, 0, 0))
        outcome = world.step()
        if outcome is not None:
            break
    assert outcome.code == errors.PathDeviation.code
    assert "hold_tolerance_position" in outcome.message


def test_an_arm_that_leaves_its_way_is_stopped(world):
    off, plain = [transform()], world.step

    def step(seconds: float = 0.01):
        world._goal_wrist = world._goal_wrist * off[0]
        return plain(seconds)

    started(world, HandPhase.MOVING)
    off[0], world.step = OFF, step
    outcome = world.run(10.0)
    assert outcome.code == errors.PathDeviation.code
    assert "path_tolerance_position" in outcome.message


OFF = transform((0.0, 0.015, 0.0))


def test_an_arm_that_reports_a_frozen_pose_ends_with_a_timeout_and_is_held_within_one_step(world):
    started(world, HandPhase.MOVING)
    world.arm_moves = False
    outcome = world.run(30.0)
    assert outcome.code == errors.ArmTimeout.code
    assert error_between(world.arm_log[-1], world.wrist)[0] < 0.02


# ---- the hand
def test_a_hand_that_does_not_close_is_named(world):
    world.hand_moves = False
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.HandTimeout.code, 0)
    assert "still open" in outcome.message
    assert "close_timeout" in outcome.message


def test_a_command_that_reaches_the_hand_late_is_waited_for(world):
    world.hand_delay = 3.0  # what DDS takes to notice a lost message and send it again
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (0, 1), outcome.message


@pytest.mark.parametrize("part", ["hand", "arm"])
def test_simulated_time_that_runs_ahead_leaves_messages_their_time(world, part):
    world.clock.is_simulated, world.clock.factor = True, 10.0
    started(world, HandPhase.MOVING)
    if part == "hand":
        world.hand_delay = 15.0  # 1.5 s of those in which messages travel
    else:
        world.arm_moves, began = False, world.clock.time
        assert world.run(15.0, until=lambda world: world.clock.time - began > 14.0) is None
        world.arm_moves = True
    assert world.run().code == 0


@pytest.mark.slow
def test_an_arm_that_stalls_in_simulated_time_ends_the_goal_after_its_timeout_by_the_wall(world):
    world.clock.is_simulated, world.clock.factor = True, 10.0
    started(world, HandPhase.MOVING)
    world.arm_moves, began = False, world.clock.steady()
    assert world.run(200.0).code == errors.ArmTimeout.code
    assert 10.0 < world.clock.steady() - began < 11.0


def test_contact_that_is_lost_while_the_arm_moves_ends_the_goal(world):
    started(world, HandPhase.MOVING)
    world.contact = 0
    assert world.run().code == errors.NoContact.code


def test_without_touch_nothing_moves(world):
    world.force = None
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.safe_state == "untouched"
    assert not world.hand_log


# ---- the policy
@pytest.mark.parametrize("metres", [0.31, 5.0, 1e9])
def test_a_correction_that_no_grasp_needs_is_no_measurement(world, metres):
    world.spoil = lambda sample: replace(sample, increment=transform((metres, 0, 0)))
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.steps == 0
    assert all(error_between(pose, world.wrist)[0] < 1e-9 for pose in world.arm_log)


def test_corrections_that_go_back_and_forth_end_the_goal_before_its_last_step(make_world):
    world = make_world(max_total_translation=0.2)

    def spoil(sample):
        side = 1.0 if sum(posture == "closed" for _, posture in world.hand_log) % 2 else -1.0
        return replace(sample, increment=transform((0.008 * side, 0, 0)))

    world.spoil = spoil
    world.machine.start(world.goal(max_steps=20))
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.Oscillating.code, "holding")
    assert outcome.steps <= 4


def test_a_loop_that_comes_to_rest_does_not_oscillate():
    watch = Oscillation()
    for size in (10e-3, -4e-3, 2e-3, -1e-3, 0.6e-3, -0.5e-3, 0.5e-3, -0.5e-3):
        watch.note(np.array([size, 0, 0, 0, 0, 0]), 1e-3, 0.02)


# ---- touch
class FakeTouch:
    """A stream that freezes, or loses a finger."""

    degraded, since = "", -float("inf")

    def __init__(self) -> None:
        self.fresh = True

    def is_fresh(self, since: float) -> bool:
        return self.fresh

    def explain(self):
        return None if self.fresh else errors.FrozenTactile("tactile: always the same readings")


def test_frozen_touch_never_leads_to_a_move(world):
    world.machine._touch = touch = FakeTouch()
    started(world, HandPhase.CLOSING)
    touch.fresh = False
    outcome = world.run()
    assert (outcome.code, outcome.steps) == (errors.FrozenTactile.code, 0)
    assert not world.arm_log or error_between(world.arm_log[-1], world.wrist)[0] < 1e-9


def test_a_finger_that_falls_silent_while_sensing_starts_the_readings_anew_and_is_said(make_world):
    world = make_world(frames_per_grasp=20)
    world.machine._touch = touch = FakeTouch()
    wrong = world.target * transform((0.01, 0, 0))
    right, world.target = world.target, wrong
    started(world, HandPhase.SENSING)
    world.run(until=lambda world: len(world.machine._readings) >= 10)
    touch.since, touch.degraded, world.target = world.clock.now(), "finger 'index' sends no readings", right
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.degraded == touch.degraded
    assert world.feedback[-1].degraded == touch.degraded
    assert error_between(world.wrist, right)[0] < 1e-3
