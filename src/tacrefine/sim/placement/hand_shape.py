"""What a picture shows of a hand: links as rounded rods, the palm between the fingers, pads' bodies and taxels.

A description has no outer shape: links get the width of their finger's pads, so that its owner knows the hand again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Finger, Hand
from tacrefine.hands.kinematics import link_poses, taxel_places

Array = NDArray[np.float64]
Surface = tuple[Array, Array, tuple[int, int, int]]
"""points (N, 3) m and unit normals (N, 3) in the grasp frame, and a colour"""
PALM, LINK, THUMB, BODY = (146, 152, 162), (70, 78, 92), (104, 82, 66), (52, 56, 64)
TAXEL, PRESSED = (235, 205, 120), (200, 40, 40)
SLIMMEST, STOUTEST, PALM_RADIUS = 0.004, 0.009, 0.009
"""m, radii"""
DENSITY = 7e-4
"""m between drawn points"""
SHOWN_SHARE = 0.6
"""of a finger's radius to half the width of its largest pad"""


def hand_surfaces(
    hand: Hand, joints: NDArray[np.floating], force: NDArray[np.floating], palm: bool
) -> Iterator[Surface]:
    """Surfaces of a hand with its joints (J,) at rad or m and forces (T,) N on its taxels; its palm only if wanted."""
    wrist = hand.centre_from_wrist
    links = link_poses(hand, joints)
    if palm:
        roots = [
            np.asarray(links[finger.joints[0].name].translation) for finger in hand.fingers if finger.joints
        ]
        for corners in ([np.zeros(3), *roots],):
            yield (*_moved(wrist, *rounded_hull(np.array(corners), PALM_RADIUS)), PALM)
    for number, finger in enumerate(hand.fingers):
        colour = THUMB if number == 0 and len(hand.fingers) > 2 else LINK
        places = finger_line(hand, finger, joints)
        for start, end in itertools.pairwise(places):
            yield (*_moved(wrist, *capsule(start, end, finger_radius(finger))), colour)
    for pad in hand.pads:
        pose = wrist * links[pad.joint] * pad.pose_in_link
        core = pad.core(hand.skin.backing_depth)
        if pad.joint is not None:
            ends = core.pose.apply([[0.0, 0.0, -core.half], [0.0, 0.0, core.half]])
            yield (*_moved(pose, *capsule(ends[0], ends[1], min(core.radius, 2 * STOUTEST))), BODY)
    taxels, ball = wrist.apply(taxel_places(hand, joints)), unit_ball(120)
    for some, colour in ((force <= 1e-4, TAXEL), (force > 1e-4, PRESSED)):
        points = (taxels[some][:, None] + hand.skin.taxel_radius * ball).reshape(-1, 3)
        yield points, np.tile(ball, (int(some.sum()), 1)), colour


def finger_line(hand: Hand, finger: Finger, joints: NDArray[np.floating]) -> Array:
    """Where a finger's joints lie and where its last pad's body does, (K, 3) m in the wrist frame."""
    if not finger.joints:
        return np.zeros((0, 3))
    links = link_poses(hand, joints)
    places = [np.asarray(links[joint.name].translation) for joint in finger.joints]
    last = finger.pads[0]
    middle = last.core(hand.skin.backing_depth).pose.translation
    places.append((links[last.joint] * last.pose_in_link).apply(middle))
    return np.array(places)


def finger_radius(finger: Finger) -> float:
    """m, from the width of its widest pad."""
    width = max((float(np.ptp(pad.points[:, 1])) + pad.col_pitch for pad in finger.pads), default=0.0)
    return float(np.clip(SHOWN_SHARE * width / 2, SLIMMEST, STOUTEST))


def capsule(start: Array, end: Array, radius: float) -> tuple[Array, Array]:
    """Points and normals of a rod with round ends, m."""
    ball = unit_ball(int(np.clip(12 * (radius / DENSITY) ** 2, 200, 1600)))
    steps = max(2, int(np.linalg.norm(end - start) / (3 * DENSITY)))
    centres = start + np.linspace(0.0, 1.0, steps)[:, None] * (end - start)
    return (centres[:, None] + radius * ball).reshape(-1, 3), np.tile(ball, (steps, 1))


def rounded_hull(corners: Array, radius: float) -> tuple[Array, Array]:
    """Points and normals of the hull of balls around corners (N, 3) m."""
    from scipy.spatial import ConvexHull

    ball = radius * unit_ball(200)
    cloud = (corners[:, None] + ball).reshape(-1, 3)
    hull = ConvexHull(cloud)
    points, normals = [], []
    for triangle, normal in zip(cloud[hull.simplices], hull.equations[:, :3], strict=True):
        a, b, c = triangle
        rows = int(np.clip(np.ceil(max(np.linalg.norm(b - a), np.linalg.norm(c - a)) / DENSITY), 1, 400))
        steps = (np.arange(rows) + 0.5) / rows
        u, v = np.meshgrid(steps, steps, indexing="ij")
        within = u + v <= 1.0
        points.append(a + u[within][:, None] * (b - a) + v[within][:, None] * (c - a))
        normals.append(np.tile(normal, (int(within.sum()), 1)))
    return np.concatenate(points), np.concatenate(normals)


def unit_ball(count: int) -> Array:
    """Points spread over a unit sphere, (count, 3)."""
    i = np.arange(count) + 0.5
    height, angle = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    return np.stack(
        [np.sqrt(1 - height**2) * np.cos(angle), np.sqrt(1 - height**2) * np.sin(angle), height], 1
    )


def _moved(pose: object, points: Array, normals: Array) -> tuple[Array, Array]:
    return pose.apply(points), pose.rotation.apply(normals)  # type: ignore[attr-defined]
