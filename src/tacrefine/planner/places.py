"""What a planner knows of its cell: where nest and slots are, and how the part sits in the grasp that was shown once.

Poses are in the arm's base frame. The planner never sees where the part truly is. It takes for granted that the hand
holds it as it was shown, so that an error of the grasp becomes the same error in the slot, unless touch corrects it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import transform
from tacrefine.objects import GraspObject
from tacrefine.refine.held_object import compensated
from tacrefine.sim.world import Cell

SEATED_SHARE = 0.75
"""of a slot's depth that all lower corners must have reached"""
OUTSIDE_M = 0.0005
"""what contacts may give, when a corner is asked whether it lies between the walls"""


@dataclass(frozen=True)
class KnownCell:
    """Nest and slots are surveyed. `shown` is the wrist pose in the part's frame in the grasp that was shown."""

    cell: Cell
    obj: GraspObject
    nest: RigidTransform
    shown: RigidTransform

    def seat(self, slot: str) -> RigidTransform:
        """Pose of the seated part."""
        return self.nest * self.cell.slots[slot].pose

    def wrist_for(
        self, slot: str, height: float, compensation: RigidTransform | None = None
    ) -> RigidTransform:
        """Where the wrist has to be so that the part stands `height` m above its seat.

        The part is held as shown, or as touch says that it is held: `compensation` of `refine_grasp`.
        """
        planned = self.seat(slot) * transform((0.0, 0.0, height)) * self.shown
        return planned if compensation is None else compensated(planned, compensation)

    def raised(self, wrist: RigidTransform, height: float) -> RigidTransform:
        """A wrist pose, higher by that many m."""
        up = self.nest.rotation.apply([0.0, 0.0, height])
        return RigidTransform.from_components(wrist.translation + up, wrist.rotation)


def corners_in_slot(known: KnownCell, slot: str, truth: RigidTransform) -> NDArray[np.float64]:
    """The part's four lower corners ``(4, 3)`` m in the frame of its seat; `truth` is its pose in the base frame."""
    low, high = np.array(known.obj.shape.bounds)
    corners = np.array([[x, y, low[2]] for x in (low[0], high[0]) for y in (low[1], high[1])])
    return known.seat(slot).inv().apply(truth.apply(corners))


def is_inserted(known: KnownCell, slot: str, truth: RigidTransform) -> tuple[bool, float]:
    """Whether all lower corners lie between the walls and deep enough, and how deep the highest one is, in m."""
    corners = corners_in_slot(known, slot, truth)
    low, high = np.array(known.obj.shape.bounds)
    described = known.cell.slots[slot]
    depth = float(low[2] + described.depth - corners[:, 2].max())
    half = described.width_for(float(high[0] - low[0])) / 2 + OUTSIDE_M
    between = bool((np.abs(corners[:, 0] - (high[0] + low[0]) / 2) <= half).all())
    return between and depth >= SEATED_SHARE * described.depth, depth
