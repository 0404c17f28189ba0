"""Which fingers press on while a nest opens."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.planner.grip import tightened


def test_the_fingers_that_oppose_the_thumb_press_on_and_the_thumb_stays_locked():
    hand = load_hand("five_finger")
    firmly = tightened(hand)
    assert set(firmly) == {"index_mcp", "middle_mcp", "ring_mcp", "little_mcp"}
    closed = dict(zip(hand.actuated_joints, hand.closed_positions, strict=True))
    assert all(closed[name] < position <= 1.6 for name, position in firmly.items())
    assert np.ptp(list(firmly.values())) == 0.0


@pytest.mark.parametrize("hand", ["parallel_gel", "robotiq_2f85_tsf85"])
def test_one_drive_for_both_jaws_presses_evenly_already(hand):
    assert tightened(load_hand(hand)) == {}
