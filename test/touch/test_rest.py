"""The one detector of rest, of the live hand and of recordings."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.hand_settings import HandSettings
from tacrefine.supervision.samples import JointSample
from tacrefine.touch import RestDetector

HAND = load_hand()
WINDOW, SPEED = 0.2, 0.05


def fed(positions, period=0.01) -> RestDetector:
    rest = RestDetector(WINDOW, SPEED)
    for number, value in enumerate(positions):
        rest.observe(number * period, np.array([value, 0.3]))
    return rest


def test_joints_that_stand_rest_only_after_the_window():
    assert not fed([0.1] * 15).is_at_rest()
    assert fed([0.1] * 25).is_at_rest()
    assert not RestDetector(WINDOW, SPEED).is_at_rest()


@pytest.mark.parametrize(("speed", "rests"), [(0.02, True), (0.2, False)])
def test_a_joint_that_creeps_rests_and_one_that_moves_does_not(speed, rests):
    assert fed([speed * 0.01 * number for number in range(60)]).is_at_rest() is rests


def test_a_joint_that_swings_about_a_place_does_not_rest():
    assert not fed([0.1 * (-1) ** number for number in range(60)]).is_at_rest()
    assert fed([0.001 * (-1) ** number for number in range(60)]).is_at_rest()


def test_a_clock_that_was_set_back_begins_a_new_window():
    rest = fed([0.1] * 60)
    rest.observe(-10.0, np.array([0.1, 0.3]))
    assert not rest.is_at_rest()
    assert rest.stamp == -10.0


def test_of_two_samples_of_one_moment_the_later_one_counts():
    rest = fed([0.1] * 60)
    rest.observe(rest.stamp, np.array([0.7, 0.3]))
    assert rest.newest is not None
    assert rest.newest[0] == 0.7
    rest.observe(rest.stamp - 0.005, np.array([0.9, 0.3]))
    assert rest.newest[0] == 0.7


def test_live_hand_and_recordings_give_the_same_answers():
    settings = HandSettings()
    live = Hand(lambda positions, seconds: None, HAND.joint_names, {}, {}, settings)
    recorded = RestDetector(settings.settled_window, settings.settled_speed)
    rng = np.random.default_rng(0)
    answers = []
    positions, speed = np.zeros(len(HAND.joint_names)), 0.0
    for tick in range(2000):
        if tick % 60 == 0:
            speed = rng.choice([0.0, 0.0, 0.03, 0.5])
        positions = positions + speed * 0.01 + 0.0005 * rng.standard_normal(len(positions))
        stamp = 0.01 * tick + rng.uniform(0, 0.002)
        live.observe(JointSample(stamp, dict(zip(HAND.joint_names, map(float, positions), strict=True))))
        recorded.observe(stamp, positions.copy())
        answers.append((live.is_at_rest(), recorded.is_at_rest()))
    assert all(a == b for a, b in answers)
    assert 200 < sum(a for a, _ in answers) < 1800
