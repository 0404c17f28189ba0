"""A hand as a robot description (URDF): links, joints, pads and grasp centre, drawn with plain shapes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, Rotation, transform
from tacrefine.hands import Hand, Pad
from tacrefine.hands.description import JointDescription
from tacrefine.scene.names import CENTRE, link_of

BONE_RADIUS, PALM_RADIUS = 0.004, 0.006
"""m; no file says how thick a finger is"""
LEAST_THICKNESS = 0.001
LEAST_SPEED = 0.1
"""rad/s or m/s, of joints that closing hardly moves"""
COLOURS = {"bone": "0.55 0.57 0.60 1", "skin": "0.12 0.12 0.14 1"}

Element = ElementTree.Element


def describe_hand(hand: Hand, prefix: str = "", arm: Element | None = None, tip: str = "") -> str:
    """The URDF of a hand, alone or with its wrist fixed to the link `tip` of an arm's URDF.

    Links, not joints, get the prefix: `joint_states` names joints as the hand's YAML does.
    """
    robot = ElementTree.Element("robot", name=hand.name) if arm is None else arm
    known = {material.get("name") for material in robot.findall("material")}
    for name, colour in COLOURS.items():
        if name not in known:
            ElementTree.SubElement(ElementTree.SubElement(robot, "material", name=name), "color", rgba=colour)
    if tip:
        wrist = f"{prefix}{hand.wrist_frame}"
        append_fixed(robot, f"{prefix}hand_mount", tip, wrist, RigidTransform.identity())
    _HandWriter(robot, hand, prefix).write()
    ElementTree.indent(robot)
    return ElementTree.tostring(robot, encoding="unicode", xml_declaration=True) + "\n"


def read_urdf(path: Path) -> Element:
    """The root of a URDF file."""
    return ElementTree.parse(path).getroot()  # noqa: S314 - expat bounds entities, and reads no other file


class _HandWriter:
    """Appends one hand to a robot."""

    def __init__(self, robot: Element, hand: Hand, prefix: str) -> None:
        self._robot, self._hand, self._prefix = robot, hand, prefix

    def write(self) -> None:
        """Every link and joint, from the wrist outwards."""
        hand = self._hand
        self._bone(None)
        for joint in hand.joints:
            self._bone(joint.name)
            self._joint(joint)
        for pad in hand.pads:
            name = f"{self._prefix}{pad.frame_id}"
            append_shapes(self._link(name), [_pad_box(pad)], "skin")
            append_fixed(self._robot, f"{name}_joint", self._name(pad.joint), name, pad.pose_in_link)
        centre = f"{self._prefix}{CENTRE}"
        self._link(centre)
        append_fixed(self._robot, f"{centre}_joint", self._name(None), centre, hand.wrist_from_centre)

    def _name(self, joint: str | None) -> str:
        return f"{self._prefix}{link_of(joint, self._hand.wrist_frame)}"

    def _link(self, name: str) -> Element:
        return ElementTree.SubElement(self._robot, "link", name=name)

    def _bone(self, joint: str | None) -> None:
        """A link as cylinders to whatever sits on it."""
        ends = [j.origin.position for j in self._hand.joints if j.parent == joint]
        ends += [tuple(pad.pose_in_link.translation) for pad in self._hand.pads if pad.joint == joint]
        radius = PALM_RADIUS if joint is None else BONE_RADIUS
        bones = [_cylinder(np.zeros(3), np.array(end, float), radius) for end in ends if np.any(end)]
        append_shapes(self._link(self._name(joint)), bones, "bone")

    def _joint(self, joint: JointDescription) -> None:
        kind = joint.type
        element = ElementTree.SubElement(self._robot, "joint", name=joint.name, type=kind)
        origin_of(element, transform(joint.origin.position, joint.origin.rotation_vector))
        ElementTree.SubElement(element, "parent", link=self._name(joint.parent))
        ElementTree.SubElement(element, "child", link=self._name(joint.name))
        ElementTree.SubElement(element, "axis", xyz=text_of(joint.axis))
        effort, speed = 0.0, LEAST_SPEED
        if joint.drive is not None:
            effort = joint.drive.torque_limit
            speed = max(abs(joint.drive.closed - joint.drive.open) / self._hand.closing_time, LEAST_SPEED)
        bounds = (
            {}
            if kind == "continuous"
            else dict(zip(("lower", "upper"), map(_text, joint.limits), strict=True))
        )
        ElementTree.SubElement(
            element, "limit", {**bounds, "effort": _text(effort), "velocity": _text(speed)}
        )
        if joint.mimic is not None:
            ElementTree.SubElement(
                element,
                "mimic",
                joint=joint.mimic.joint,
                multiplier=_text(joint.mimic.ratio),
                offset=_text(joint.mimic.offset),
            )


class Shape:
    """A primitive of URDF with its place in the link."""

    def __init__(self, pose: RigidTransform, kind: str, **sizes: str) -> None:
        self.pose, self.kind, self.sizes = pose, kind, sizes


def _cylinder(start: NDArray[np.float64], end: NDArray[np.float64], radius: float) -> Shape:
    along = end - start
    length = float(np.linalg.norm(along))
    turn, _ = Rotation.align_vectors([along / length], [[0.0, 0.0, 1.0]])
    pose = RigidTransform.from_components((start + end) / 2, turn)
    return Shape(pose, "cylinder", radius=_text(radius), length=_text(length))


def _pad_box(pad: Pad) -> Shape:
    """The box around the taxels of a pad."""
    low, high = pad.points.min(axis=0), pad.points.max(axis=0)
    size = np.maximum(high - low, LEAST_THICKNESS)
    return Shape(transform((low + high) / 2), "box", size=text_of(size))


def append_shapes(link: Element, shapes: Iterable[Shape], material: str) -> None:
    """Draw a link, and let it collide, with these shapes."""
    for shape in shapes:
        for kind in ("visual", "collision"):
            element = ElementTree.SubElement(link, kind)
            origin_of(element, shape.pose)
            ElementTree.SubElement(ElementTree.SubElement(element, "geometry"), shape.kind, shape.sizes)
            if kind == "visual":
                ElementTree.SubElement(element, "material", name=material)


def append_fixed(robot: Element, name: str, parent: str, child: str, pose: RigidTransform) -> None:
    """A joint that does not move."""
    joint = ElementTree.SubElement(robot, "joint", name=name, type="fixed")
    origin_of(joint, pose)
    ElementTree.SubElement(joint, "parent", link=parent)
    ElementTree.SubElement(joint, "child", link=child)


def origin_of(element: Element, pose: RigidTransform) -> None:
    """Where an element stands; URDF's roll, pitch and yaw turn about fixed axes, in this order."""
    angles = pose.rotation.as_euler("xyz")
    ElementTree.SubElement(element, "origin", xyz=text_of(pose.translation), rpy=text_of(angles))


def text_of(values: Iterable[float]) -> str:
    """Numbers as an attribute."""
    return " ".join(map(_text, values))


def _text(value: float) -> str:
    return f"{round(float(value), 9) + 0.0:.9g}"
