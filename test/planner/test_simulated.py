"""One whole try with the real loop, the real policy and simulated physics, in this process."""

from __future__ import annotations

import numpy as np
import pytest
from py_trees.common import Status

from tacrefine.geometry import from_coordinates, to_coordinates
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.planner.places import KnownCell, is_inserted
from tacrefine.planner.simulated import SimulatedStack
from tacrefine.planner.trees import Planner, Way, failed_leaf
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.sim.robot import BASE_FROM_OBJECT
from tacrefine.sim.world import load_cell

TARGET = np.array([0.0, 0.0, 0.0012, 0.055, 0.007, 0.0])
SEEN = np.array([0.0, 0.0018, -0.003, 0.15, 0.11, 0.0])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_refined_plate_is_held_as_shown_carried_without_slipping_and_goes_in_with_two_millimetres():
    hand, obj, cell = load_hand(), load_objects()["plate_8"], load_cell("slots")
    stack = SimulatedStack(
        hand, obj, load_plant("nominal_elastic"), cell, load_policy("five_finger", hand), seed=1
    )
    shown = stack.show(TARGET)
    held = from_coordinates(stack.coordinates)
    known = KnownCell(cell, obj, BASE_FROM_OBJECT, shown.wrist)
    planner = Planner(stack, hand, known)

    def off() -> np.ndarray:
        """Degrees of roll, pitch and yaw from the grasp that was shown."""
        return np.degrees(to_coordinates(held.inv() * from_coordinates(stack.coordinates))[3:])

    stack.begin([SEEN])
    tree = planner.hold(Way.IN_PLACE)
    assert stack.run(tree) is Status.SUCCESS, failed_leaf(tree)
    assert stack.last is not None
    assert stack.last.code == 0, stack.last.message
    assert np.abs(off()).max() < 1.0
    grasped = off()
    assert stack.run(planner.carry("2")) is Status.SUCCESS
    assert np.abs(off() - grasped).max() < 1.0, "friction holds it while it is carried"
    tree = planner.insert("2", lambda: is_inserted(known, "2", stack.object_pose)[0])
    assert stack.run(tree) is Status.SUCCESS, failed_leaf(tree)
