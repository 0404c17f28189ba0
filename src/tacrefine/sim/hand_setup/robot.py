"""A robot model as links and joints, whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform

Array = NDArray[np.float64]
MOVING = ("revolute", "continuous", "prismatic")


@dataclass(frozen=True, eq=False)
class RobotJoint:
    """One joint: its frame in the parent link is `origin`, and the child link's frame is the joint's."""

    name: str
    type: str
    parent: str
    child: str
    origin: RigidTransform
    axis: Array
    limits: tuple[float, float] | None = None
    """rad or m"""
    effort: float | None = None
    """N m or N"""
    mimic: tuple[str, float, float] | None = None
    """joint, ratio, offset"""


@dataclass
class Robot:
    """Links by name, joints by the name of their child link, and what is known of drives and surfaces."""

    name: str
    source: str
    links: list[str]
    joints: dict[str, RobotJoint]
    surfaces: dict[str, Array] = field(default_factory=dict)
    """points (N, 3) m of the collision geometry of a link, in its frame; links without any are not here"""
    driven: set[str] | None = None
    """joints that the file says are driven; None: it does not say"""
    sites: dict[str, tuple[str, RigidTransform]] = field(default_factory=dict)
    """named frames: link, and pose in it"""
    notes: list[str] = field(default_factory=list)
    """what was left out or put right, a sentence each"""

    def link(self, name: str) -> str:
        """The link of that name; ConfigError with the nearest names where there is none."""
        if name in self.links:
            return name
        from difflib import get_close_matches

        near = get_close_matches(name, self.links, 4, 0.3) or self.links[:8]
        raise ConfigError(f"{self.source}: no link '{name}'; nearest: {', '.join(near)}.")

    def path(self, wrist: str, link: str) -> list[RobotJoint]:
        """Joints from the wrist's link to a link; ConfigError where the link is not beyond the wrist."""
        found: list[RobotJoint] = []
        at = link
        while at != wrist:
            if at not in self.joints or len(found) > len(self.joints):
                raise ConfigError(
                    f"{self.source}: link '{link}' does not hang on '{wrist}'; --wrist must be a link that all fingers "
                    f"hang on, '{at}' is the root of this one."
                )
            joint = self.joints[at]
            if joint.type not in (*MOVING, "fixed"):
                raise ConfigError(
                    f"{self.source}: joint '{joint.name}' is of type '{joint.type}'; allowed before a pad are "
                    f"fixed, {', '.join(MOVING)}."
                )
            found.append(joint)
            at = self.joints[at].parent
        return found[::-1]

    def beyond(self, link: str) -> list[tuple[str, RigidTransform]]:
        """Links that are fixed to a link, itself first, with their poses in it, m."""
        found = [(link, RigidTransform.identity())]
        for name, pose in found:
            for joint in self.joints.values():
                if joint.parent == name and joint.type == "fixed":
                    found.append((joint.child, pose * joint.origin))
        return found

    def points_of(self, link: str) -> Array:
        """Points (N, 3) m of the collision geometry of a link and of what is fixed to it, in its frame."""
        parts = [pose.apply(self.surfaces[name]) for name, pose in self.beyond(link) if name in self.surfaces]
        return np.concatenate(parts) if parts else np.zeros((0, 3))

    def last_joint_before(self, link: str) -> Array:
        """Where the last moving joint before a link lies, in the link's frame, m."""
        pose = RigidTransform.identity()
        while link in self.joints and self.joints[link].type == "fixed":
            pose = self.joints[link].origin * pose
            link = self.joints[link].parent
        return np.asarray(pose.inv().translation)

    def tip_of(self, link: str) -> Array | None:
        """Where a frame that is fixed to a link lies in it, the furthest one, m; None where there is none."""
        places = [np.asarray(pose.translation) for name, pose in self.beyond(link)[1:]]
        places += [np.asarray(pose.translation) for name, pose in self.sites.values() if name == link]
        return max(places, key=lambda place: float(np.linalg.norm(place)), default=None)


def box_points(half: Array) -> Array:
    """Points on the surface of a box with these half sizes, m."""
    steps = np.linspace(-1.0, 1.0, 7)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    return np.asarray(grid[(np.abs(grid) == 1.0).any(1)] * half)


def round_points(radius: float, half: float, capped: bool) -> Array:
    """Points on a cylinder along z, or with `capped` on a capsule (half 0: a sphere), m."""
    angle = np.linspace(0.0, 2 * np.pi, 16, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], -1)
    rows = [(radius, z) for z in np.linspace(-half, half, 7)]
    if capped:
        rows += [
            (radius * np.cos(up), side * (half + radius * np.sin(up)))
            for up in np.linspace(0.2, np.pi / 2, 5)
            for side in (-1.0, 1.0)
        ]
    else:
        rows += [(share * radius, side * half) for share in (0.0, 0.5) for side in (-1.0, 1.0)]
    return np.concatenate([np.column_stack([r * ring, np.full(len(ring), z)]) for r, z in rows])
