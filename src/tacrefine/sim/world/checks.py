"""What a cell cannot be: things inside each other, a slot or hole too small, an object too thick for the hand."""

from __future__ import annotations

import mujoco
import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.hands import Hand
from tacrefine.hands.kinematics import taxel_places
from tacrefine.objects import GraspObject
from tacrefine.sim.world.bodies import WORKPIECE
from tacrefine.sim.world.cell import Cell
from tacrefine.sim.world.furniture import TABLE

OVERLAP = 2e-4
"""m, that things may lie inside each other: an object rests a little in what it stands on"""


def check_fits(cell: Cell, obj: GraspObject, hand: Hand) -> None:
    """Raise ConfigError in one sentence if hand, slots or holes are too small for the object."""
    low, high = np.array(obj.shape.bounds)
    thickness = float(high[0] - low[0])
    for name, slot in cell.slots.items():
        if slot.width_for(thickness) <= thickness:
            raise ConfigError(
                f"cell '{cell.name}': slot '{name}' is {slot.width_for(thickness) * 1e3:.4g} mm wide, object "
                f"'{obj.name}' is {thickness * 1e3:.4g} mm thick; a slot must be wider than its part"
            )
    width = float((high - low)[:2].max())
    for name, hole in cell.holes.items():
        if hole.diameter_for(width) <= width:
            raise ConfigError(
                f"cell '{cell.name}': hole '{name}' is {hole.diameter_for(width) * 1e3:.4g} mm wide, object "
                f"'{obj.name}' is {width * 1e3:.4g} mm wide; a hole must be wider than its part"
            )
    opening = span(hand)
    if thickness >= opening:
        raise ConfigError(
            f"object '{obj.name}' is {thickness * 1e3:.4g} mm thick, hand '{hand.name}' opens {opening * 1e3:.4g} mm; "
            "it cannot span it"
        )


def span(hand: Hand) -> float:
    """How far thumb and fingertips of the open hand are apart along the grasp frame's x, m; infinite for one finger."""
    joints = hand.joint_positions_at(hand.open_positions)
    places = hand.centre_from_wrist.apply(taxel_places(hand, joints))[:, 0]
    of_pad = dict(zip((pad.name for pad in hand.pads), hand.pad_slices, strict=True))
    tips = [places[of_pad[f.pads[0].name]] for f in hand.fingers if f.closing_joint is not None]
    if len(tips) < 2:
        return float("inf")
    return float(tips[0].min() - max(tip.max() for tip in tips[1:]))


def check_clear(cell: Cell, obj: GraspObject, model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Raise ConfigError in one sentence if object, table, slots and holes lie inside each other as they stand."""
    if cell.body is None:
        return
    things: dict[str, list[int]] = {}
    for geom in range(model.ngeom):
        body = model.body(int(model.geom_bodyid[geom])).name
        if body == WORKPIECE:
            things.setdefault(f"object '{obj.name}'", []).append(geom)
        elif model.geom(geom).name == TABLE:
            things.setdefault("the table", []).append(geom)
        elif body.startswith("slot_"):
            things.setdefault(f"slot '{body.removeprefix('slot_')}'", []).append(geom)
        elif body.startswith("hole_"):
            things.setdefault(f"hole '{body.removeprefix('hole_')}'", []).append(geom)
    names = list(things)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            depth = -min(_distance(model, data, a, b) for a in things[one] for b in things[other])
            if depth > OVERLAP:
                raise ConfigError(
                    f"cell '{cell.name}': {one} and {other} lie {depth * 1e3:.3g} mm inside each other; move one"
                )


def _distance(model: mujoco.MjModel, data: mujoco.MjData, a: int, b: int) -> float:
    return float(mujoco.mj_geomDistance(model, data, a, b, 1.0, None))
