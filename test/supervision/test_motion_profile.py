"""Moves from rest to rest within limits on speed, acceleration and jerk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacrefine.geometry import transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.motion_profile import MotionProfile

LIMIT = st.floats(1e-2, 1e4)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(LIMIT, LIMIT, LIMIT)
def test_a_move_starts_and_ends_at_rest_and_keeps_all_three_limits(speed, acceleration, jerk):
    profile = MotionProfile.fastest(speed, acceleration, jerk)
    times = np.linspace(0.0, profile.duration, 4001)
    way = np.array([profile.fraction(float(t)) for t in times])
    assert way[0] == 0.0
    assert way[-1] == 1.0
    step = times[1]
    v = np.diff(way) / step
    a = np.diff(v) / step
    j = np.diff(a) / step
    assert v.min() >= -1e-6 * speed
    assert v.max() <= speed * (1 + 1e-6)
    assert v[0] <= acceleration * step
    assert v[-1] <= acceleration * step
    assert np.abs(a).max() <= acceleration * (1 + 1e-3) + 1e-9 / step**2
    assert np.abs(j).max() <= jerk * (1 + 1e-2) + 1e-9 / step**3


@settings(max_examples=50, deadline=None, derandomize=True)
@given(LIMIT, LIMIT, LIMIT)
def test_no_move_could_be_faster_in_all_its_limits(speed, acceleration, jerk):
    """One of the limits is reached in the middle: halving the time would break it."""
    profile = MotionProfile.fastest(speed, acceleration, jerk)
    reached = max(profile.speed / speed, profile.acceleration / acceleration, profile.jerk / jerk)
    assert reached == pytest.approx(1.0)
    assert profile.duration >= 1.0 / speed


def test_a_way_of_no_length_takes_no_time():
    profile = MotionProfile.fastest(math.inf, math.inf, math.inf)
    assert profile.duration == 0.0
    assert profile.fraction(0.0) == 1.0


def test_known_values():
    """Speed 0.03 m/s over 9 mm with 0.5 m/s^2 and 10 m/s^3: L / v + v / a + a / j."""
    limits = Limits(RefineSettings(), transform((0, 0, -0.1)))
    profile = limits.profile(transform(), transform((0.009, 0, 0)))
    assert profile.duration == pytest.approx(0.009 / 0.03 + 0.03 / 0.5 + 0.5 / 10.0)
    assert profile.fraction(profile.duration / 2) == pytest.approx(0.5)


def test_turning_counts_with_its_own_limits():
    settings_ = RefineSettings(angular_acceleration=0.5, angular_jerk=5.0)
    limits = Limits(settings_, transform())
    profile = limits.profile(transform(), transform((0.0003, 0, 0), (0, 0, 0.3)))
    assert profile.duration == pytest.approx(0.3 / 0.3 + 0.3 / 0.5 + 0.5 / 5.0)
