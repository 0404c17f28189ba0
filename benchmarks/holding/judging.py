"""What Coulomb's law says of a grasp, and whether the simulation does what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

MOST_MM, MOST_DEG = 0.1, 0.5
"""of creep"""
LOST_MM = 5.0
EDGES = 16
"""of the pyramid that stands for a friction cone"""


def can_bear(
    points: NDArray[np.float64],
    normals: NDArray[np.float64],
    most: NDArray[np.float64],
    friction: float,
    wrench: NDArray[np.float64],
    outside: bool = False,
    torques: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> bool:
    """Whether forces at `points` (N, 3) within friction cones about `normals`, into the object, balance `wrench` (6,).

    Normal forces are at most `most` (N,). `outside`: the pyramid lies around the cone instead of in it. `torques`
    bounds what drives bear: ``(D, 3 N)`` N m for each unit of force, and ``(D,)`` N m.
    """
    angle = 2 * np.pi * np.arange(EDGES) / EDGES
    reach = friction / np.cos(np.pi / EDGES) if outside else friction
    columns, owner = [], []
    for i, n in enumerate(normals):
        a = np.cross(n, np.eye(3)[np.argmin(np.abs(n))])
        a /= np.linalg.norm(a)
        b = np.cross(n, a)
        for t in angle:
            columns.append(n + reach * (np.cos(t) * a + np.sin(t) * b))
            owner.append(i)
    force, owner_of = np.array(columns), np.array(owner)
    moment = np.cross(points[owner_of], force)
    equal = np.concatenate([force, moment], axis=1).T
    limits, bounds = [(owner_of == np.arange(len(points))[:, None]).astype(float)], [most]
    if torques is not None:
        jacobian, rated = torques
        full = np.einsum("dnc,nc->dn", jacobian.reshape(len(rated), len(points), 3)[:, owner_of], force)
        limits += [full, -full]
        bounds += [rated, rated]
    scale = np.array([1, 1, 1, 20, 20, 20])  # moments are small numbers
    answer = linprog(
        np.zeros(equal.shape[1]),
        A_ub=np.concatenate(limits),
        b_ub=np.concatenate(bounds),
        A_eq=equal * scale[:, None],
        b_eq=-wrench * scale,
        method="highs",
    )
    return bool(answer.status == 0)


def record_of(
    case: dict[str, Any], law: str, moved_mm: float, moved_deg: float, creep_mm: float, creep_deg: float
) -> dict[str, Any]:
    """One case: what the law says, how the object moved in the first second and in the time after it."""
    lost = not bool(moved_mm + creep_mm < LOST_MM)
    held = not lost and bool(creep_mm <= MOST_MM and creep_deg <= MOST_DEG)
    right = {"yes": held, "no": lost}.get(law)
    return {
        **case,
        "law": law,
        "first_mm": moved_mm,
        "first_deg": moved_deg,
        "creep_mm": creep_mm,
        "creep_deg": creep_deg,
        "result": "held" if held else "lost" if lost else "creeps",
        "right": right,
    }


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """How often the simulation does what the law says, and how much what is held creeps."""
    figures: dict[str, Any] = {"cases": len(records)}
    for law in ("yes", "no", "open"):
        those = [record for record in records if record["law"] == law]
        figures[f"law_{law}"] = len(those)
        if law != "open":
            figures[f"law_{law}_right"] = sum(bool(record["right"]) for record in those)
        else:
            figures["law_open_held"] = sum(record["result"] == "held" for record in those)
    held = [record for record in records if record["law"] == "yes" and record["result"] == "held"]
    figures["worst_creep_mm"] = max((record["creep_mm"] for record in held), default=None)
    figures["worst_creep_deg"] = max((record["creep_deg"] for record in held), default=None)
    return figures
