"""Which links make a finger, and where on its last link a pad lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform, Rotation, transform
from tacrefine.sim.hand_setup.robot import Array, Robot, RobotJoint

THICKNESS = 0.008
"""m from a link's axis to the skin where nothing is known of its shape"""
LENGTH = 0.025
"""m of a last link whose end nothing tells"""
BACK = 0.001
"""m that a pad stays away from the end of its link"""


@dataclass(frozen=True)
class Layout:
    """A grid of taxels, or `points` in the pad's frame instead: places (m) and normals ``(N, 6)``."""

    rows: int = 8
    cols: int = 6
    pitch: float = 0.002
    """m"""
    components: int = 1
    points: tuple[tuple[float, ...], ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Along the finger and across it, m."""
        if not self.points:
            return self.rows * self.pitch, self.cols * self.pitch
        across, along = np.ptp(np.array(self.points)[:, 1:3], axis=0)
        return float(along), float(across)

    @property
    def origin(self) -> RigidTransform:
        """The pad's frame where a grid's would be: points lie on the link with the lowest of them, in the middle."""
        if not self.points:
            return RigidTransform.identity()
        at = np.array(self.points)[:, :3]
        low, high = at.min(0), at.max(0)
        return RigidTransform.from_translation(-np.array([low[0], *(low + high)[1:] / 2]))


@dataclass(frozen=True, eq=False)
class PlacedPad:
    """A pad on a link: its pose there, and what a hand's description says of it besides."""

    name: str
    link: str
    pose: RigidTransform
    content: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class FoundFinger:
    """A finger: its joints from the wrist on, those that move as the hand's description will have them, and pads."""

    name: str
    joints: tuple[RobotJoint, ...]
    pads: tuple[PlacedPad, ...]


def resting(joints: Sequence[RobotJoint]) -> dict[str, float]:
    """Each joint at zero, or at the limit next to it."""
    return {j.name: float(np.clip(0.0, *j.limits)) if j.limits else 0.0 for j in joints}


def pose_of(joints: Sequence[RobotJoint], at: Mapping[str, float]) -> RigidTransform:
    """Pose of the last link in the wrist's, joints `at` rad or m."""
    pose = RigidTransform.identity()
    for joint in joints:
        pose = pose * joint.origin
        if joint.type == "prismatic":
            pose = pose * transform(joint.axis * at.get(joint.name, 0.0))
        elif joint.type != "fixed":
            pose = pose * transform(rotation_vector=joint.axis * at.get(joint.name, 0.0))
    return pose


def placed_on(robot: Robot, wrist: str, links: Mapping[str, str], layout: Layout) -> list[PlacedPad]:
    """A pad on the tip of each of these links (by finger), on the side that closes. Links may be sites.

    A finger that bends has it on the side to which its last joint bends furthest, one that slides or that has one
    counterpart on the side of the others.
    """
    places = {finger: _place(robot, name) for finger, name in links.items()}
    chains = {finger: robot.path(wrist, link) for finger, (link, _) in places.items()}
    for finger, chain in chains.items():
        if not any(joint.type != "fixed" for joint in chain):
            raise ConfigError(
                f"{robot.source}: the pad on '{links[finger]}' sits on a fixed base: no joint moves it; name a link of "
                "a finger."
            )
    tips = {}
    for finger, (link, site) in places.items():
        middle = _half_way(chains[finger])
        tips[finger] = pose_of(chains[finger], middle).apply(_tip(robot, link, site).end)
    return [_pad(robot, finger, places[finger], chains[finger], tips, layout) for finger in links]


def _half_way(chain: Sequence[RobotJoint]) -> dict[str, float]:
    return {j.name: sum(j.limits) / 2 if j.limits else 0.0 for j in chain}


def _place(robot: Robot, name: str) -> tuple[str, RigidTransform | None]:
    """Link, and pose of a site on it."""
    if name in robot.sites and name not in robot.links:
        return robot.sites[name]
    link = robot.link(name)
    # A frame that is fixed to the last link tells where that ends, no more.
    while link in robot.joints and robot.joints[link].type == "fixed" and not len(robot.points_of(link)):
        link = robot.joints[link].parent
    return link, None


class _Tip(NamedTuple):
    """Where a link ends, m, and the way it goes there from its joint, in its frame."""

    end: Array
    along: Array


def _tip(robot: Robot, link: str, site: RigidTransform | None) -> _Tip:
    if site is not None:
        return _tip_at(np.asarray(site.translation))
    frame = robot.tip_of(link)
    if frame is not None and np.linalg.norm(frame) > 1e-3:
        return _tip_at(frame)
    points = robot.points_of(link)
    if len(points):
        middle = points.mean(0)
        far = points[np.linalg.norm(points, axis=1).argmax()]
        along = far if np.linalg.norm(middle) < 1e-3 else middle
        along = along / np.linalg.norm(along)
        # A link that is fixed to the last one may have its frame at the very tip: it goes on away from the joint.
        if along @ (middle - robot.last_joint_before(link)) < 0.0:
            along = -along
        return _Tip(np.asarray(along * (points @ along).max()), np.asarray(along))
    joint = robot.joints.get(link)
    before = np.asarray(joint.origin.translation) if joint is not None else np.zeros(3)
    length = np.linalg.norm(before)
    # Nothing is known of it: it goes on as the link before it does.
    if joint is None or length < 5e-3:
        return _tip_at(np.array([0.0, 0.0, LENGTH]))
    return _tip_at(np.asarray(joint.origin.rotation.inv().apply(before / length) * LENGTH))


def _tip_at(end: Array) -> _Tip:
    return _Tip(end, end / max(float(np.linalg.norm(end)), 1e-9))


def _pad(
    robot: Robot,
    finger: str,
    place: tuple[str, RigidTransform | None],
    chain: Sequence[RobotJoint],
    tips: Mapping[str, Array],
    layout: Layout,
) -> PlacedPad:
    link, site = place
    tip = _tip(robot, link, site)
    end, along = tip
    outwards = _closing_side(finger, chain, tips, tip, _half_way(chain))
    if site is not None or abs(along @ outwards) > 0.9:
        along = _any_across(outwards)
    along = along - (along @ outwards) * outwards
    along /= np.linalg.norm(along)
    across = np.cross(-along, outwards)
    # The pad's frame: x out of the skin, z towards the wrist.
    turn = Rotation.from_matrix(np.stack([outwards, across, -along], 1))
    half = layout.size[0] / 2
    if site is not None:
        return _placed(finger, link, RigidTransform.from_components(end, turn), layout)
    points = robot.points_of(link)
    reach = max(float((points @ along).max()) if len(points) else 0.0, float(end @ along))
    lowest = min(float((points @ along).min()), 0.0) if len(points) else 0.0
    middle_along = max(reach - BACK - half, lowest)
    width = layout.size[1] / 2
    near = points[np.abs(points @ along - middle_along) < max(half, 0.006)] if len(points) else points
    side = float(end @ across)
    if len(near):
        side = float((near @ across).min() + (near @ across).max()) / 2
        inner = near[np.abs(near @ across - side) < max(width, 0.004)]
        height = float(((inner if len(inner) else near) @ outwards).max())
    else:
        robot.notes.append(
            f"nothing is known of the shape of link '{link}': its pad lies {1e3 * THICKNESS:g} mm off its axis"
        )
        height = float(end @ outwards) + THICKNESS
    at = middle_along * along + side * across + height * outwards
    return _placed(finger, link, RigidTransform.from_components(at, turn), layout)


def _placed(finger: str, link: str, pose: RigidTransform, layout: Layout) -> PlacedPad:
    content: dict[str, object] = {"rows": layout.rows, "cols": layout.cols, "pitch": layout.pitch}
    if layout.points:
        content = {"taxels": [list(point) for point in layout.points]}
    if layout.components != 1:
        content["components"] = layout.components
    return PlacedPad(f"{finger}_tip", link, pose * layout.origin, content)


def _closing_side(
    finger: str,
    chain: Sequence[RobotJoint],
    tips: Mapping[str, Array],
    tip: _Tip,
    at: Mapping[str, float],
) -> Array:
    """The direction out of the skin in the last link's frame."""
    end, along = tip
    last = [joint for joint in chain if joint.type != "fixed"][-1]
    pose = pose_of(chain, at)
    others = [tip for name, tip in tips.items() if name != finger]
    turns = last.type != "prismatic" and last.limits is not None
    if len(others) == 1 or not turns:
        if others:
            towards = pose.rotation.inv().apply(np.mean(others, axis=0) - pose.apply(end))
            if last.type == "prismatic":
                axis = pose_of(chain[chain.index(last) + 1 :], at).rotation.inv().apply(last.axis)
                return np.asarray(axis * (1.0 if axis @ towards >= 0 else -1.0))
            if turns:
                axis = pose_of(chain[chain.index(last) + 1 :], at).rotation.inv().apply(last.axis)
                side = np.cross(axis, along)
                if np.linalg.norm(side) > 0.3:
                    side = side / np.linalg.norm(side)
                    return np.asarray(side * (1.0 if side @ towards >= 0 else -1.0))
            towards = towards - (towards @ along) * along
            if np.linalg.norm(towards) > 1e-6:
                return np.asarray(towards / np.linalg.norm(towards))
        return _any_across(along)
    assert last.limits is not None
    after = pose_of(chain[chain.index(last) + 1 :], at)
    axis = after.rotation.inv().apply(last.axis)
    way = np.cross(axis, end - after.inv().translation)
    sign = 1.0 if abs(last.limits[1]) >= abs(last.limits[0]) else -1.0
    if abs(abs(last.limits[1]) - abs(last.limits[0])) < 0.05 and others:
        towards = pose.rotation.inv().apply(np.mean(others, axis=0) - pose.apply(end))
        sign = 1.0 if way @ towards >= 0 else -1.0
    if np.linalg.norm(way) < 1e-6:
        return _any_across(along)
    return np.asarray(sign * way / np.linalg.norm(way))


def _any_across(direction: Array) -> Array:
    """A unit vector perpendicular to one."""
    start = np.eye(3)[int(np.abs(direction).argmin())]
    found = start - (start @ direction) * direction
    return np.asarray(found / np.linalg.norm(found))
