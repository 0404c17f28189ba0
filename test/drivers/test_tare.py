"""Zero readings: enough of them, and only of a hand and pads that are at rest."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.drivers.tare import REST_S, TareReadings
from tacrefine.drivers.taxels import PadLayout, Zero
from tacrefine.errors import DeviceError

PADS = (PadLayout("tip", 2, 2),)


def zero() -> Zero:
    return Zero(PADS, 1000.0)


def collect(wanted: int, joint_speed: float = 0.0, counts_speed: float = 0.0, noise: float = 0.0):
    """Readings 100 times a second of two joints that move at a speed (rad/s) and pads that change (counts/s)."""
    rng = np.random.default_rng(0)
    readings, number = TareReadings(wanted), 0
    while not readings.is_over:
        time = 50.0 + number / 100.0
        joints = np.array([0.1, 0.2 + joint_speed * number / 100.0]) + noise * rng.standard_normal(2)
        readings.add(time, np.full(4, 20.0 + counts_speed * number / 100.0, np.float32), joints)
        number += 1
    return readings


def test_the_mean_of_a_hand_at_rest_becomes_the_zero() -> None:
    level = zero()
    collect(20, noise=0.002).take(level)
    assert level.counts is not None
    assert level.counts.tolist() == [20.0] * 4


def test_a_hand_that_moves_slowly_is_no_zero() -> None:
    level = zero()
    with pytest.raises(DeviceError, match="a joint moved by"):
        collect(20, joint_speed=0.7).take(level)
    assert level.counts is None


def test_one_reading_does_not_tell_rest_so_a_stretch_of_them_is_taken() -> None:
    readings = collect(1, joint_speed=0.7)
    assert len(readings) >= REST_S * 100
    with pytest.raises(DeviceError, match="stands still"):
        readings.take(zero())


def test_pads_that_change_are_no_zero() -> None:
    with pytest.raises(DeviceError, match="pad 'tip' changed"):
        collect(20, counts_speed=1000.0).take(zero())


def test_a_reading_that_is_no_zero_ends_the_wait_with_its_reason() -> None:
    readings = TareReadings(20)
    readings.add(1.0, np.zeros(4, np.float32), None, "a finger is not open")
    assert readings.is_over
    with pytest.raises(DeviceError, match="tare: a finger is not open"):
        readings.take(zero())
