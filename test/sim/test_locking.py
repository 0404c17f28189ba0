"""Drives that lock where they come to rest: they hold against a load, up to their rating, until they are told anew."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from tacrefine.geometry import from_coordinates
from tacrefine.hands import load_hand
from tacrefine.hands.description import Drive
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.elastic import ElasticWorld

INDEX, TURNS_BACK = "index_mcp", -0.4
"""a joint, and N m that turn it back: more than its drive closes with, less than it withstands"""


@pytest.fixture(scope="module")
def world() -> ElasticWorld:
    """A hand that has closed on a plate."""
    hand = load_hand()
    world = ElasticWorld(hand, load_objects()["plate_8"], load_plant("nominal_elastic").typical(hand))
    world.reset(from_coordinates(np.zeros(6)) * hand.centre_from_wrist)
    world.close(1.0)
    return world


@pytest.fixture(autouse=True)
def _as_it_was(world):
    state = world.snapshot()
    yield
    world.restore(state)


def push(world: ElasticWorld, torque: float, seconds: float = 0.3) -> float:
    """Load the joint; returns by how much it turned, rad."""
    before = float(world.data.joint(INDEX).qpos[0])
    world.data.joint(INDEX).qfrc_applied = torque
    for _ in range(round(seconds / world.timestep / 5)):
        world.step(5)
    world.data.joint(INDEX).qfrc_applied = 0.0
    return float(world.data.joint(INDEX).qpos[0]) - before


def test_every_drive_locks_once_the_hand_rests_and_no_taxel_notices(world):
    assert world.drives.locked.all()
    before = world.taxel_force()
    world.step(100)
    assert np.abs(world.taxel_force() - before).max() < 1e-3


def test_a_locked_drive_holds_against_more_than_it_closed_with(world):
    assert abs(push(world, TURNS_BACK)) < 0.005


def test_a_drive_that_does_not_lock_is_driven_back(world):
    hand = load_hand()
    soft = hand.description.model_dump()
    for joint in soft["joints"]:
        if joint["drive"] is not None:
            joint["drive"] |= {"self_locking": False, "holding_torque": None}
    other = ElasticWorld(type(hand)(type(hand.description)(**soft)), world.object, world.sample)
    other.reset(from_coordinates(np.zeros(6)) * hand.centre_from_wrist)
    other.close(1.0)
    assert not other.drives.locked.any()
    assert push(other, TURNS_BACK) < -0.02


def test_beyond_its_rating_it_gives_way(world):
    rating = world.hand.driven[world.hand.actuated_joints.index(INDEX)].drive.withstands
    assert push(world, -1.3 * rating) < -0.02


def test_another_target_unlocks_it_and_the_same_one_does_not(world):
    world.set_joint_targets(world.hand.closed_positions)
    assert world.drives.locked.all()
    world.set_joint_targets(world.hand.open_positions)
    assert not world.drives.locked[world.hand.actuated_joints.index(INDEX)]
    for _ in range(200):
        world.step(5)
    assert world.data.joint(INDEX).qpos[0] == pytest.approx(0.0, abs=0.01)


def test_a_snapshot_brings_back_what_was_locked(world):
    state = world.snapshot()
    world.set_joint_targets(world.hand.open_positions)
    world.step(100)
    world.restore(state)
    assert world.drives.locked.all()
    assert abs(push(world, TURNS_BACK)) < 0.005


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"holding_torque": 1.0}, "self_locking"),
        ({"self_locking": True, "holding_torque": 0.1}, "at least torque_limit"),
    ],
)
def test_a_holding_torque_that_means_nothing_is_refused(more, why):
    with pytest.raises(ValidationError, match=why):
        Drive(stiffness=2.0, damping=0.03, torque_limit=0.15, open=0.0, closed=0.9, **more)
