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


OPEN = HAND.joint_positions_at(HAND.open_positions)
CLOSED = HAND.joint_positions_at(HAND.closed_positions)


def joints(share):
    return dict(zip(HAND.joint_names, OPEN + share * (CLOSED - OPEN), strict=True))


def counts(level):
    """A press as a skin without noise shows it: whole counts, a bump under the finger."""
    bump = np.zeros(HAND.pads[0].size)
    bump[40:60] = np.rint(level * np.linspace(10, 30, 20)) / 255
    return message(level=0.0, noise=0.0, **dict.fromkeys(NAMES, bump))


def press(liveness, begin, seconds, level, rate=14.0, share=0.6, first=0):
    """Frames of a steady sensor at its own rate; `level` is a function of the time since the beginning."""
    stamps = begin + np.arange(0.0, seconds, 1.0 / rate)
    for number, stamp in enumerate(stamps):
        liveness.observe(float(stamp), counts(level(stamp - begin)), first + number, joints(share))
    return float(stamps[-1]) + 1.0 / rate, first + len(stamps)


@pytest.mark.parametrize("rate", [14.0, 100.0])
def test_a_steady_sensor_whose_frames_repeat_is_not_frozen(liveness, rate):
    now, number = press(liveness, 0.0, 1.0, lambda t: 0.0, rate)
    now, number = press(liveness, now, 3.0, lambda t: 1.0 + 0.4 * t, rate, first=number)  # pressed by and by
    now, number = press(liveness, now, 20.0, lambda t: 2.2, rate, first=number)
    assert not liveness.silent
    assert liveness.is_fresh(now - 5.0), "nothing has to change by itself"
    press(
        liveness, now, 2.0, lambda t: 2.2 + 0.1 * round(np.sin(3 * t)), rate, first=number
    )  # and stirs a little
    assert not liveness.silent


def test_a_slow_press_that_changes_every_frame_is_no_noise(liveness):
    now, number = press(liveness, 0.0, 0.5, lambda t: 0.0, rate=25.0)
    now, number = press(liveness, now, 4.0, lambda t: 0.5 + 2.0 * t, rate=25.0, first=number)
    press(liveness, now, 5.0, lambda t: 8.5, rate=25.0, first=number)
    assert not liveness.silent


def test_a_pad_that_feels_something_and_does_not_change_while_its_finger_moves_is_frozen(liveness):
    now, number = press(liveness, 0.0, 1.0, lambda t: 2.0)
    stuck = counts(2.0)
    for step in range(60):
        moving = [pad for pad in counts(2.0 - 0.03 * step) if pad.name != NAMES[1]]
        share = 0.6 - 0.01 * step
        liveness.observe(now + 0.02 * step, [*moving, stuck[1]], number + step, joints(share))
    assert liveness.silent == {NAMES[1]}
    assert liveness.is_frozen
    liveness.observe(now + 1.3, counts(0.1), number + 60, joints(0.0))
    assert not liveness.silent, "it came back"


def test_frames_that_the_device_does_not_count_on_are_frozen_whatever_their_stamps_say(liveness):
    now, number = press(liveness, 0.0, 1.0, lambda t: 2.0)
    for step in range(20):
        liveness.observe(now + 0.05 * step, counts(2.0), number - 1, joints(0.6))
    assert len(liveness.fingers) == len(HAND.fingers)
    assert not liveness.is_fresh(now)
    liveness.observe(now + 1.0, counts(2.1), number, joints(0.6))
    assert not liveness.silent


def test_a_sequence_number_that_nobody_counts_says_nothing(liveness):
    for step in range(200):
        liveness.observe(0.05 * step, counts(2.0), 0, joints(0.6))
    assert not liveness.silent


def test_a_stream_that_freezes_late_is_not_fresh_and_becomes_frozen_though_no_noise_could_be_learned(
    liveness,
):
    """The hand was never still for long: what a pad has never done, repeat a frame, it must not do now."""
    for step in range(250):
        liveness.observe(0.01 * step, message(level=0.3 * (step // 20 % 2)), step, joints(0.02 * (step % 20)))
    frozen, settled = message(), 2.6
    liveness.observe(2.55, frozen, 250, joints(0.6))
    for step in range(10):
        liveness.observe(settled + 0.01 * step, frozen, 251 + step, joints(0.6))
    assert not liveness.is_fresh(settled)
    for step in range(10, 80):
        liveness.observe(settled + 0.01 * step, frozen, 251 + step, joints(0.6))
    assert len(liveness.fingers) == len(HAND.fingers)


def test_before_anything_is_known_of_a_pad_a_reading_that_counts_must_differ_from_the_ones_before(liveness):
    feed(liveness, 0.0, 0.1, message)
    frozen = message()
    liveness.observe(0.1, frozen)
    liveness.observe(0.2, frozen)
    assert not liveness.is_fresh(0.15)


def test_a_press_that_was_steady_from_the_first_frame_on_is_not_frozen(liveness):
    press(liveness, 0.0, 20.0, lambda t: 2.2)
    assert not liveness.silent


def test_a_noisy_pad_that_stands_still_is_frozen_without_any_motion(liveness):
    now = feed(liveness, 0.0, 1.0, message)
    still = message()
    for step in range(70):
        liveness.observe(now + 0.01 * step, still, step, joints(0.6))
    assert len(liveness.fingers) == len(HAND.fingers)


def test_noise_under_load_alone_does_not_make_a_quiet_untouched_pad_frozen(liveness):
    now = feed(liveness, 0.0, 1.0, message)
    feed(liveness, now, 3.0, lambda: message(level=0.0, noise=0.0))
    assert not liveness.silent


def test_a_target_without_silent_pads_shows_zeros_there_and_nothing_else_changes():
    tactile = np.ones(HAND.taxel_count, np.float32)
    blank = without_pads(HAND, tactile, frozenset({NAMES[0]}))
    assert not blank[HAND.pad_slices[0]].any()
    assert blank.sum() == HAND.taxel_count - HAND.pads[0].size
