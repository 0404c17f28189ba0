"""The parallel gripper lifts a box and holds it."""

from __future__ import annotations

from typing import Any

import numpy as np

from holding.judging import record_of
from tacrefine.gripper import GripperPose
from tacrefine.objects.free_objects import Part, RegraspObject
from tacrefine.sim.gripper.mechanics import Gripper
from tacrefine.sim.scene import GRAVITY

HALF = (0.03, 0.02, 0.03)
"""m, of the box; the pads press on y"""
LIFT = 0.1


def hold_with_gripper(mass: float, force: float, friction: float, seconds: float) -> dict[str, Any]:
    """One case as a record. The box is gripped at its middle, so that the law is 2 mu F against m g."""
    item = RegraspObject(name="box", mass=mass, friction=friction, parts=(Part(kind="box", size=HALF),))
    gripper = Gripper(item)
    gripper.place(0.0, 0.0, 0.0)
    at = GripperPose(0.0, 0.0, HALF[2], 0.0)
    gripper.teleport(at)
    gripper.command(force=force)
    gripper.step(1.5)
    law = "yes" if 2 * friction * force >= 1.2 * mass * GRAVITY else "no"
    if law == "no" and 2 * friction * force > 0.8 * mass * GRAVITY:
        law = "open"
    before = gripper.object_position[2] - gripper.pose.z
    gripper.command(at._replace(z=at.z + LIFT))
    gripper.step(2.0)
    rest = gripper.object_position - [0.0, 0.0, gripper.pose.z]
    turned = _turn(gripper)
    gripper.step(seconds)
    now = gripper.object_position - [0.0, 0.0, gripper.pose.z]
    case = {"by": "gripper", "object": f"box, {force:g} N", "mass": mass, "friction": friction, "aside": 0.0}
    return record_of(
        case,
        law,
        float(abs(rest[2] - before)) * 1e3,
        0.0,
        float(np.linalg.norm(now - rest)) * 1e3,
        float(np.degrees(np.abs(_turn(gripper) - turned))),
    )


def _turn(gripper: Gripper) -> float:
    """Angle of the box from where it was placed, rad."""
    w = float(gripper.data.body("object").xquat[0])
    return 2 * float(np.arccos(min(1.0, abs(w))))
