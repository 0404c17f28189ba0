"""Frames of a robot as TF wants them, read from its description: each where it stands in its parent.

In plain numbers, since it is done many times a second.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import NamedTuple

from tacrefine.geometry import (
    Quaternion,
    RigidTransform,
    Rotation,
    Triple,
    quaternion_from_vector,
    quaternion_product,
    rotated,
)


class Frame(NamedTuple):
    """Where `child` stands in `parent`: position m, quaternion x y z w."""

    parent: str
    child: str
    position: Triple
    quaternion: Quaternion


class _Joint(NamedTuple):
    """A joint that moves: its frame at 0, and what moves it."""

    origin: Frame
    axis: Triple
    slides: bool
    name: str
    follows: str
    """joint that it mimics, '' if none"""
    ratio: float
    offset: float


def frame_of(parent: str, child: str, pose: RigidTransform) -> Frame:
    """A frame from a pose, m."""
    x, y, z = map(float, pose.translation)
    i, j, k, w = map(float, pose.rotation.as_quat())
    return Frame(parent, child, (x, y, z), (i, j, k, w))


class RobotFrames:
    """The frames of one robot; `fixed` are those that never move."""

    def __init__(self, urdf: str) -> None:
        self.fixed: list[Frame] = []
        self._joints: list[_Joint] = []
        for joint in ElementTree.fromstring(urdf).findall("joint"):  # noqa: S314 - our own text
            frame = Frame(
                joint.find("parent").get("link", ""),  # type: ignore[union-attr]
                joint.find("child").get("link", ""),  # type: ignore[union-attr]
                *_origin(joint.find("origin")),
            )
            if joint.get("type") == "fixed":
                self.fixed.append(frame)
                continue
            mimic, axis = joint.find("mimic"), joint.find("axis")
            self._joints.append(
                _Joint(
                    frame,
                    (1.0, 0.0, 0.0) if axis is None else _triple(axis, "xyz"),
                    joint.get("type") == "prismatic",
                    joint.get("name", ""),
                    "" if mimic is None else mimic.get("joint", ""),
                    1.0 if mimic is None else float(mimic.get("multiplier", 1.0)),
                    0.0 if mimic is None else float(mimic.get("offset", 0.0)),
                )
            )

    def moving(self, positions: Mapping[str, float]) -> list[Frame]:
        """Links whose joints are known, at positions in rad or m; what mimics a known joint is known too."""
        frames = []
        for joint in self._joints:
            position = positions.get(joint.name)
            if position is None and joint.follows in positions:
                position = joint.ratio * positions[joint.follows] + joint.offset
            if position is not None and math.isfinite(position):
                frames.append(_moved(joint, position))
        return frames


def _origin(element: ElementTree.Element | None) -> tuple[Triple, Quaternion]:
    if element is None:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)
    x, y, z, w = map(float, Rotation.from_euler("xyz", _triple(element, "rpy")).as_quat())
    return _triple(element, "xyz"), (x, y, z, w)


def _triple(element: ElementTree.Element, name: str) -> Triple:
    x, y, z = map(float, element.get(name, "0 0 0").split())
    return x, y, z


def _moved(joint: _Joint, position: float) -> Frame:
    origin, axis = joint.origin, joint.axis
    x, y, z = axis[0] * position, axis[1] * position, axis[2] * position
    if joint.slides:
        a, b, c = rotated(origin.quaternion, (x, y, z))
        px, py, pz = origin.position
        return origin._replace(position=(px + a, py + b, pz + c))
    return origin._replace(quaternion=quaternion_product(origin.quaternion, quaternion_from_vector(x, y, z)))
