"""The zero of the pads: learned from the open hand at rest, told, corrected, refused where it is too far off."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.errors import TouchError
from tacrefine.hands import load_hand
from tacrefine.touch import PadReading, TouchSettings, TouchStream
from tacrefine.touch.posture import Posture
from tacrefine.touch.zero import ZeroLevel

HAND = load_hand()
OPEN = HAND.joint_positions_at(HAND.open_positions)
CLOSED = HAND.joint_positions_at(HAND.closed_positions)
RNG = np.random.default_rng(0)


def level(offset=0.0, noise=0.0, clip=True) -> np.ndarray:
    """Readings (T,) of an untouched hand."""
    values = offset + noise * RNG.standard_normal(HAND.taxel_count)
    return np.asarray(np.maximum(values, 0.0) if clip else values, np.float32)


def zero_of(make, limit=0.05, readings=60, idle=True) -> ZeroLevel:
    zero = ZeroLevel(HAND, limit)
    for number in range(readings):
        zero.observe(0.01 * number, make(), idle)
    return zero


def pads(values) -> list[PadReading]:
    return [
        PadReading(pad.name, pad.rows, pad.cols, 1, np.asarray(values[part], np.float32))
        for pad, part in zip(HAND.pads, HAND.pad_slices, strict=True)
    ]


def test_the_drift_of_each_pad_is_learned_and_taken_off():
    offset = np.zeros(HAND.taxel_count, np.float32)
    offset[HAND.pad_slices[2]] = 0.02 + 0.004 * RNG.standard_normal(HAND.pads[2].size)
    zero = zero_of(lambda: level(offset, 0.003))
    assert zero.drift["middle_tip"] == pytest.approx(0.02, abs=0.001)
    assert abs(zero.drift["index_tip"]) < 0.005
    assert zero.largest[0] == zero.farthest[0] == "middle_tip"
    pressed = level(offset + 0.3)
    corrected = zero.corrected(pressed)
    assert corrected[HAND.pad_slices[2]] == pytest.approx(0.3, abs=0.004)
    assert np.array_equal(corrected[HAND.pad_slices[1]], pressed[HAND.pad_slices[1]]), "others are left alone"


def test_a_zero_below_zero_is_corrected_too():
    zero = zero_of(lambda: level(-0.02, 0.003, clip=False))
    assert zero.corrected(level(0.28)) == pytest.approx(0.3, abs=0.003)


def test_noise_that_is_clipped_at_zero_is_no_drift():
    zero = zero_of(lambda: level(0.0, 0.02))
    readings = level(0.3)
    assert abs(zero.largest[1]) < 0.005
    assert zero.corrected(readings) is readings


def test_an_open_hand_that_touches_something_with_a_few_taxels_has_no_drift():
    touched = np.zeros(HAND.taxel_count, np.float32)
    touched[HAND.pad_slices[1]][:12] = 0.6
    zero = zero_of(lambda: level(touched))
    assert zero.drift["index_tip"] == 0.0
    assert zero.corrected(touched) is touched


def test_a_closed_or_moving_hand_teaches_nothing():
    assert zero_of(lambda: level(0.03), idle=False).drift == {}
    zero = ZeroLevel(HAND, 0.05)
    for number in range(200):
        zero.observe(0.01 * number, level(0.03), is_idle=number % 6 != 0)
    assert zero.drift == {}, "every stretch is too short"


def test_a_zero_that_is_too_far_off_is_refused_with_pad_amount_and_limit():
    zero = zero_of(lambda: level(0.08))
    with pytest.raises(
        TouchError, match=r"pad '.*_tip' has drifted by 8\.0% .*allowed are 5\.0% \(drift_limit\)"
    ):
        zero.corrected(level(0.4))


def test_a_zero_that_drifts_on_is_learned_again_at_every_opening():
    zero = ZeroLevel(HAND, 0.05)
    for stretch, offset in enumerate((0.01, 0.03)):
        for number in range(30):
            zero.observe(stretch + 0.01 * number, level(offset), True)
        zero.observe(stretch + 0.5, level(0.5), False)
        assert zero.largest[1] == pytest.approx(offset, abs=1e-6)


@pytest.mark.parametrize(("share", "is_open"), [(0.0, True), (0.05, True), (0.2, False), (1.0, False)])
def test_fingers_are_closed_once_they_have_left_the_open_posture(share, is_open):
    posture = Posture(HAND)
    joints = OPEN + share * (CLOSED - OPEN)
    assert posture.is_open(joints) is is_open
    assert posture.closed(joints).all() != is_open
    joints[HAND.joint_names.index("index_mcp")] = CLOSED[HAND.joint_names.index("index_mcp")]
    assert not posture.is_open(joints)
    assert posture.closed(joints)[1]


@pytest.mark.parametrize("rezero", [True, False])
def test_a_stream_corrects_readings_only_if_it_is_asked_to(rezero):
    stream = TouchStream(HAND, TouchSettings(rezero=rezero))
    values = np.full(HAND.taxel_count, 0.02)
    for number in range(80):
        stream.observe_joints(0.01 * number, HAND.joint_names, OPEN)
        stream.frame(0.01 * number + 0.001, pads(values))
    assert stream.zero.largest[1] == pytest.approx(0.02, abs=1e-6)
    for number in range(80, 90):
        stream.observe_joints(0.01 * number, HAND.joint_names, CLOSED)
    frame = stream.frame(0.9, pads(values + 0.3))
    assert frame.tactile == pytest.approx(0.3 if rezero else 0.32, abs=1e-6)


def test_readings_that_were_clipped_are_counted():
    stream = TouchStream(HAND, TouchSettings())
    values = np.full(HAND.taxel_count, 0.1)
    values[:7] = -0.02
    stream.observe_joints(0.0, HAND.joint_names, OPEN)
    for number in range(3):
        stream.frame(0.01 * number, pads(values))
    assert stream.clipped == 21
    assert stream.lowest == pytest.approx(-0.02)
