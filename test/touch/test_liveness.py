"""Readings that live and readings that only arrive."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.touch import Liveness, PadReading, without_pads
from tacrefine.touch.frame import NORMALIZED

HAND = load_hand()
NAMES = [pad.name for pad in HAND.pads]
RNG = np.random.default_rng(0)


def message(level=0.3, noise=0.01, **changes) -> list[PadReading]:
    """All pads at a level with noise; `changes` replaces the readings of single pads."""
    pads = []
    for pad in HAND.pads:
        data = np.maximum(level + noise * RNG.standard_normal(pad.size), 0.0)
        data = np.asarray(changes.get(pad.name, data), np.float32)
        pads.append(PadReading(pad.name, pad.rows, pad.cols, NORMALIZED, data))
    return pads


def feed(liveness: Liveness, begin: float, seconds: float, make) -> float:
    for stamp in np.arange(begin, begin + seconds, 0.01):
        liveness.observe(float(stamp), make())
    return begin + seconds


@pytest.fixture
def liveness() -> Liveness:
    return Liveness(HAND, 0.5)


def test_pads_that_vary_live(liveness):
    feed(liveness, 0.0, 3.0, message)
    assert not liveness.silent
    assert liveness.is_fresh(2.9)


def test_one_pad_that_stands_still_while_it_feels_something_is_silent_after_the_timeout(liveness):
    now = feed(liveness, 0.0, 1.0, message)
    still = np.full(HAND.pads[1].size, 0.4, np.float32)
    now = feed(liveness, now, 0.45, lambda: message(**{NAMES[1]: still}))
    assert not liveness.silent
    assert not liveness.is_fresh(now - 0.3)
    feed(liveness, now, 0.2, lambda: message(**{NAMES[1]: still}))
    assert liveness.silent == {NAMES[1]}
    assert liveness.fingers == (HAND.pads[1].finger,)
    assert liveness.is_frozen
    assert liveness.is_fresh(now)  # the others are


def test_a_frozen_stream_silences_every_finger(liveness):
    now = feed(liveness, 0.0, 1.0, message)
    frozen = message()
    feed(liveness, now, 0.7, lambda: frozen)
    assert len(liveness.fingers) == len(HAND.fingers)


def test_an_untouched_pad_without_noise_may_show_zeros_for_ever(liveness):
    feed(liveness, 0.0, 5.0, lambda: message(level=0.0, noise=0.0))
    assert not liveness.silent
    assert liveness.is_fresh(4.0)


def test_a_pad_that_was_noisy_at_rest_is_silent_when_it_shows_zeros(liveness):
    now = feed(liveness, 0.0, 1.0, lambda: message(level=0.0))
    feed(liveness, now, 0.7, lambda: message(level=0.0, **{NAMES[0]: np.zeros(HAND.pads[0].size)}))
    assert liveness.silent == {NAMES[0]}


@pytest.mark.parametrize("data", [np.zeros(0), np.full(HAND.pads[2].size, np.nan)])
def test_a_pad_without_readings_is_silent_at_once_and_comes_back(liveness, data):
    now = feed(liveness, 0.0, 0.5, message)
    liveness.observe(now, message(**{NAMES[2]: data}))
    assert liveness.silent == {NAMES[2]}
    assert liveness.since == now
    assert not liveness.is_frozen
    usable = {pad.name: pad for pad in liveness.usable(message(**{NAMES[2]: data}))}
    assert len(usable) == len(NAMES)
    assert not usable[NAMES[2]].data.any()
    liveness.observe(now + 0.01, message())
    assert not liveness.silent


def test_a_few_dead_taxels_do_not_silence_a_pad(liveness):
    some = np.full(HAND.pads[2].size, 0.3)
    some[:20] = np.nan
    liveness.observe(0.0, message(**{NAMES[2]: some}))
    assert not liveness.silent


def test_a_timeout_of_zero_never_looks(liveness):
    liveness = Liveness(HAND, 0.0)
    frozen = message()
    feed(liveness, 0.0, 5.0, lambda: frozen)
    assert not liveness.silent
    assert liveness.is_fresh(10.0)


def test_a_clock_that_was_set_back_silences_nobody(liveness):
    feed(liveness, 100.0, 1.0, message)
    feed(liveness, 5.0, 0.3, message)
    assert not liveness.silent


def test_a_finger_that_was_silent_before_the_clock_was_set_back_makes_no_later_reading_old(liveness):
    now = feed(liveness, 300.0, 0.5, message)
    liveness.observe(now, message(**{NAMES[2]: np.zeros(0)}))
    feed(liveness, now + 0.01, 0.5, message)
    feed(liveness, 0.0, 0.3, message)  # a simulation that was started anew
    assert not liveness.silent
    assert liveness.since <= 0.0


def test_a_target_without_silent_pads_shows_zeros_there_and_nothing_else_changes():
    tactile = np.ones(HAND.taxel_count, np.float32)
    blank = without_pads(HAND, tactile, frozenset({NAMES[0]}))
    assert not blank[HAND.pad_slices[0]].any()
    assert blank.sum() == HAND.taxel_count - HAND.pads[0].size
