"""The posture that a fit starts from: fingers beside each other, links and palm on the wrist's side of the object."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.sim.hand_setup.posture import PadKinematics, find_postures


@pytest.fixture(scope="module")
def hand():
    return load_hand("leap_grid")


def test_fingers_neither_cross_nor_overlap_and_nothing_but_pads_reaches_into_the_object(hand):
    posture = find_postures(hand, 1, starts=6)[0]
    pads = PadKinematics(hand)
    frames, joints = pads.frames_and_joints((posture.open + posture.closed) / 2)
    into = posture.centre.inv()
    across = into.apply(frames[:, :3, 3])[1:, 1]
    roots = into.apply(pads.roots)
    order = np.argsort(roots[1:, 1])
    gaps = np.diff(across[order])
    assert (gaps > 0.011).all(), gaps  # pads of 12 mm
    assert into.apply(joints)[:, 2].min() > 0.0
    assert roots[:, 2].min() > 0.02


def test_rates_of_the_pads_are_those_of_the_kinematics(hand):
    pads = PadKinematics(hand)
    at = np.array([sum(joint.limits) / 2 for joint in hand.driven])
    moves, turns = pads.rates(at)
    step = np.zeros(len(at))
    step[3] = 1e-4
    before, after = pads.frames(at - step), pads.frames(at + step)
    assert moves[..., 3] == pytest.approx((after[:, :3, 3] - before[:, :3, 3]) / 2e-4, abs=1e-4)
    # A revolute joint turns what it carries by itself, and nothing else.
    assert sorted(np.linalg.norm(turns[..., 3], axis=1).round(3)) == [0.0, 0.0, 0.0, 1.0]


def test_many_postures_at_once_are_those_of_each_alone(hand):
    pads = PadKinematics(hand)
    many = np.random.default_rng(0).uniform(-0.5, 0.5, (5, len(hand.actuated_joints)))
    together = pads.frames(many)
    for one, frames in zip(many, together, strict=True):
        assert pads.frames(one) == pytest.approx(frames)
