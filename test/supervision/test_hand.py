"""When a hand has closed, opened or come to rest, decided from joint states alone."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.errors import TouchError
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.samples import JointSample


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


def test_a_clock_that_was_set_back_starts_a_new_history():
    hand, _ = make_hand()
    for time in (100.0, 0.5):
        hand.observe(JointSample(time, {"a": time}))
    assert hand.stamp == 0.5


def test_a_slide_whose_whole_way_is_shorter_than_the_tolerance_is_open_only_near_its_open_end():
    hand = Hand(lambda p, s: None, ("slide",), {"slide": 0.0}, {"slide": 0.034}, RefineSettings())
    hand.observe(JointSample(0.0, {"slide": 0.024}))
    assert not hand.is_open()
    hand.observe(JointSample(0.1, {"slide": 0.003}))
    assert hand.is_open()
