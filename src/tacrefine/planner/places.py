"""What a planner knows of its cell: where nest, slots and holes are, and how the part sits in the grasp that was shown.

Poses are in the arm's base frame. The planner never sees where the part truly is. It takes for granted that the hand
holds it as it was shown, so that an error of the grasp becomes the same error in the slot, unless touch corrects it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import transform
from tacrefine.objects import GraspObject, Peg
from tacrefine.refine.held_object import compensated
from tacrefine.sim.world import Cell
from tacrefine.sim.world.cell import Hole, Slot

SEATED_SHARE = 0.75
"""of the depth of a slot or hole that the whole lower end must have reached"""
OUTSIDE_M = 0.0005
"""what contacts may give, when a corner is asked whether it lies between the walls"""
RING = 24
"""points that stand for the lower edge of a peg"""
ALONG, ABOUT = 1, 5
"""pose coordinates that a fit does not mind: along an open slot; about the axis of a round hole"""


@dataclass(frozen=True)
class KnownCell:
    """Nest, slots and holes are surveyed. `shown` is the wrist pose in the part's frame in the grasp that was shown."""

    cell: Cell
    obj: GraspObject
    nest: RigidTransform
    shown: RigidTransform

    def place(self, name: str) -> Slot | Hole:
        """The slot or hole of that name."""
        return self.cell.slots[name] if name in self.cell.slots else self.cell.holes[name]

    def seat(self, place: str) -> RigidTransform:
        """Pose of the part that is seated in this slot or hole."""
        return self.nest * self.place(place).pose

    def wrist_for(
        self, place: str, height: float, compensation: RigidTransform | None = None
    ) -> RigidTransform:
        """Where the wrist has to be so that the part stands `height` m above its seat.

        The part is held as shown, or as touch says that it is held: `compensation` of `refine_grasp`.
        """
        planned = self.seat(place) * transform((0.0, 0.0, height)) * self.shown
        return planned if compensation is None else compensated(planned, compensation)

    def raised(self, wrist: RigidTransform, height: float) -> RigidTransform:
        """A wrist pose, higher by that many m."""
        up = self.nest.rotation.apply([0.0, 0.0, height])
        return RigidTransform.from_components(wrist.translation + up, wrist.rotation)


def places_of(cell: Cell) -> list[str]:
    """Names of all slots and holes."""
    return [*cell.slots, *cell.holes]


def misfit(obj: GraspObject, wanted: RigidTransform, truth: RigidTransform) -> tuple[float, float]:
    """How far a part is off where a fit minds it, m and rad; both poses are of the grasp centre in the part's frame."""
    offset = wanted.inv() * truth
    across, turned = offset.translation.copy(), offset.rotation.as_rotvec()
    free = ABOUT if isinstance(obj.shape, Peg) else ALONG
    part, which = (across, free) if free < 3 else (turned, free - 3)
    axis = wanted.rotation.inv().apply(np.eye(3)[which])
    part -= np.dot(part, axis) * axis
    return float(np.linalg.norm(across)), float(np.linalg.norm(turned))


def lower_edge(known: KnownCell, place: str, truth: RigidTransform) -> NDArray[np.float64]:
    """Corners of the part's lower end ``(N, 3)`` m in the frame of its seat; `truth` is its pose in the base frame."""
    low, high = np.array(known.obj.shape.bounds)
    if isinstance(known.obj.shape, Peg):
        angle = 2 * np.pi * np.arange(RING) / RING
        edge = np.stack([high[0] * np.cos(angle), high[0] * np.sin(angle), np.full(RING, low[2])], 1)
    else:
        edge = np.array([[x, y, low[2]] for x in (low[0], high[0]) for y in (low[1], high[1])])
    return known.seat(place).inv().apply(truth.apply(edge))


def is_inserted(known: KnownCell, place: str, truth: RigidTransform) -> tuple[bool, float]:
    """Whether the whole lower end lies between the walls and deep enough, and how deep its highest point is, in m."""
    edge = lower_edge(known, place, truth)
    low, high = np.array(known.obj.shape.bounds)
    described = known.place(place)
    depth = float(low[2] + described.depth - edge[:, 2].max())
    middle = (high + low)[:2] / 2
    if isinstance(described, Hole):
        half = described.diameter_for(float((high - low)[:2].max())) / 2
        off = np.linalg.norm(edge[:, :2] - middle, axis=1)
    else:
        half = described.width_for(float(high[0] - low[0])) / 2
        off = np.abs(edge[:, 0] - middle[0])
    return bool((off <= half + OUTSIDE_M).all()) and depth >= SEATED_SHARE * described.depth, depth
