"""Table, slots and holes of a cell as MuJoCo geoms."""

from __future__ import annotations

import mujoco
import numpy as np

from tacrefine.geometry import wxyz
from tacrefine.objects import GraspObject
from tacrefine.sim.world.bodies import STIFF_SOLIMP, STIFF_SOLREF
from tacrefine.sim.world.cell import Cell, Hole, Slot, Table
from tacrefine.sim.world.collisions import IS_FURNITURE

TABLE = "table"
HALF_TABLE = (0.5, 0.5, 0.02)
"""m"""
HOLE_FACES = 24
"""flat faces that stand for a round hole: at 12 mm its corners lie 0.05 mm further out than its circle"""


def add_furniture(spec: mujoco.MjSpec, obj: GraspObject, cell: Cell) -> None:
    """Everything that stands still beside the object."""
    low, high = np.array(obj.shape.bounds)
    if cell.table is not None:
        _add_table(spec, cell.table, float(low[2]))
    for name, slot in cell.slots.items():
        _add_slot(spec, name, slot, low, high)
    for name, hole in cell.holes.items():
        _add_hole(spec, name, hole, low, high)


def table_height(table: Table, lowest: float) -> float:
    """Z of its top, m, in the cell's frame; `lowest` is that of the object's lowest point."""
    return lowest if table.height is None else table.height


def slot_name(name: str) -> str:
    """The slot's body in the model."""
    return f"slot_{name}"


def hole_name(name: str) -> str:
    """The hole's body in the model."""
    return f"hole_{name}"


def _surface(friction: float) -> dict[str, object]:
    return {
        "type": mujoco.mjtGeom.mjGEOM_BOX,
        "friction": [friction, 0.005, 1e-4],
        "priority": 1,  # the furniture's friction counts, not the object's, which is that of fingertips
        "solref": STIFF_SOLREF,
        "solimp": STIFF_SOLIMP,
        **IS_FURNITURE,
    }


def _add_table(spec: mujoco.MjSpec, table: Table, lowest: float) -> None:
    at = [0.0, 0.0, table_height(table, lowest) - HALF_TABLE[2]]
    # Without torsional and rolling friction what stands on few contact points gains energy and falls over by itself.
    spec.worldbody.add_geom(name=TABLE, pos=at, size=HALF_TABLE, condim=6, **_surface(table.friction))


def _add_slot(spec: mujoco.MjSpec, name: str, slot: Slot, low: np.ndarray, high: np.ndarray) -> None:
    pose = slot.pose
    body = spec.worldbody.add_body(name=slot_name(name), pos=pose.translation, quat=wxyz(pose))
    gap, wall = slot.width_for(float(high[0] - low[0])) / 2, slot.wall / 2
    middle = (high[0] + low[0]) / 2
    surface = _surface(slot.friction)
    for side in (-1, 1):
        at = [middle + side * (gap + wall), 0.0, low[2] + slot.depth / 2]
        body.add_geom(pos=at, size=[wall, slot.length / 2, slot.depth / 2], **surface)
    floor = [gap + slot.wall, slot.length / 2, wall]
    body.add_geom(pos=[middle, 0.0, low[2] - wall], size=floor, **surface)


def _add_hole(spec: mujoco.MjSpec, name: str, hole: Hole, low: np.ndarray, high: np.ndarray) -> None:
    """A ring of blocks whose inner faces touch the hole's circle, and a floor."""
    pose = hole.pose
    body = spec.worldbody.add_body(name=hole_name(name), pos=pose.translation, quat=wxyz(pose))
    radius, middle = hole.diameter_for(float((high - low)[:2].max())) / 2, (low + high) / 2
    surface, half = _surface(hole.friction), hole.wall / 2
    for angle in 2 * np.pi * (np.arange(HOLE_FACES) + 0.5) / HOLE_FACES:
        out = np.array([np.cos(angle), np.sin(angle)])
        body.add_geom(
            pos=[*(middle[:2] + (radius + half) * out), low[2] + hole.depth / 2],
            quat=[np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)],
            size=[half, (radius + hole.wall) * np.tan(np.pi / HOLE_FACES), hole.depth / 2],
            **surface,
        )
    outer = radius + hole.wall
    body.add_geom(pos=[*middle[:2], low[2] - hole.floor / 2], size=[outer, outer, hole.floor / 2], **surface)
