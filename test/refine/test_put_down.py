"""A goal that puts down: the held object is lowered until it stands, grasped anew and lifted; it is never dropped."""

from __future__ import annotations

import numpy as np
import pytest
from fake_world import CLOSED, FakeWorld

from tacrefine.geometry import error_between, transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.refine.strategy import Strategy
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase
from tacrefine.touch.frame import TouchFrame

PATTERN = np.array([0.4, 0.5, 0.3, 0.2, 0.0, 0.0, 0.3, 0.5], np.float32)
PRESSED = np.array([0.5, -0.4, 0.0, 0.3, 0.2, 0.0, -0.2, 0.1], np.float32)


class Carrying(FakeWorld):
    """The hand holds an object `free` m above a table; what is pressed on the table slips in the hand and is felt."""

    def __init__(self, settings: RefineSettings, free: float = 0.0045) -> None:
        super().__init__(settings)
        self.joints = dict(CLOSED)
        self.rng = np.random.default_rng(0)
        self.floor = float(self.target.translation[2]) - free
        self.in_hand = self.wrist.inv() * self.target
        self.was_closed, self.pressed, self.lost = True, 0.0, False
        self.dropped = False
        for _ in range(100):
            self.step()

    def answer(self, now: float) -> None:
        if self.is_closed:
            if not self.was_closed:
                self.in_hand = self.wrist.inv() * self.target
                self.pressed = 0.0
            carried = self.wrist * self.in_hand
            below = self.floor - float(carried.translation[2])
            if below > 1e-9:
                carried = transform((0.0, 0.0, below)) * carried
                self.in_hand = self.wrist.inv() * carried
                self.pressed += below
            self.target = carried
        elif float(self.target.translation[2]) > self.floor + 1e-6:
            self.dropped = True
        self.was_closed = self.is_closed
        touch = PATTERN + PRESSED * min(self.pressed / 1e-3, 1.0) + 0.01 * self.rng.standard_normal(8)
        load = 0.05 if self.lost else float(self.is_closed)
        self.machine.observe_touch(
            now, TouchFrame((load * touch).astype(np.float32), np.zeros(2, np.float32))
        )
        super().answer(now)


@pytest.fixture
def make_carrying():
    def make(free: float = 0.0045, **settings) -> Carrying:
        return Carrying(RefineSettings(**settings), free)

    return make


def start(world: Carrying, **changes) -> None:
    world.machine.start(world.goal(strategy=Strategy.PUT_DOWN, **changes))


def phases(world: Carrying) -> list[HandPhase]:
    return [feedback.phase for feedback in world.feedback]


def test_the_object_is_lowered_until_it_stands_then_grasped_anew_and_lifted(make_carrying):
    world = make_carrying()
    began = world.wrist
    start(world)
    outcome = world.run()
    assert outcome.code == errors.SUCCESS, outcome.message
    assert outcome.safe_state == "holding"
    assert "lifted again by 5.0 mm" in outcome.message
    assert outcome.steps == 1
    order = [HandPhase.LOWERING, HandPhase.OPENING, HandPhase.MOVING, HandPhase.CLOSING, HandPhase.LIFTING]
    assert [phase for phase in phases(world) if phase in order] == order
    assert not world.dropped
    assert world.is_closed
    assert float(world.target.translation[2]) > world.floor + 0.004, "it hangs in the hand again"
    assert abs(float((world.wrist * world.in_hand).translation[0] - world.wrist.translation[0])) < 1e-3
    assert error_between(began, world.wrist)[0] > 1e-3
    assert error_between(outcome.held.compensation, transform())[0] < 1e-3


def test_a_grasp_that_fits_already_is_left_alone(make_carrying):
    world = make_carrying()
    world.in_hand = transform()
    start(world)
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.safe_state == "untouched"
    assert world.arm_log == []
    assert world.hand_log == []


def test_nothing_below_is_a_code_and_the_object_is_kept(make_carrying):
    world = make_carrying(free=0.1, put_down_travel=0.006)
    start(world)
    outcome = world.run()
    assert outcome.code == errors.NoSupport.code
    assert "within 6 mm (put_down_travel)" in outcome.message
    assert outcome.safe_state == "holding"
    assert world.hand_log == []
    assert not world.dropped


def test_a_touch_that_comes_too_early_is_a_code_and_the_object_is_kept(make_carrying):
    world = make_carrying(free=0.002, put_down_clearance=0.01)
    start(world)
    outcome = world.run()
    assert outcome.code == errors.EarlyContact.code
    assert "10 mm were free" in outcome.message
    assert outcome.safe_state == "holding"
    assert world.hand_log == []


