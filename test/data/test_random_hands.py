"""Hands made at random, to train one policy for any hand."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.data.hand_family import HandFamily
from tacrefine.data.hand_pool import HandPool, HandPoolSettings
from tacrefine.data.random_hands import random_hand
from tacrefine.data.stream import SimulatedGroups
from tacrefine.errors import DataError
from tacrefine.hands import Hand
from tacrefine.objects import load_objects
from tacrefine.objects.pose_groups import GroupSettings
from tacrefine.plants import load_plant

OBJECTS = list(load_objects().values())
COUPLED = HandFamily(own_drives=0.0, sliding=0.0)


def source(hand: Hand) -> SimulatedGroups:
    return SimulatedGroups(hand, OBJECTS, load_plant("training"), GroupSettings(size=4, anchors=2))


def made(seed: int, **changes: float) -> Hand:
    return random_hand(np.random.default_rng(seed), HandFamily().model_copy(update=changes))


def test_the_same_seed_gives_the_same_hand_and_another_one_another() -> None:
    assert made(1).description == made(1).description
    assert made(1).description != made(2).description


def test_hands_differ_in_fingers_joints_pads_and_layouts() -> None:
    hands = [made(seed) for seed in range(40)]
    assert len({len(hand.fingers) for hand in hands}) >= 4
    assert len({len(hand.joints) for hand in hands}) >= 5
    assert len({hand.taxel_count for hand in hands}) >= 20
    assert any(not pad.is_grid for hand in hands for pad in hand.pads)
    assert any(joint.is_prismatic for hand in hands for joint in hand.joints)


def test_most_hands_hold_most_objects() -> None:
    valid = []
    for seed in range(8):
        hand = random_hand(np.random.default_rng(seed), COUPLED)
        valid.append(source(hand).sample(np.random.default_rng(0), 6).valid.mean())
    assert np.median(valid) > 0.7


def test_a_pool_mixes_named_and_random_hands_and_gives_the_same_ones_again() -> None:
    settings = HandPoolSettings(named=("five_finger",), named_share=0.5, random=3, family=COUPLED)
    first, again = (
        [one.hand.name for one in HandPool(settings, source).sample(np.random.default_rng(4), 12)]
        for _ in range(2)
    )
    assert first == again
    assert "five_finger" in first
    assert any(name.startswith("random_") for name in first)


def test_a_family_that_holds_nothing_is_refused_with_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tacrefine.data.hand_pool.MOST_TRIES", 2)
    monkeypatch.setattr("tacrefine.data.hand_pool.LEAST_VALID", 1.1)
    pool = HandPool(HandPoolSettings(random=1, family=COUPLED), source)
    with pytest.raises(DataError, match=r"hands\.family: 2 hands in a row could not hold the objects"):
        pool.random(0)
