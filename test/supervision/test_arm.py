"""Arrival of the arm, decided from measured poses alone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.geometry import transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.samples import WristSample

CENTRE = transform((0, 0, -0.1))
SETTINGS = RefineSettings(arrival_samples=3, linear_speed=0.1)


@pytest.fixture
def guard():
    guard = Guard(SETTINGS, Limits(SETTINGS, CENTRE))
    guard.begin()
    guard.set_origin(transform())
    return guard


@pytest.fixture
def arm(guard):
    sent = []
    link = SimpleNamespace(missing=lambda: "", send=sent.append)
    arm = Arm(CartesianArm(link, guard.gate, guard.limits), guard, SETTINGS)
    arm.sent = sent
    return arm


def feed(arm, times, pose):
    for time in times:
        arm.observe(WristSample(time, pose(time)))


def test_an_arm_that_passes_through_its_target_has_not_arrived(arm):
    feed(arm, [0.0], lambda t: transform())
    arm.move_to(transform((0.01, 0, 0)), 0.0, timeout=10.0)
    feed(arm, np.arange(0.01, 0.3, 0.001), lambda t: transform((0.1 * t, 0, 0)))
    assert arm.tick(0.3) is Progress.MOVING


def test_an_arm_that_stands_at_its_target_for_several_samples_has_arrived(arm):
    feed(arm, [0.0], lambda t: transform())
    goal = transform((0.01, 0, 0))
    arm.move_to(goal, 0.0, timeout=10.0)
    feed(arm, [0.20, 0.21], lambda t: goal)
    assert arm.tick(0.21) is Progress.MOVING
    feed(arm, np.arange(0.22, 0.32, 0.01), lambda t: goal)
    assert arm.tick(0.32) is Progress.ARRIVED


def test_samples_that_are_not_newer_are_ignored(arm):
    feed(arm, [1.0], lambda t: transform())
    feed(arm, [1.0, 0.5], lambda t: transform((1, 0, 0)))
    assert np.allclose(arm.pose.translation, 0)


def test_a_clock_that_was_set_back_starts_a_new_history(arm, guard):
    guard.end()
    feed(arm, [100.0], lambda t: transform())
    feed(arm, [0.5], lambda t: transform((1, 0, 0)))
    assert np.allclose(arm.pose.translation, [1, 0, 0])


def test_hold_commands_the_measured_pose_and_ends_the_motion(arm):
    feed(arm, [0.0], lambda t: transform())
    arm.move_to(transform((0.02, 0, 0)), 0.0, timeout=10.0)
    arm.tick(0.1)
    feed(arm, [0.1], lambda t: transform((0.004, 0, 0)))
    arm.hold()
    assert np.allclose(arm.sent[-1].translation, [0.004, 0, 0])
    count = len(arm.sent)
    arm.tick(0.2)
    assert len(arm.sent) == count
