"""Zero, dead taxels, and which taxels look suspicious."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.drivers.taxels import PadLayout, TaxelMonitor, Zero, dead_taxels
from tacrefine.errors import ConfigError, DeviceError

PADS = (PadLayout("tip", 3, 3), PadLayout("pad", 2, 4))
SIZE = 17


def counts(**values: int) -> np.ndarray:
    """All zero but those named t<index>."""
    frame = np.zeros(SIZE, np.float32)
    for name, value in values.items():
        frame[int(name[1:])] = value
    return frame


def watch(frames, at_rest) -> TaxelMonitor:
    monitor = TaxelMonitor(PADS, 4096)
    for frame, rest in zip(frames, at_rest, strict=True):
        monitor.observe(frame, rest)
    return monitor


def test_tare_takes_off_the_mean_of_rest_and_never_goes_below_zero():
    zero = Zero(PADS, 4096)
    zero.take([counts(t4=500), counts(t4=510)])
    assert zero.apply(counts(t4=505, t9=7)).tolist() == counts(t9=7).tolist()
    assert zero.apply(counts(t4=400)).min() == 0
    assert zero.apply(counts(t4=905))[4] == 400


def test_tare_keeps_dead_taxels_dead():
    zero = Zero(PADS, 4096)
    dead = counts()
    dead[3] = np.nan
    zero.take([dead, dead])
    assert np.flatnonzero(np.isnan(zero.apply(dead))).tolist() == [3]


def test_tare_refuses_a_pad_that_is_being_touched_and_keeps_the_old_zero():
    zero = Zero(PADS, 4096)
    zero.take([counts(t4=50)])
    with pytest.raises(DeviceError, match="pad 'pad' changed by 900"):
        zero.take([counts(), counts(t12=900)])
    assert zero.apply(counts(t4=50)).max() == 0


def test_a_taxel_that_stays_up_both_open_and_closed_looks_stuck():
    frames = ([counts(t3=300)] * 6 + [counts(t3=300, t4=900)] * 6) * 2
    monitor = watch(frames, ([True] * 6 + [False] * 6) * 2)
    assert np.flatnonzero(monitor.stuck).tolist() == [3]
    assert monitor.report()["taxels that look stuck"] == "1: tip 3"


@pytest.mark.parametrize("at_rest", [True, False])
def test_neither_an_offset_of_the_open_hand_nor_a_long_grasp_looks_stuck(at_rest):
    monitor = watch([counts(t3=300)] * 200, [at_rest] * 200)
    assert not monitor.stuck.any()


def test_an_offset_that_a_single_grasp_covers_does_not_look_stuck_yet():
    monitor = watch([counts(t3=300)] * 200, [True] * 100 + [False] * 100)
    assert not monitor.stuck.any()


def test_a_taxel_that_comes_back_to_zero_is_no_longer_stuck():
    frames, at_rest = [counts(t3=300)] * 24, ([True] * 6 + [False] * 6) * 2
    assert watch(frames, at_rest).stuck.any()
    assert not watch([*frames, counts()], [*at_rest, True]).stuck.any()


def test_a_taxel_that_feels_nothing_amid_others_that_do_looks_dead_until_it_feels():
    around = counts(t1=9, t3=9, t5=9, t7=9)
    monitor = watch([around] * 20, [False] * 20)
    assert monitor.report()["taxels that look dead"] == "1: tip 4"
    monitor.observe(counts(t4=5), False)
    assert not monitor.dead.any()


def test_nan_counts_as_dead_and_full_scale_as_saturated():
    frame = counts(t2=4095, t10=3900)
    frame[16] = np.nan
    monitor = watch([frame], [False])
    assert np.flatnonzero(monitor.dead).tolist() == [16]
    assert monitor.report()["taxels saturated"] == "1: tip 2"


def test_readings_that_never_change_are_counted_but_not_for_an_untouched_hand():
    monitor = watch([counts(t1=5)] * 6, [False] * 6)
    assert monitor.report()["readings without any change"] == "5"
    assert watch([counts()] * 6, [True] * 6).report()["readings without any change"] == "0"


def test_taxels_are_named_by_pad_and_index():
    assert dead_taxels("tip:8, pad:0", PADS).tolist() == [8, 9]
    assert dead_taxels("", PADS).tolist() == []


@pytest.mark.parametrize("text", ["tip:9", "toe:1", "tip", "tip:-1", "tip:1;pad:2"])
def test_a_taxel_that_is_not_there_is_refused_by_name(text):
    with pytest.raises(ConfigError, match="dead_taxels"):
        dead_taxels(text, PADS)
