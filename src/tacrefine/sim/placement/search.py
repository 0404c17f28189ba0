"""Where a hand can hold a solid: grasps between opposite sides of its surface, tried in simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from tacrefine.geometry import RigidTransform, Rotation, from_coordinates, to_coordinates
from tacrefine.hands import Hand
from tacrefine.hands.kinematics import link_segments
from tacrefine.objects import GraspObject
from tacrefine.objects.gridded import GRID
from tacrefine.objects.grids import FAR, NEAR, Axes, DistanceGrids, placed
from tacrefine.objects.packing import pack
from tacrefine.plants import PlantSample, load_plant
from tacrefine.sim.quasistatic import QuasistaticSimulator

if TYPE_CHECKING:
    from tacrefine.objects.surface.closing import Surface
    from tacrefine.objects.surface.distances import ClosedSurface
    from tacrefine.objects.surface.measure import Report

Array = NDArray[np.float64]
Found = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Position (m) and rotation vector (rad) of the mesh's origin in the grasp frame"""

SPOTS = 300
"""places of the surface at which grasps are tried"""
TURNS = 12
"""about the line between thumb and fingers"""
HEIGHTS = (0.0, 0.008)
"""m that a grasp lies further towards the tips than the middle between both sides"""
WIDEST = 0.075
"""m between the sides that thumb and fingers press"""
FINALISTS, BOX_GRASPS = 40, 48
"""grasps that are tried over the sampling box, and how often each"""
NEARBY = 40
"""changes of the best grasps that are tried in the end"""
STEP = (0.004, 0.1)
"""m and rad, one standard deviation of those changes"""
MOST_POINTS = 1_500_000
"""of a grid that is searched"""
LINK, PALM = 0.004, (0.03, 0.045, 0.01)
"""m: radius of a link; half sizes of the palm's box, which lies 12 mm along the wrist's z"""
PALM_AT = 0.012
ROUNDS = 5
"""steps that are reported"""


class _SearchShape:
    """A solid as the solver sees it: coarse grids around all of it, not only within the hand's reach."""

    kernel_id = GRID
    kernel_parameters = ()
    centre = (0.0, 0.0, 0.0)

    def __init__(self, surface: ClosedSurface) -> None:
        near_axes, near_cell = _axes(surface, 1e-3, NEAR.margin)
        far_axes, far_cell = _axes(surface, 2 * FAR.cell, FAR.margin)
        values, gradients = surface.sample_gradients(near_axes)
        far = surface.sample(far_axes)
        self.grids = DistanceGrids(
            placed(pack(values, gradients), near_axes, near_cell),
            placed(np.ascontiguousarray(far, np.float32), far_axes, far_cell),
        )
        self._far, self._origin, self._cell = far, np.array([axis[0] for axis in far_axes]), far_cell

    def distance(self, points: Array) -> Array:
        """Distances (m) of points (..., 3), roughly; those far away count as far."""
        index = np.moveaxis((points - self._origin) / self._cell, -1, 0)
        return np.asarray(map_coordinates(self._far, index, order=1, mode="constant", cval=1.0))


def _axes(surface: ClosedSurface, cell: float, margin: float) -> tuple[Axes, float]:
    low, high = np.array(surface.bounds)
    while np.prod((high - low + 2 * margin) / cell + 3.0) > MOST_POINTS:
        cell *= 1.1
    first, last = np.floor((low - margin) / cell).astype(int), np.ceil((high + margin) / cell).astype(int)
    x, y, z = (cell * np.arange(a, b + 1) for a, b in zip(first, last, strict=True))
    return (x, y, z), cell


def find_placement(
    surface: Surface, scale: float, hand: Hand, half_range: Array, report: Report | None = None
) -> Found | None:
    """The placement of a mesh at which most fingers touch, at the nominal grasp and over the class's sampling box.

    `scale` is m in one unit of the file, `half_range` (6,) m and rad. None where the fingers that a grasp needs touch
    at no grasp that was tried. The same mesh gives the same placement.
    """
    from tacrefine.objects.surface.distances import ClosedSurface

    def tell(done: int) -> None:
        if report is not None:
            report("placements", done, ROUNDS)

    tell(0)
    points = scale * surface.points
    used = points[np.unique(surface.faces)]
    middle = (used.min(0) + used.max(0)) / 2
    centred = ClosedSurface(points - middle, surface.faces)
    trial = _Trial(_SearchShape(centred), hand, half_range)
    tell(1)
    grasps = _between_opposite_sides(centred, trial.shape)
    if not len(grasps):
        return None
    fingers, valid = trial.touching(grasps)
    tell(2)
    best = np.flatnonzero(valid)
    best = best[np.argsort(-fingers[best], kind="stable")]
    best = best[trial.is_clear(grasps[best[: 20 * FINALISTS]]).nonzero()[0]][:FINALISTS]
    if not len(best):
        return None
    grasps = grasps[best]
    tell(3)
    grasps = grasps[np.argsort(-trial.sturdiness(grasps), kind="stable")[:3]]
    tell(4)
    rng = np.random.default_rng(1)
    spread = np.repeat(STEP, 3) * rng.standard_normal((NEARBY, 6))
    changed = [to_coordinates(from_coordinates(grasp) * from_coordinates(spread)) for grasp in grasps]
    grasps = np.concatenate((grasps, np.concatenate(changed)))
    grasps = grasps[trial.touching(grasps)[1]]
    grasps = grasps[trial.is_clear(grasps)]
    if not len(grasps):
        return None
    grasp = from_coordinates(grasps[int(trial.sturdiness(grasps).argmax())])
    tell(ROUNDS)
    object_in_grasp = grasp.inv() * RigidTransform.from_translation(-middle)
    x, y, z = (round(float(value), 5) for value in object_in_grasp.translation)
    a, b, c = (round(float(value), 4) for value in object_in_grasp.rotation.as_rotvec())
    return (x, y, z), (a, b, c)


