"""The picture of a hand closed on an object, seen from two sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform
from tacrefine.hands import Hand
from tacrefine.hands.kinematics import link_poses, link_segments, taxel_places
from tacrefine.objects import Disk, GraspObject, Plate, Rod
from tacrefine.objects.sampled import Sampled
from tacrefine.sim.placement.hand_shape import PRESSED, TAXEL, finger_line, hand_surfaces, unit_ball

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
VIEWS = {
    "along the row of fingers": ((1, 0, 0), (0, 0, 1)),
    "from the fingers' side": ((0, -1, 0), (0, 0, 1)),
}
"""name: which ways of the grasp frame lie to the right and up"""
HALF = 0.095
"""m from the middle of a view to its edge"""
PIXELS = 420
OBJECT = (176, 184, 196)
VISIBLE = 0.97
"""of half a view: where an object that is longer is cut"""
LIGHT = np.array([0.35, 0.45, 0.82])


def draw_grasp(
    hand: Hand,
    item: GraspObject,
    joints: NDArray[np.floating],
    force: NDArray[np.floating],
    path: Path,
    frames: bool = False,
) -> None:
    """Write a PNG of the hand, its joints (J,) rad and taxel forces (T,) N, around an object in its grasp frame.

    With `frames` all of the hand is in view, and the frames of wrist, pads and grasp centre are drawn.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    half = max(HALF, _extent(hand, joints)) if frames else HALF
    points, normals, colours = _everything(hand, item, joints, force, half, palm=frames)
    figure = Figure(figsize=(10.0, 5.4), dpi=100, facecolor="white")
    for number, (title, (right, up)) in enumerate(VIEWS.items(), 1):
        axes = figure.add_subplot(1, 2, number)
        image = _rendered(points, normals, colours, np.array(right, float), np.array(up, float), half)
        edge = 1e3 * half
        axes.imshow(image, extent=(-edge, edge, -edge, edge))
        if frames:
            for pose, length in _frames(hand, joints):
                _draw_frame(axes, pose, length, np.array(right, float), np.array(up, float))
            _mark_taxels(axes, hand, joints, force, np.array(right, float), np.array(up, float))
            _name_fingers(axes, hand, joints, np.array(right, float), np.array(up, float))
            axes.set_xlim(-edge, edge)
            axes.set_ylim(-edge, edge)
        axes.set_title(title, fontsize=10)
        names = {(1, 0, 0): "x", (0, -1, 0): "-y"}
        axes.set_xlabel(f"{names[right]} of the grasp frame [mm]", fontsize=8)
        axes.set_ylabel("z of the grasp frame [mm]", fontsize=8)
        axes.tick_params(labelsize=7)
    touching = int(hand.fingers_in_contact(force).sum())
    figure.suptitle(
        f"{item.name}: {touching} of {len(hand.fingers)} fingers of {hand.name} touch (red: pressed taxels)"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _everything(
    hand: Hand,
    item: GraspObject,
    joints: NDArray[np.floating],
    force: NDArray[np.floating],
    half: float,
    palm: bool,
) -> tuple[Array, Array, Array]:
    """Points (N, 3) m, normals (N, 3) and colours (N, 3) of all surfaces."""
    from scipy.spatial import ConvexHull

    spacing = half / PIXELS
    found = []
    for part in _parts(item):
        # What is longer than the view ends at its edge, so that its cross section is seen.
        part = np.clip(part, -VISIBLE * half, VISIBLE * half) if palm else part
        hull = ConvexHull(part)
        found.append((*_on_triangles(part[hull.simplices], hull.equations[:, :3], spacing, half), OBJECT))
    found += hand_surfaces(hand, joints, force, palm)
    return (
        np.concatenate([points for points, _, _ in found]),
        np.concatenate([normals for _, normals, _ in found]),
        np.concatenate([np.tile(np.array(colour, float), (len(points), 1)) for points, _, colour in found]),
    )


def _parts(item: GraspObject) -> list[Array]:
    """Corners (N, 3) m of the convex bodies of an object in the grasp frame."""
    shape = item.shape.original if isinstance(item.shape, Sampled) else item.shape
    angle = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    match shape:
        case Plate():
            signs = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T
            corners = signs * np.array(shape.kernel_parameters)
        case Disk():
            ring = shape.radius * np.stack([0 * angle, np.cos(angle), np.sin(angle)], 1)
            corners = np.concatenate(
                [ring + np.array([side * shape.thickness / 2, 0, 0]) for side in (-1, 1)]
            )
        case Rod():
            ball = shape.radius * unit_ball(400)
            corners = np.concatenate([ball + np.array([0, side * shape.length / 2, 0]) for side in (-1, 1)])
        case _:
            return [np.asarray(part, float) for part in shape.parts]
    return [corners + np.asarray(shape.centre)]


def _extent(hand: Hand, joints: NDArray[np.floating]) -> float:
    """How far links and wrist reach from the grasp centre, m."""
    places = np.concatenate([link_segments(hand, joints).reshape(-1, 3), np.zeros((1, 3))])
    return float(np.abs(hand.centre_from_wrist.apply(places)).max()) + 0.012


def _frames(hand: Hand, joints: NDArray[np.floating]) -> list[tuple[RigidTransform, float]]:
    """Poses in the grasp frame of its own frame, the wrist and the pads, each with the length of its axes, m."""
    links = link_poses(hand, joints)
    found = [(RigidTransform.identity(), 0.03), (hand.centre_from_wrist, 0.025)]
    pads = [hand.centre_from_wrist * links[pad.joint] * pad.pose_in_link for pad in hand.pads]
    return found + [(pose, 0.012) for pose in pads]


def _mark_taxels(
    axes: Axes, hand: Hand, joints: NDArray[np.floating], force: NDArray[np.floating], right: Array, up: Array
) -> None:
    """Dots where taxels are, so that those behind a finger are seen too."""
    places = 1e3 * hand.centre_from_wrist.apply(taxel_places(hand, joints))
    for some, colour in ((force <= 1e-4, TAXEL), (force > 1e-4, PRESSED)):
        shown = np.array(colour) / 255
        axes.scatter(places[some] @ right, places[some] @ up, s=1.2, color=shown, linewidths=0)


def _name_fingers(axes: Axes, hand: Hand, joints: NDArray[np.floating], right: Array, up: Array) -> None:
    """Write each finger's name where it begins."""
    for finger in hand.fingers:
        if finger.joints:
            place = 1e3 * hand.centre_from_wrist.apply(finger_line(hand, finger, joints)[0])
            axes.annotate(
                finger.name, (place @ right, place @ up), fontsize=7, ha="center", va="bottom", color="#111111",
                bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.7, "linewidth": 0},
            )  # fmt: skip


