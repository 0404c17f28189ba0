"""An arm as URDF: its own file where it is one, else made of the bodies, joints and primitive shapes of an MJCF."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform, from_quaternion, transform
from tacrefine.hands import Hand
from tacrefine.scene.urdf import (
    Element,
    Shape,
    append_fixed,
    append_shapes,
    describe_hand,
    origin_of,
    read_urdf,
    text_of,
)
from tacrefine.sim.arm_model import find_model

MATERIAL = "arm"
UNLIMITED = 6.283185307
HINGE, SLIDE = int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE)


def describe_arm(
    name_or_path: str | os.PathLike[str], tip: str, root: str = "base", prefix: str = ""
) -> tuple[Element, str]:
    """The arm's URDF and the name of its link at `tip`, a site or body of the file.

    `root` is what the world of an MJCF is called, which is the frame of `wrist_pose`; `prefix` stands before the links
    of an MJCF, a URDF keeps its own names. Raises ConfigError in one sentence.
    """
    path = find_model(str(name_or_path))
    try:
        tree = read_urdf(path)
        if tree.tag == "robot":
            return tree, _checked(path, tip, [link.get("name", "") for link in tree.findall("link")])
        model = mujoco.MjSpec.from_file(str(path)).compile()
    except (OSError, ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"arm_model {path}: cannot be read ({' '.join(str(error).split())})") from error
    return _ArmWriter(model, root, prefix).written(path, tip)


def _checked(path: Path, tip: str, names: list[str]) -> str:
    if tip not in names:
        raise ConfigError(f"arm_tip '{tip}' is no link of {path}; it has {', '.join(names)}")
    return tip


def describe_robot(
    hand: Hand, prefix: str = "", arm: str = "", arm_tip: str = "wrist", root: str = "base"
) -> str:
    """The URDF of a hand, on the tip of an arm where one is named; ConfigError in one sentence."""
    if not arm:
        return describe_hand(hand, prefix)
    tree, tip = describe_arm(arm, arm_tip, root, prefix)
    return describe_hand(hand, prefix, tree, tip)


class _ArmWriter:
    """Turns the bodies of a MuJoCo model into links."""

    def __init__(self, model: Any, root: str, prefix: str) -> None:
        self._model, self._prefix = model, prefix
        self._links = {0: f"{prefix}{root}"}
        self._robot = ElementTree.Element("robot", name="arm")

    def written(self, path: Path, tip: str) -> tuple[Element, str]:
        model = self._model
        material = ElementTree.SubElement(self._robot, "material", name=MATERIAL)
        ElementTree.SubElement(material, "color", rgba="0.75 0.77 0.80 1")
        self._shaped(ElementTree.SubElement(self._robot, "link", name=self._links[0]), 0)
        for body in range(1, model.nbody):
            self._body(body)
        sites = {model.site(number).name: number for number in range(model.nsite)}
        bodies = {model.body(number).name: number for number in range(1, model.nbody)}
        if tip in bodies:
            return self._robot, self._links[bodies[tip]]
        if tip not in sites:
            names = ", ".join((*sites, *bodies))
            raise ConfigError(f"arm_tip '{tip}' is no site and no body of {path}; it has {names}")
        site, name = model.site(sites[tip]), f"{self._prefix}{tip}"
        ElementTree.SubElement(self._robot, "link", name=name)
        parent = self._links[int(site.bodyid[0])]
        append_fixed(self._robot, f"{name}_joint", parent, name, _pose(site.pos, site.quat))
        return self._robot, name

    def _body(self, number: int) -> None:
        """A link, behind one joint or, where the body has several, behind links without shape between them."""
        model, body = self._model, self._model.body(number)
        name = f"{self._prefix}{body.name or f'body_{number}'}"
        parent, pose = self._links[int(body.parentid[0])], _pose(body.pos, body.quat)
        first, count = int(body.jntadr[0]), int(body.jntnum[0])
        joints = [j for j in range(first, first + count) if int(model.jnt_type[j]) in (HINGE, SLIDE)]
        behind = transform()  # from the frame of the newest joint to the body's own
        for place, joint in enumerate(joints):
            child = (
                name if place == len(joints) - 1 and not np.any(model.jnt_pos[joint]) else f"{name}_{place}"
            )
            at = transform(model.jnt_pos[joint])
            self._joint(joint, parent, child, pose * at)
            ElementTree.SubElement(self._robot, "link", name=child)
            parent, pose = child, at.inv()
            behind = pose
        if parent != name:
            link = ElementTree.SubElement(self._robot, "link", name=name)
            append_fixed(self._robot, f"{name}_joint", parent, name, behind if joints else pose)
        else:
            link = self._robot[-1]
        self._links[number] = name
        self._shaped(link, number)

    def _joint(self, number: int, parent: str, child: str, pose: RigidTransform) -> None:
        joint = self._model.joint(number)
        kind = "prismatic" if int(joint.type[0]) == SLIDE else "revolute"
        element = ElementTree.SubElement(self._robot, "joint", name=joint.name, type=kind)
        origin_of(element, pose)
        ElementTree.SubElement(element, "parent", link=parent)
        ElementTree.SubElement(element, "child", link=child)
        ElementTree.SubElement(element, "axis", xyz=text_of(joint.axis))
        low, high = joint.range if self._model.jnt_limited[number] else (-UNLIMITED, UNLIMITED)
        limits = {"lower": text_of([low]), "upper": text_of([high]), "effort": "0", "velocity": "1"}
        ElementTree.SubElement(element, "limit", limits)

    def _shaped(self, link: Element, body: int) -> None:
        model = self._model
        shapes = []
        for number in np.flatnonzero(model.geom_bodyid == body):
            geom = model.geom(int(number))
            shape = _shape(int(geom.type[0]), geom.size, _pose(geom.pos, geom.quat))
            if shape is not None:
                shapes.append(shape)
        append_shapes(link, shapes, MATERIAL)


def _shape(kind: int, size: Any, pose: RigidTransform) -> Shape | None:
    """A primitive; meshes and planes are left out. A capsule becomes a cylinder of its whole length."""
    types = mujoco.mjtGeom
    if kind == int(types.mjGEOM_SPHERE):
        return Shape(pose, "sphere", radius=text_of(size[:1]))
    if kind == int(types.mjGEOM_BOX):
        return Shape(pose, "box", size=text_of(2.0 * size))
    if kind in (int(types.mjGEOM_CAPSULE), int(types.mjGEOM_CYLINDER)):
        round_ends = size[0] if kind == int(types.mjGEOM_CAPSULE) else 0.0
        length = 2.0 * (size[1] + round_ends)
        return Shape(pose, "cylinder", radius=text_of(size[:1]), length=text_of([length]))
    return None


def _pose(position: Any, quaternion: Any) -> RigidTransform:
    return from_quaternion(position, quaternion, scalar_first=True)
