"""Limits of one move and of a whole goal, measured at the grasp centre."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.geometry import error_between, transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.limits import Limits

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