class _Trial:
    """A hand closed on one solid at many poses of its grasp frame in the solid's."""

    def __init__(self, shape: _SearchShape, hand: Hand, half_range: Array) -> None:
        self.shape, self._hand = shape, hand
        self._object = GraspObject("searched", "searched", shape, half_range > 0, half_range)
        self._simulator = QuasistaticSimulator(hand)
        self._sample: PlantSample = load_plant("ideal").sample(hand, np.random.default_rng(0))
        self._box = self._object.sample_poses(np.random.default_rng(0), BOX_GRASPS)
        self._body = hand.centre_from_wrist.apply(_body_points(hand))

    def touching(self, grasps: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """How many fingers touch, and whether it is a valid grasp, each (N,)."""
        batch = self._simulator.grasp(self._object, grasps, self._sample)
        return self._hand.fingers_in_contact(batch.force).sum(-1), batch.valid

    def is_clear(self, grasps: Array) -> NDArray[np.bool_]:
        """Whether palm and open fingers stay off the solid, (N,)."""
        places = [from_coordinates(grasp).apply(self._body) for grasp in grasps]
        return np.array([bool((self.shape.distance(place) > LINK).all()) for place in places], bool)

    def sturdiness(self, grasps: Array) -> Array:
        """Fingers that touch over the sampling box, on average, and the share of grasps that count tenfold, (N,)."""
        around = np.concatenate(
            [to_coordinates(from_coordinates(grasp) * from_coordinates(self._box)) for grasp in grasps]
        )
        fingers, valid = self.touching(around)
        nominal, _ = self.touching(grasps)
        return np.asarray(nominal + (fingers + 10.0 * valid).reshape(len(grasps), -1).mean(1))


def _body_points(hand: Hand) -> Array:
    """Points (N, 3) m of the palm and of the open fingers in the wrist frame."""
    segments = link_segments(hand, hand.joint_positions_at(hand.open_positions))
    share = np.linspace(0.0, 1.0, 7)[:, None]
    along = (segments[:, None, 0] + share * (segments[:, None, 1] - segments[:, None, 0])).reshape(-1, 3)
    grid = np.meshgrid(*(np.linspace(-half, half, 7) for half in PALM), indexing="ij")
    palm = np.stack(grid, -1).reshape(-1, 3)
    palm[:, 2] += PALM_AT
    return np.concatenate([along, palm])


def _between_opposite_sides(surface: ClosedSurface, shape: _SearchShape) -> Array:
    """Pose coordinates (N, 6) of grasp frames in the middle between opposite places of a surface."""
    rng = np.random.default_rng(0)
    a, b, c = surface.vertices[surface.faces].transpose(1, 0, 2)
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    face = rng.choice(len(area), SPOTS, p=area / area.sum())
    u, v = rng.random((2, SPOTS, 1))
    u, v = np.where(u + v > 1.0, 1.0 - u, u), np.where(u + v > 1.0, 1.0 - v, v)
    place = a[face] + u * (b - a)[face] + v * (c - a)[face]
    normal = cross[face] / area[face, None]
    depth = np.arange(1.0e-3, WIDEST, 1.0e-3)
    inside = shape.distance(place[:, None] - depth[:, None] * normal[:, None]) < 0
    ends = ~inside.all(1)
    thickness = depth[(~inside).argmax(1)]
    middle, normal = (place - thickness[:, None] / 2 * normal)[ends], normal[ends]
    # x of the grasp frame points from the fingers to the thumb, z to the wrist.
    across = np.eye(3)[np.abs(normal).argmin(1)]
    first = np.cross(normal, across)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(normal, first)
    grasps = []
    for angle in 2 * np.pi * np.arange(TURNS) / TURNS:
        towards_wrist = np.cos(angle) * first + np.sin(angle) * second
        frame = np.stack([normal, np.cross(towards_wrist, normal), towards_wrist], -1)
        turn = Rotation.from_matrix(frame).as_rotvec() if len(frame) else np.empty((0, 3))
        grasps += [np.concatenate([middle - height * towards_wrist, turn], 1) for height in HEIGHTS]
    return np.concatenate(grasps)
