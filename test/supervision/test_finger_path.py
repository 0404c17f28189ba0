"""Fingers that are led from posture to posture."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.supervision.finger_path import FingerPath


def test_fingers_start_and_end_at_rest_and_never_run_back():
    path = FingerPath({"a": 0.0, "b": 1.0, "other": 5.0}, {"a": 0.9, "b": 0.2}, 2.0, 10.0)
    times = np.linspace(10.0, 12.0, 201)
    values = np.array([[path.at(t)["a"], path.at(t)["b"]] for t in times])
    assert values[0] == pytest.approx([0.0, 1.0])
    assert values[-1] == pytest.approx([0.9, 0.2])
    speed = np.diff(values, axis=0) / 0.01
    assert (speed[:, 0] >= 0.0).all()
    assert (speed[:, 1] <= 0.0).all()
    assert np.abs(speed).max() == pytest.approx(1.5 * 0.45, rel=0.01)
    assert np.abs(speed[[0, -1]]).max() < 0.02
    assert not path.is_done(11.9)
    assert path.is_done(12.0)
    assert path.at(0.0) == path.at(10.0)


def test_a_joint_that_was_never_measured_goes_to_its_end_at_once():
    assert FingerPath({}, {"a": 0.9}, 1.0, 0.0).at(0.0) == {"a": 0.9}
    assert FingerPath({"a": 0.1}, {"a": 0.9}, 0.0, 0.0).at(0.0) == {"a": 0.9}
