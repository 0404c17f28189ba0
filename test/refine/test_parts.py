"""Limits, arm, hand and parameter tables by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.errors import ConfigError, TouchError
from tacrefine.geometry import error_between, transform
from tacrefine.parameters import build, parameter, specs
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.samples import JointSample, WristSample

CENTRE = transform((0, 0, -0.1))


def test_interpolation_moves_the_grasp_centre_on_a_straight_line():
    limits = Limits(RefineSettings(), CENTRE)
    start, end = transform(), transform((0.01, 0, 0), (0, 0.3, 0))
    a, b = (start * CENTRE).translation, (end * CENTRE).translation
    for fraction in (0.25, 0.5, 0.75):
        middle = (limits.interpolate(start, end, fraction) * CENTRE).translation
        assert np.allclose(middle, a + fraction * (b - a), atol=1e-12)
    assert limits.interpolate(start, end, 1.0) is end


def test_turning_about_the_fingertips_does_not_count_as_translation():
    limits = Limits(RefineSettings(max_step_translation=0.001), CENTRE)
    turned = CENTRE * transform((0, 0, 0), (0, 0.2, 0)) * CENTRE.inv()
    assert limits.clip_step(transform(), turned) is turned


def test_a_clipped_step_keeps_its_direction():
    limits = Limits(RefineSettings(max_step_translation=0.01, max_step_rotation=0.1), CENTRE)
    clipped = limits.clip_step(transform(), CENTRE * transform((0.05, 0, 0), (0, 0.2, 0)) * CENTRE.inv())
    metres, radians = error_between(CENTRE, clipped * CENTRE)
    assert metres == pytest.approx(0.01)
    assert radians == pytest.approx(0.04)


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
    hand, _ = make_hand()
    for time in (100.0, 0.5):
        hand.observe(JointSample(time, {"a": time}))
    assert hand.stamp == 0.5


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


def make_hand(**settings):
    sent = []
    hand = Hand(lambda p, s: sent.append((p, s)), ("a",), {"a": 0.0}, {"a": 1.0}, RefineSettings(**settings))
    return hand, sent


def test_a_closing_hand_that_is_stopped_by_the_object_counts_as_closed():
    hand, sent = make_hand(close_duration=0.5, settled_window=0.1)
    hand.command("closed", 0.0)
    assert sent == [({"a": 1.0}, 0.5)]
    for time in np.arange(0.0, 0.8, 0.01):
        hand.observe(JointSample(time, {"a": min(time, 0.4)}))
        if time < 0.5:
            assert not hand.is_done()
    assert hand.is_done()


def test_an_opening_hand_that_is_stuck_does_not_count_as_open():
    hand, _ = make_hand(open_duration=0.2)
    hand.command("open", 0.0)
    for time in np.arange(0.0, 3.0, 0.01):
        hand.observe(JointSample(time, {"a": 0.5}))
    assert hand.is_at_rest()
    assert not hand.is_done()


def test_noise_of_joint_sensors_does_not_look_like_motion():
    hand, _ = make_hand()
    rng = np.random.default_rng(0)
    for time in np.arange(0.0, 1.0, 0.01):
        hand.observe(JointSample(time, {"a": 0.7 + 0.003 * rng.standard_normal()}))
    assert hand.is_at_rest()


@pytest.mark.parametrize(("positions", "word"), [({}, "lacks a"), ({"a": float("nan")}, "not finite")])
def test_joint_states_that_cannot_be_used_are_explained(positions, word):
    hand, _ = make_hand()
    with pytest.raises(TouchError, match=word):
        hand.observe(JointSample(0.0, positions))


@dataclass(frozen=True)
class Group:
    speed: float = parameter(0.5, "m/s", "how fast", low=0.0, high=1.0)
    count: int = parameter(3, "", "how many", low=1, high=9)
    kind: str = parameter("a", "", "which", choices=("a", "b"))
    on: bool = parameter(True, "", "whether")


def test_a_parameter_table_knows_types_units_and_bounds():
    table = specs(Group)
    assert list(table) == ["speed", "count", "kind", "on"]
    assert table["speed"].kind is float
    assert table["speed"].unit == "m/s"
    assert table["count"].high == 9
    assert build(Group, {"speed": 1, "count": 2}) == Group(speed=1.0, count=2)


@pytest.mark.parametrize(
    "values",
    [
        {"speed": 2.0},
        {"speed": "fast"},
        {"count": 0},
        {"count": 2.5},
        {"count": True},
        {"kind": "c"},
        {"on": 1},
        {"speed": float("nan")},
        {"colour": "red"},
    ],
)
def test_a_bad_parameter_is_named_in_one_sentence(values):
    with pytest.raises(ConfigError, match=next(iter(values))) as caught:
        build(Group, values)
    assert "\n" not in str(caught.value)