def _draw_frame(axes: Axes, pose: RigidTransform, length: float, right: Array, up: Array) -> None:
    """Draw the axes of a frame: x red, y green, z blue."""
    origin = np.asarray(pose.translation)
    for axis, colour in zip(np.eye(3), ("#d62728", "#2ca02c", "#1f77b4"), strict=True):
        line = 1e3 * np.stack([origin, pose.apply(length * axis)])
        axes.plot(line @ right, line @ up, color=colour, linewidth=1.6)


def _on_triangles(triangles: Array, normals: Array, spacing: float, half: float) -> tuple[Array, Array]:
    """Points of triangles (T, 3, 3) that lie in the view, about `spacing` m apart, and their normals."""
    a, b, c = triangles.transpose(1, 0, 2)
    points, of = [], []
    sides = np.maximum(np.linalg.norm(b - a, axis=1), np.linalg.norm(c - a, axis=1))
    for number, rows in enumerate(np.clip(np.ceil(sides / spacing).astype(int), 1, 2 * PIXELS)):
        u, v = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(rows) + 0.5) / rows, indexing="ij")
        within = u + v <= 1.0
        here = a[number] + u[within][:, None] * (b - a)[number] + v[within][:, None] * (c - a)[number]
        here = here[(np.abs(here) < half).all(1)]
        points.append(here)
        of.append(np.tile(normals[number], (len(here), 1)))
    return np.concatenate(points), np.concatenate(of)


def _rendered(
    points: Array, normals: Array, colours: Array, right: Array, up: Array, half: float
) -> NDArray[np.uint8]:
    """An image (PIXELS, PIXELS, 3) of what lies foremost; along the view nearer things hide further ones."""
    towards = np.cross(right, up)
    column = np.floor((points @ right / half + 1) * PIXELS / 2).astype(int)
    row = np.floor((1 - points @ up / half) * PIXELS / 2).astype(int)
    seen = (column >= 0) & (column < PIXELS) & (row >= 0) & (row < PIXELS) & (normals @ towards > 0)
    pixel, depth = row[seen] * PIXELS + column[seen], points[seen] @ towards
    order = np.argsort(depth, kind="stable")
    light = LIGHT[0] * right + LIGHT[1] * up + LIGHT[2] * towards
    shade = 0.45 + 0.55 * np.clip(normals[seen][order] @ light, 0.0, 1.0)
    image = np.full((PIXELS * PIXELS, 3), 255, np.uint8)
    image[pixel[order]] = np.clip(colours[seen][order] * shade[:, None], 0, 255)
    return image.reshape(PIXELS, PIXELS, 3)
