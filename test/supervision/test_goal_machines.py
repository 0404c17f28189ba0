"""What all three loops promise, whatever their phases are: one contract, three machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import fake_gripper
import fake_world
import numpy as np
import pytest
from collect_world import CollectWorld

from tacrefine.geometry import error_between, transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.regrasp.samples import Phase
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase

ACTIVE = [HandPhase.CLOSING, HandPhase.SETTLING, HandPhase.SENSING, HandPhase.OPENING, HandPhase.MOVING]
ON_TABLE = [Phase.OPENING, Phase.OBSERVING, Phase.MOVING, Phase.CLOSING, Phase.SENSING]
IN_AIR = [Phase.LIFTING, Phase.HOLDING, Phase.VERIFYING]


@dataclass(frozen=True)
class Loop:
    """One of the three: a world around its machine, and the phases in which it has commanded something."""

    name: str
    make: Callable[..., Any]
    active: list[IntEnum]
    success: str
    """safe state in which it succeeds"""

    @property
    def phases(self) -> type[IntEnum]:
        return type(self.active[0])


def hand_world(kind: type) -> Callable[..., Any]:
    return lambda **settings: kind(RefineSettings(**settings))


def gripper_world(**settings) -> fake_gripper.FakeWorld:
    """The gripper begins half open, so that it has to move in every phase that opens it."""
    world = fake_gripper.FakeWorld(RegraspSettings(**{**fake_gripper.QUICK, **settings}))
    world.width, world._wanted = 0.05, (0.05, 0.0)
    return world


LOOPS = [
    Loop("refine", hand_world(fake_world.FakeWorld), ACTIVE, errors.HOLDING),
    Loop("collect", hand_world(CollectWorld), ACTIVE, errors.OPEN),
    Loop(
        "regrasp",
        gripper_world,
        [*ON_TABLE, *IN_AIR],
        errors.HOLDING,
    ),
]
each_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
PHASES = {f"{loop.name}-{phase.name}": (loop, phase) for loop in LOOPS for phase in loop.active}
each_phase = pytest.mark.parametrize(("loop", "phase"), PHASES.values(), ids=PHASES)
LASTING = {name: both for name, both in PHASES.items() if both[1] is not Phase.VERIFYING}
"""without the phase that ends with the next image"""
each_lasting_phase = pytest.mark.parametrize(("loop", "phase"), LASTING.values(), ids=LASTING)


def finger_log(world) -> list:
    return world.hand_log if hasattr(world, "hand_log") else world.gripper_log


def commands(world) -> tuple[int, int]:
    return len(world.arm_log), len(finger_log(world))


def started(loop: Loop, phase: IntEnum | None = None, **settings):
    world = loop.make(**settings)
    world.machine.start(world.goal())
    if phase is not None:
        world.run_to(phase)
    return world


def assert_safe(loop: Loop, world, outcome, phase: IntEnum | None) -> None:
    """Fingers are told to open, or hold what hangs in the air; the arm is told to stay where it is."""
    lifted = phase in IN_AIR and world.height > 0.04 and outcome.safe_state == errors.HOLDING
    assert outcome.safe_state == (errors.HOLDING if lifted else errors.OPEN)
    assert error_between(world.arm_log[-1], world.wrist)[0] < 6e-3
    sent = commands(world)
    for _ in range(100):
        assert world.step() is None
    assert commands(world) == sent, "nothing is commanded once a goal is over"
    assert world.machine.phase is None
    if lifted:
        assert world.held
    else:
        assert is_open(world)


def opening(world) -> float:
    """Of the fingers, as a share of their travel."""
    if hasattr(world, "joints"):
        return 1.0 - world.joints["a"] / fake_world.CLOSED["a"]
    return world.width / world.settings.open_width


def is_open(world) -> bool:
    return world.is_open if hasattr(world, "is_open") else world.joints["a"] < 0.1


@each_loop
def test_success_is_code_0_in_the_documented_state_and_told_once(loop):
    world = started(loop)
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.SUCCESS, loop.success)
    assert outcome.message
    assert world.machine.phase is None
    assert all(world.step() is None for _ in range(20))


@each_loop
def test_without_a_goal_nothing_can_be_stopped_and_nothing_happens(loop):
    world = loop.make()
    world.machine.stop(errors.Canceled("canceled"))
    assert world.machine.abort(errors.Preempted("the node left its active state")) is None
    assert all(world.step() is None for _ in range(20))
    assert commands(world) == (0, 0)
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS, "a stop from before a goal is none of its own"


@each_phase
def test_a_second_goal_is_refused_and_the_running_one_goes_on(loop, phase):
    world = started(loop, phase)
    with pytest.raises(errors.Busy):
        world.machine.start(world.goal())
    assert world.machine.phase is phase
    assert world.run().code == errors.SUCCESS


@each_loop
def test_a_goal_that_is_refused_by_its_own_start_leaves_the_machine_free(loop, monkeypatch):
    world = loop.make()
    with monkeypatch.context() as patch:
        patch.setattr(world.machine, "reset", lambda goal: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world.machine.start(world.goal())
    assert world.machine.phase is None
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS


@each_loop
@pytest.mark.parametrize("how", ["stop", "abort"])
def test_a_goal_that_ends_before_anything_was_commanded_leaves_everything_untouched(loop, how):
    world = started(loop)
    if how == "stop":
        world.machine.stop(errors.Canceled("canceled by the client"))
        outcome = world.step()
    else:
        outcome = world.machine.abort(errors.Canceled("canceled by the client"))
    assert (outcome.code, outcome.safe_state) == (errors.Canceled.code, errors.UNTOUCHED)
    assert commands(world) == (0, 0)


@each_phase
def test_cancel_in_every_phase_ends_in_a_safe_state(loop, phase):
    world = started(loop, phase)
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.run()
    assert outcome.code == errors.Canceled.code
    assert_safe(loop, world, outcome, phase)


@each_phase
def test_preemption_in_every_phase_holds_the_arm_and_leaves_the_fingers_to_the_next_goal(loop, phase):
    world = started(loop, phase)
    fingers = len(finger_log(world))
    world.machine.stop(errors.Preempted("another goal took over"))
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.Preempted.code, errors.HANDED_OVER)
    assert len(finger_log(world)) == fingers
    assert error_between(world.arm_log[-1], world.wrist)[0] < 0.05
    world.machine.start(world.goal())
    assert world.run().code == errors.SUCCESS


@each_phase
def test_abort_in_every_phase_needs_no_further_tick_to_be_safe(loop, phase):
    world = started(loop, phase)
    outcome = world.machine.abort(errors.Preempted("the node left its active state"))
    assert outcome.code == errors.Preempted.code
    assert world.machine.phase is None
    assert_safe(loop, world, outcome, phase)


@each_phase
def test_a_defect_in_every_phase_ends_with_internal_and_a_safe_state(loop, phase):
    world = started(loop, phase)

    def broken():
        raise ZeroDivisionError("oops")

    world.machine.handlers[phase] = broken
    outcome = world.run()
    assert outcome.code == errors.Internal.code
    assert "ZeroDivisionError: oops" in outcome.message
    assert_safe(loop, world, outcome, phase)


@each_lasting_phase
def test_a_wrist_whose_topic_times_out_ends_the_goal_in_every_phase(loop, phase):
    world = started(loop, phase, sensor_timeout=0.2)
    arm = len(world.arm_log)
    world.wrist_flows = False
    outcome = world.run()
    assert outcome.code == errors.NoWristPose.code
    assert outcome.safe_state in (errors.OPEN, errors.HOLDING)
    assert len(world.arm_log) > arm, "the arm is told to stay"


@each_phase
def test_the_emergency_stop_in_every_phase_moves_nothing_until_it_is_reset(loop, phase):
    world = started(loop, phase)
    world.guard.estop.observe(True, world.clock.steady())
    wrist, fingers = world.wrist, opening(world)
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.EmergencyStop.code, errors.STOPPED)
    sent = commands(world)
    assert all(world.step() is None for _ in range(200))
    assert error_between(world.wrist, wrist)[0] < 8e-3
    if phase is not Phase.CLOSING:  # a gripper that closes goes on pressing, or it would drop things
        assert opening(world) == pytest.approx(fingers, abs=0.15)
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.EmergencyStop.code, errors.UNTOUCHED)
    assert commands(world) == sent
    world.guard.estop.observe(False, world.clock.steady())
    assert world.guard.estop.reset(world.clock.steady()) == ""


@each_phase
def test_abort_while_the_emergency_stop_is_latched_opens_nothing(loop, phase):
    world = started(loop, phase)
    fingers = opening(world)
    world.guard.estop.observe(True, world.clock.steady())
    outcome = world.machine.abort(errors.Preempted("the node left its active state"))
    assert (outcome.code, outcome.safe_state) == (errors.Preempted.code, errors.STOPPED)
    assert all(world.step() is None for _ in range(200))
    assert error_between(world.arm_log[-1], world.wrist)[0] < 6e-3
    if phase is not Phase.CLOSING:
        assert opening(world) == pytest.approx(fingers, abs=0.15)


@each_loop
def test_the_emergency_stop_wins_over_fingers_that_open_as_a_safe_state(loop):
    world = started(loop, loop.active[-1] if loop.name != "regrasp" else Phase.SENSING)
    world.machine.stop(errors.Canceled("canceled by the client"))
    world.run_to(loop.phases["FINISHING"])
    world.guard.estop.observe(True, world.clock.steady())
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.EmergencyStop.code, errors.STOPPED)


@each_loop
def test_the_first_reason_to_stop_is_the_one_that_counts(loop):
    world = started(loop, loop.active[0])
    world.machine.stop(errors.Canceled("canceled by the client"))
    world.machine.stop(errors.Preempted("another goal took over"))
    outcome = world.run()
    assert outcome.code == errors.Canceled.code


@each_loop
@pytest.mark.parametrize("second", ["stop", "defect", "silence", "abort"])
def test_on_the_way_out_nothing_changes_how_a_goal_ends(loop, second):
    world = started(loop, Phase.SENSING if loop.name == "regrasp" else HandPhase.SENSING)
    world.machine.stop(errors.Canceled("canceled by the client"))
    finishing = loop.phases["FINISHING"]
    world.run_to(finishing)
    if second == "stop":
        world.machine.stop(errors.Preempted("another goal took over"))
    elif second == "defect":
        world.machine.handlers[finishing] = lambda: 1 / 0
    elif second == "silence":
        world.wrist_flows = False
    if second == "abort":
        outcome = world.machine.abort(errors.Preempted("the node left its active state"))
    else:
        outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.Canceled.code, errors.OPEN)


@each_loop
def test_a_goal_that_is_over_has_closed_the_gate(loop):
    world = started(loop, loop.active[-1])
    away = world.wrist * transform((0.001, 0.0, 0.0))
    world.guard.admit(away)
    world.run()
    with pytest.raises(errors.Internal, match="no goal runs"):
        world.guard.admit(away)


@each_loop
def test_what_was_measured_before_a_goal_does_not_start_it(loop):
    world = loop.make()
    for _ in range(20):
        world.step()
    world.machine.start(world.goal())
    world.wrist_flows = False
    assert all(world.step() is None for _ in range(3))
    assert commands(world) == (0, 0)
    world.wrist_flows = True
    assert world.run().code == errors.SUCCESS


@each_loop
def test_a_goal_whose_robot_never_answers_ends_in_time_untouched(loop):
    world = loop.make()
    world.wrist_flows = False
    world.machine.start(world.goal())
    began = world.clock.steady()
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.NoWristPose.code, errors.UNTOUCHED)
    assert world.clock.steady() - began == pytest.approx(world.settings.prepare_timeout, abs=0.1)


@each_loop
@pytest.mark.parametrize("pace", [0.0, 0.05], ids=["stands still", "is slow"])
def test_a_goal_whose_robot_never_answers_ends_by_the_wall_clock_where_simulated_time_lags(loop, pace):
    world = loop.make()
    world.wrist_flows = False
    world.clock.is_simulated = True
    world.machine.start(world.goal())

    def advance(seconds: float) -> None:
        world.clock.wall += seconds
        world.clock.time += pace * seconds

    world.clock.advance = advance
    began = world.clock.steady()
    assert world.run().safe_state == errors.UNTOUCHED
    assert world.clock.steady() - began < world.settings.prepare_timeout + world.settings.sensor_timeout + 0.1


@each_loop
def test_a_dry_run_commands_nothing_that_counts_and_says_so(loop):
    world = loop.make(dry_run=True)
    if hasattr(world, "joints"):
        world.joints = dict(fake_world.CLOSED)  # somebody else has closed the hand
        world.hand_moves = False
    world.arm_moves = False
    world.machine.start(world.goal())
    outcome = world.run()
    assert (outcome.code, outcome.safe_state) == (errors.DryRun.code, errors.UNTOUCHED)
    assert "dry_run/" in outcome.message


@each_loop
def test_a_dry_run_that_is_cancelled_has_touched_nothing(loop):
    world = loop.make(dry_run=True)
    world.machine.start(world.goal())
    world.run_to(Phase.MOVING if loop.name == "regrasp" else HandPhase.CLOSING)
    world.step()
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.step()
    assert (outcome.code, outcome.safe_state) == (errors.Canceled.code, errors.UNTOUCHED)


@each_loop
def test_feedback_begins_after_preparation_and_tells_every_phase(loop):
    world = started(loop)
    assert world.feedback == []
    world.run()
    told = [feedback.phase for feedback in world.feedback]
    assert loop.phases["PREPARING"] not in told
    assert set(loop.active) <= set(told)


def test_a_goal_that_takes_over_and_is_aborted_while_it_lowers_what_hangs_in_the_air_does_not_drop_it():
    loop = LOOPS[2]
    world = started(loop, Phase.HOLDING)
    world.machine.stop(errors.Preempted("another goal took over"))
    world.step()
    world.machine.start(world.goal())
    world.run_to(Phase.LOWERING)
    outcome = world.machine.abort(errors.Preempted("the node left its active state"))
    assert outcome.safe_state == errors.HOLDING
    assert np.all([world.step() is None for _ in range(50)])
    assert world.held