@pytest.mark.parametrize("phase", [HandPhase.SENSING, HandPhase.LOWERING, HandPhase.LIFTING])
def test_a_cancel_while_the_object_is_held_never_drops_it(phase, make_carrying):
    world = make_carrying()
    start(world)
    world.run_to(phase)
    world.step()
    commands = len(world.hand_log)
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.run()
    assert outcome.code == errors.Canceled.code
    assert outcome.safe_state == ("untouched" if phase is HandPhase.SENSING else "holding")
    assert len(world.hand_log) == commands, "the fingers are told nothing"
    assert world.is_closed
    assert not world.dropped


@pytest.mark.parametrize("phase", [HandPhase.OPENING, HandPhase.MOVING, HandPhase.CLOSING])
def test_a_cancel_while_the_object_stands_leaves_the_hand_open(phase, make_carrying):
    world = make_carrying()
    start(world)
    world.run_to(phase)
    world.machine.stop(errors.Canceled("canceled by the client"))
    outcome = world.run()
    assert outcome.safe_state == "open"
    assert not world.dropped


@pytest.mark.parametrize("phase", [HandPhase.LOWERING, HandPhase.LIFTING])
def test_an_object_that_is_lost_while_it_is_carried_is_a_code(phase, make_carrying):
    world = make_carrying()
    start(world)
    world.run_to(phase)
    for _ in range(12):
        world.step()
    world.lost = True
    outcome = world.run()
    assert outcome.code == errors.ObjectLost.code
    assert phase.name.lower() in outcome.message
    assert outcome.safe_state == "holding"


@pytest.mark.parametrize("phase", [HandPhase.LOWERING, HandPhase.LIFTING])
def test_too_much_force_while_it_is_carried_ends_the_goal_and_keeps_it(phase, make_carrying):
    world = make_carrying()
    start(world)
    world.run_to(phase)
    world.force = 100.0
    outcome = world.run()
    assert outcome.code == errors.ForceExceeded.code
    assert outcome.safe_state == "holding"
    assert world.is_closed


def test_an_abort_without_another_tick_keeps_what_is_held(make_carrying):
    world = make_carrying()
    start(world)
    world.run_to(HandPhase.LOWERING)
    world.step()
    outcome = world.machine.abort(errors.Preempted("the node is shut down"))
    assert outcome.safe_state == "holding"
    assert world.hand_log == []


def test_an_open_hand_puts_nothing_down(world):
    world.machine.start(world.goal(strategy=Strategy.PUT_DOWN))
    outcome = world.run()
    assert outcome.code == errors.NoContact.code
    assert "nothing to put down" in outcome.message


def test_a_dry_run_lowers_nothing(make_carrying):
    world = make_carrying(dry_run=True)
    start(world)
    outcome = world.run()
    assert outcome.code == errors.DryRun.code
    assert "would be lowered" in outcome.message
    assert world.arm_log == []


FAULTS = {
    "no wrist pose": ({"wrist_flows": False}, errors.NoWristPose),
    "no joint states": ({"joints_flow": False}, errors.NoJointStates),
    "no readings": ({"policy_answers": False}, errors.NoTactile),
    "no forces": ({"force": None}, errors.NoTactile),
    "an arm that does not move": ({"arm_moves": False}, errors.ArmTimeout),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", [HandPhase.LOWERING, HandPhase.LIFTING])
def test_a_fault_while_it_is_carried_has_its_code_and_the_object_is_kept(phase, fault, make_carrying):
    world = make_carrying(sensor_timeout=0.1)
    start(world)
    world.run_to(phase)
    commands = len(world.hand_log)
    switches, expected = FAULTS[fault]
    for name, value in switches.items():
        setattr(world, name, value)
    outcome = world.run()
    assert outcome.code == expected.code, outcome.message
    assert outcome.safe_state == "holding"
    assert "still held" in outcome.message
    assert len(world.hand_log) == commands
    assert world.is_closed


@pytest.mark.parametrize("phase", [HandPhase.LOWERING, HandPhase.LIFTING])
def test_an_emergency_stop_while_it_is_carried_moves_nothing(phase, make_carrying):
    world = make_carrying()
    start(world)
    world.run_to(phase)
    commands = len(world.hand_log)
    world.guard.estop.observe(True, world.clock.steady())
    outcome = world.run()
    assert outcome.code == errors.EmergencyStop.code
    assert outcome.safe_state == "stopped"
    assert len(world.hand_log) == commands
