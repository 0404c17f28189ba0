"""Table and slots of a cell as MuJoCo geoms."""

from __future__ import annotations

import mujoco
import numpy as np

from tacrefine.geometry import wxyz
from tacrefine.objects import GraspObject
from tacrefine.sim.world.bodies import STIFF_SOLIMP, STIFF_SOLREF
from tacrefine.sim.world.cell import Cell, Slot, Table
from tacrefine.sim.world.collisions import IS_FURNITURE

TABLE = "table"
HALF_TABLE = (0.5, 0.5, 0.02)
"""m"""


def add_furniture(spec: mujoco.MjSpec, obj: GraspObject, cell: Cell) -> None:
    """Everything that stands still beside the object."""
    low, high = np.array(obj.shape.bounds)
    if cell.table is not None:
        _add_table(spec, cell.table, float(low[2]))
    for name, slot in cell.slots.items():
        _add_slot(spec, name, slot, low, high)


def table_height(table: Table, lowest: float) -> float:
    """Z of its top, m, in the cell's frame; `lowest` is that of the object's lowest point."""
    return lowest if table.height is None else table.height


def slot_name(name: str) -> str:
    """The slot's body in the model."""
    return f"slot_{name}"


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
    spec.worldbody.add_geom(name=TABLE, pos=at, size=HALF_TABLE, **_surface(table.friction))


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
