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
from tacrefine.hands.pad_poses import PadPoses
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


def open_and_closed(hand: Hand) -> np.ndarray:
    """Poses of the pads of the open and of the closed hand, ``(2, P, 4, 4)``."""
    both = [hand.joint_positions_at(drives) for drives in (hand.open_positions, hand.closed_positions)]
    return PadPoses(hand)(np.stack(both))


def test_jaws_on_one_drive_close_alike_and_those_on_a_linkage_stay_parallel() -> None:
    gripper = {"grippers": 1.0, "one_drive": 1.0, "sliding": 0.0}
    parallel = 0
    for hand in (made(seed, **gripper) for seed in range(6)):
        assert len(hand.actuated_joints) == 1
        poses = open_and_closed(hand)
        middles = poses[:, :2, :3, 3]
        way = middles[1] - middles[0]
        if len(hand.joints) == 4:
            parallel += 1
            np.testing.assert_allclose(poses[0, :2, :3, :3], poses[1, :2, :3, :3], atol=1e-9)
        assert way[0, 0] < -0.02 < 0.02 < way[1, 0], "the thumb's pad faces -x"
    assert 0 < parallel < 6


def test_every_joint_of_a_hand_with_own_drives_is_driven_and_its_fingers_close() -> None:
    for seed in range(6):
        hand = made(seed, grippers=0.0, own_drives=1.0)
        assert len(hand.actuated_joints) == len(hand.joints)
        poses = open_and_closed(hand)
        ways = poses[1, :, 0, 3] - poses[0, :, 0, 3]
        for pad, way in zip(hand.pads, ways, strict=True):
            if pad.name.endswith("_pad"):
                assert (-way if pad.finger == "thumb" else way) > 0.015, (seed, pad.name)


@pytest.mark.parametrize("kind", ["coupled", "own drives", "grippers"])
def test_most_hands_hold_most_objects(kind: str) -> None:
    family = HandFamily(grippers=float(kind == "grippers"), own_drives=float(kind == "own drives"))
    valid = []
    for seed in range(6):
        hand = random_hand(np.random.default_rng(seed), family)
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
