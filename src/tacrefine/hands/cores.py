"""The stiff core behind a pad's taxels: a capsule that carries what lies outside their springs' reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, Rotation

Array = NDArray[np.float64]
LEAST_RADIUS = 5e-4
"""m"""
LEAST_SPREAD = 0.05
"""of normals across the capsule's axis, below which a pad counts as flat"""
SQUARE = 1.3
"""ratio of the squared sizes of a pad's sides up to which it has no longer side"""
SHARES = np.linspace(1.0, 0.0, 21)


class Core(NamedTuple):
    """A capsule along z of its own frame."""

    pose: RigidTransform
    """of its middle in the pad's frame, m"""
    radius: float
    half: float
    """m, half the length of its straight part"""


def fitted_core(points: Array, normals: Array, depth: float) -> Core:
    """The capsule that fits under taxels ``(N, 3)`` with normals ``(N, 3)``, `depth` m under the skin.

    Its axis lies along the longer side of the pad. A pad that is bent across gets its own radius, a flat one half its
    width; where the taxels bend down at the ends, as on a dome, the capsule is shorter.
    """
    under = points - depth * normals
    middle, outwards = points.mean(0), normals.mean(0)
    outwards = outwards / max(float(np.linalg.norm(outwards)), 1e-9)
    axis = _long_side(points - middle, outwards)
    across = np.cross(outwards, axis)
    side, up = (under - middle) @ across, (under - middle) @ outwards
    normal_side, normal_up = normals @ across, normals @ outwards
    width = max(float(np.ptp((points - middle) @ across)) / 2, LEAST_RADIUS)
    if normal_side.std() > LEAST_SPREAD:
        # Circle under the taxels: its middle lies one radius behind each of them, in the plane across the axis.
        system = np.zeros((2 * len(points), 3))
        system[0::2, 0], system[0::2, 2] = 1.0, normal_side
        system[1::2, 1], system[1::2, 2] = 1.0, normal_up
        found = np.linalg.lstsq(system, np.stack([side, up], 1).ravel(), rcond=None)[0]
        centre_side, radius = (
            float(found[0]),
            float(np.clip(found[2], LEAST_RADIUS, max(2 * width, LEAST_RADIUS))),
        )
    else:
        centre_side, radius = float((side.min() + side.max()) / 2), width
    along = (points - middle) @ axis
    centre_along = float((along.min() + along.max()) / 2)
    reach = float(np.ptp(along)) / 2
    half, radius, height = _clear_of(
        np.stack([side - centre_side, up, along - centre_along], 1), max(reach - 0.5 * radius, 0.0), radius
    )
    turn = Rotation.from_matrix(np.stack([outwards, np.cross(axis, outwards), axis], 1))
    # The axis frame: x outwards, z along the capsule.
    place = middle + centre_side * across + height * outwards + centre_along * axis
    return Core(RigidTransform.from_components(place, turn), radius, half)


def _long_side(points: Array, outwards: Array) -> Array:
    """Direction of the longer side of points (N, 3) m seen from outside; the pad's z where both are about as long."""
    up = np.array([0.0, 0.0, 1.0]) if abs(outwards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    along = up - (up @ outwards) * outwards
    along /= np.linalg.norm(along)
    across = np.cross(outwards, along)
    flat = np.stack([points @ across, points @ along], 1)
    sizes, sides = np.linalg.eigh(flat.T @ flat)
    if sizes[1] < SQUARE * max(sizes[0], 1e-12):
        return along
    found = sides[0, 1] * across + sides[1, 1] * along
    return np.asarray(found if found @ along >= 0.0 else -found)


def _clear_of(under: Array, half: float, radius: float) -> tuple[float, float, float]:
    """Half length, radius and height of the axis at which no point under the skin lies inside the capsule.

    `under` (N, 3): across, outwards and along. The longest of some lengths whose top comes nearest to the points.
    """
    best = (0.0, radius, float(under[:, 1].min()) - radius)
    best_miss = np.inf
    for share in SHARES:
        length = share * half
        beyond = np.maximum(np.abs(under[:, 2]) - length, 0.0)
        flank = radius**2 - under[:, 0] ** 2 - beyond**2
        # The axis may rise until the first point is as far from it as the radius.
        allowed = under[:, 1] - np.sqrt(np.maximum(flank, 0.0))
        height = float(allowed[flank > 0].min()) if (flank > 0).any() else float(under[:, 1].min()) - radius
        miss = float(np.median(under[:, 1]) - (height + radius))
        if miss < best_miss - 1e-4:
            best, best_miss = (length, radius, height), miss
    return best
