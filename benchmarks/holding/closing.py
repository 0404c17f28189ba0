"""How an object moves while the hand closes on it, and whether the hand can lift it then."""

from __future__ import annotations

from typing import Any

import numpy as np

from holding.hand import run
from tacrefine.geometry import error_between, from_coordinates, transform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.sim.elastic import ElasticWorld
from tacrefine.sim.world import load_cell

CELLS = ("rigid_nest", "soft_nest", "table")
LIFT, LIFTING_S, HOLDING_S = 0.05, 1.5, 1.0
MOST_SLIP_MM, MOST_SLIP_DEG = 5.0, 10.0


def close_and_lift(hand: Hand, obj: GraspObject, plant: str, cell: str) -> dict[str, Any]:
    """One closing as a record; motions of the object in mm and deg, while lifting in the hand's frame."""
    world = ElasticWorld(hand, obj, load_plant(plant).typical(hand), load_cell(cell))
    start = from_coordinates(np.zeros(6)) * hand.centre_from_wrist
    world.reset(start)
    assert world.workpiece is not None
    before = world.workpiece.pose()
    world.close(hand.closing_time)
    closed = world.workpiece.pose()
    closing = error_between(before, closed)
    force = world.taxel_force()
    world.workpiece.release()
    steps = round(LIFTING_S / world.timestep / 5)
    for i in range(steps):
        share = (1.0 - np.cos(np.pi * (i + 1) / steps)) / 2
        world.set_wrist(transform((0.0, 0.0, LIFT * share)) * start)
        world.step(5)
    run(world, HOLDING_S)
    slip = error_between(closed, transform((0.0, 0.0, -LIFT)) * world.workpiece.pose())
    slip_mm, slip_deg = float(slip[0]) * 1e3, float(np.degrees(slip[1]))
    return {
        "cell": cell,
        "object": obj.name,
        "fingers": int(hand.fingers_in_contact(force).sum()),
        "closing_mm": float(closing[0]) * 1e3,
        "closing_deg": float(np.degrees(closing[1])),
        "slip_mm": slip_mm,
        "slip_deg": slip_deg,
        "lifted": slip_mm < MOST_SLIP_MM and slip_deg < MOST_SLIP_DEG,
    }
