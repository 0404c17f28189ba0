"""An object that moves between two grasps: the loop says so, trusts the newest grasp alone, and gives up in the end."""

from __future__ import annotations

from tacrefine.geometry import error_between, transform
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase


def push(world, metres: float) -> None:
    """At every opening the object goes that much along z."""
    last = None

    def spoil(sample):
        nonlocal last
        phase = world.machine.phase
        if phase is HandPhase.MOVING and last is not HandPhase.MOVING:
            world.target = world.target * transform((0.0, 0.0, metres))
        last = phase
        return sample

    def step(seconds: float = 0.01, plain=world.step):
        spoil(None)
        return plain(seconds)

    world.step = step


def test_an_object_that_was_pushed_once_is_named_and_the_goal_goes_on(world):
    push(world, 0.0)
    world.machine.start(world.goal())
    world.run_to(HandPhase.MOVING)
    world.target = world.target * transform((0.0, 0.0, 0.006))
    outcome = world.run()
    assert outcome.code == errors.SUCCESS, outcome.message
    assert "the object has moved by 6.0 mm" in outcome.degraded
    assert any("the object has moved" in feedback.degraded for feedback in world.feedback)
    assert error_between(world.wrist, world.target)[0] < 1e-3


def test_an_object_that_moves_again_and_again_ends_the_goal_with_its_code(make_world):
    world = make_world(moved_grasps=1, max_total_translation=0.2)
    push(world, 0.006)
    world.machine.start(world.goal(max_steps=20))
    outcome = world.run()
    assert outcome.code == errors.ObjectMoved.code
    assert "2 times in this goal; allowed are 1 (moved_grasps)" in outcome.message
    assert outcome.safe_state == "holding"


def test_an_object_that_stands_still_is_never_said_to_have_moved(world):
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert outcome.degraded == ""
