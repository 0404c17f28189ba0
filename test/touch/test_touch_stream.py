"""Which joint state belongs to which tactile reading: the same one, however the two topics arrive."""

import numpy as np
import pytest

from tacrefine.errors import TouchError
from tacrefine.hands import load_hand
from tacrefine.touch import PadReading, TouchSettings, TouchStream

HAND = load_hand()


def pads():
    return [PadReading(pad.name, pad.rows, pad.cols, 1, np.zeros(pad.size, np.float32)) for pad in HAND.pads]


def feed(stream, stamp, value=None):
    value = stamp if value is None else value
    stream.observe_joints(stamp, HAND.joint_names, [value] * len(HAND.joint_names))


def joint_of(stream, stamp):
    return float(stream.frame(stamp, pads()).joints[0])


def test_a_joint_state_of_the_same_moment_changes_nothing_whether_it_comes_before_or_after():
    early, late = TouchStream(HAND, TouchSettings()), TouchStream(HAND, TouchSettings())
    feed(early, 1.0)
    feed(early, 1.25)
    feed(late, 1.0)
    assert joint_of(early, 1.0625) == joint_of(late, 1.0625) == 1.0


def test_of_several_joint_states_before_a_reading_the_newest_counts():
    stream = TouchStream(HAND, TouchSettings())
    for stamp in (1.0, 1.5, 1.75, 2.0):
        feed(stream, stamp)
    assert joint_of(stream, 1.76) == 1.75


def test_a_slow_joint_state_of_the_same_moment_is_better_than_none():
    stream = TouchStream(HAND, TouchSettings())
    feed(stream, 1.0)
    feed(stream, 2.0)
    assert joint_of(stream, 2.0) == 2.0


@pytest.mark.parametrize("stamps", [(), (1.0,), (3.0,)])
def test_without_joints_of_its_time_a_reading_is_refused(stamps):
    stream = TouchStream(HAND, TouchSettings())
    for stamp in stamps:
        feed(stream, stamp)
    with pytest.raises(TouchError, match="joint_state"):
        stream.frame(2.0, pads())


def test_joint_states_of_an_arm_on_the_same_topic_are_passed_over():
    stream = TouchStream(HAND, TouchSettings())
    feed(stream, 1.0)
    stream.observe_joints(1.01, ["elbow"], [0.5])
    assert joint_of(stream, 1.02) == 1.0


def test_a_clock_that_was_set_back_does_not_bring_old_joints_with_it():
    stream = TouchStream(HAND, TouchSettings())
    feed(stream, 100.0)
    feed(stream, 5.0)
    assert joint_of(stream, 5.05) == 5.0
    with pytest.raises(TouchError):
        stream.frame(100.05, pads())
