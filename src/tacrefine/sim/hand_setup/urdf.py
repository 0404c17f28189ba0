"""URDF files as published: fixed joints, absent meshes, `package://`, missing inertials, transmissions."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform, Rotation, transform
from tacrefine.sim.hand_setup.robot import MOVING, Array, Robot, RobotJoint, box_points, round_points

LARGEST = 1_000_000.0
SHOWN = 3
OTHERS = ("floating", "planar")
"""types of joints that a hand's description cannot express; elsewhere in the file they do no harm"""


def read_urdf(path: Path, text: str) -> Robot:
    """The robot of a URDF; raises ConfigError in one sentence that names the element."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ConfigError(f"{path}: has a document type definition; a URDF needs none, take it out.")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities: refused above
    except ElementTree.ParseError as error:
        raise ConfigError(f"{path}: is no URDF, it is not whole XML ({error}).") from error
    if root.tag != "robot":
        raise ConfigError(f"{path}: is no URDF; its first element is <{root.tag}>, not <robot>.")
    if re.search(r"\$\{|xacro:", text):
        raise ConfigError(f"{path}: is a xacro file; make a URDF of it first: xacro {path.name} > hand.urdf")
    links = [link.get("name", "") for link in root.findall("link")]
    if not links:
        raise ConfigError(f"{path}: has no <link>; a hand needs some.")
    robot = Robot(root.get("name") or path.stem, str(path), links, {})
    names: set[str] = set()
    for element in root.findall("joint"):
        joint = _joint(path, element, robot.notes)
        for end in (joint.parent, joint.child):
            if end not in links:
                raise ConfigError(f"{path}: joint '{joint.name}' joins link '{end}', which does not exist.")
        if joint.child in robot.joints:
            raise ConfigError(f"{path}: link '{joint.child}' is the child of two joints.")
        if joint.name in names:
            raise ConfigError(f"{path}: joint '{joint.name}' is named twice.")
        names.add(joint.name)
        robot.joints[joint.child] = joint
    for joint in robot.joints.values():
        if joint.mimic is not None and joint.mimic[0] not in names:
            raise ConfigError(
                f"{path}: joint '{joint.name}' mimics joint '{joint.mimic[0]}', which does not exist."
            )
    robot.driven = _driven(root, names)
    _add_surfaces(path, root, robot)
    return robot


def _joint(path: Path, element: ElementTree.Element, notes: list[str]) -> RobotJoint:
    name, kind = element.get("name", ""), element.get("type", "")
    where = f"{path}: joint '{name}'"
    parent, child = element.find("parent"), element.find("child")
    if not name or parent is None or child is None:
        raise ConfigError(f"{where} needs a name, a <parent> and a <child>.")
    if kind not in (*MOVING, "fixed", *OTHERS):
        raise ConfigError(f"{where} is of type '{kind}'; allowed are fixed, {', '.join(MOVING)}.")
    axis_element = element.find("axis")
    axis = _numbers(where, axis_element, "xyz", (1.0, 0.0, 0.0))
    length = float(np.linalg.norm(axis))
    if kind != "fixed" and length < 1e-9:
        raise ConfigError(f"{where} has an <axis> of length zero.")
    limits, effort = None, None
    limit = element.find("limit")
    if limit is not None and kind != "fixed":
        low, high = (_number(where, limit, key, 0.0) for key in ("lower", "upper"))
        effort = _number(where, limit, "effort", 0.0) or None
        limits = (min(low, high), max(low, high))
        if low > high and kind != "continuous":
            notes.append(f"joint '{name}' has its lower limit above its upper one; they are exchanged")
        if low == high:
            limits = None
            if kind != "continuous":
                notes.append(f"joint '{name}' has no room between its limits; it is fixed at {low:g}")
                return _fixed_at(element, path, kind, low, axis / length)
    if kind in ("revolute", "prismatic") and limits is None:
        if kind == "prismatic":
            raise ConfigError(f"{where} is prismatic and needs a <limit> with lower below upper.")
        kind = "continuous"
        notes.append(f"joint '{name}' is revolute without a <limit>; it is taken as continuous")
    mimic = element.find("mimic")
    follows = None
    if mimic is not None:
        ratio, offset = _number(where, mimic, "multiplier", 1.0), _number(where, mimic, "offset", 0.0)
        follows = (mimic.get("joint", ""), ratio, offset)
    return RobotJoint(
        name,
        kind,
        parent.get("link", ""),
        child.get("link", ""),
        _pose(where, element.find("origin")),
        axis / (length or 1.0),
        limits,
        effort,
        follows,
    )


def _fixed_at(element: ElementTree.Element, path: Path, kind: str, at: float, axis: Array) -> RobotJoint:
    """A joint that cannot move, as a fixed one."""
    where = f"{path}: joint '{element.get('name')}'"
    ends = [end.get("link", "") for end in (element.find("parent"), element.find("child")) if end is not None]
    moved = transform(at * axis) if kind == "prismatic" else transform(rotation_vector=at * axis)
    origin = _pose(where, element.find("origin")) * moved
    return RobotJoint(element.get("name", ""), "fixed", ends[0], ends[1], origin, axis)


def _driven(root: ElementTree.Element, names: set[str]) -> set[str] | None:
    """Joints of transmissions and of ros2_control's command interfaces; None where the file has neither."""
    found = {
        joint.get("name", "")
        for transmission in root.iter("transmission")
        for joint in transmission.findall("joint")
    }
    for control in root.iter("ros2_control"):
        found |= {
            joint.get("name", "")
            for joint in control.findall("joint")
            if joint.find("command_interface") is not None
        }
    return (found & names) or None


def _add_surfaces(path: Path, root: ElementTree.Element, robot: Robot) -> None:
    absent: list[str] = []
    for link in root.findall("link"):
        name, parts = link.get("name", ""), []
        for element in link.findall("collision") or link.findall("visual"):
            geometry = element.find("geometry")
            if geometry is None:
                continue
            where = f"{path}: link '{name}'"
            points = _geometry(path, where, geometry, absent)
            if points is not None:
                parts.append(_pose(where, element.find("origin")).apply(points))
        if parts:
            robot.surfaces[name] = np.concatenate(parts)
    if absent:
        names = ", ".join(absent[:SHOWN]) + (", ..." if len(absent) > SHOWN else "")
        robot.notes.append(
            f"{len(absent)} meshes are not there or cannot be read ({names}); they are left out"
        )


def _geometry(path: Path, where: str, geometry: ElementTree.Element, absent: list[str]) -> Array | None:
    box, cylinder, sphere = (geometry.find(kind) for kind in ("box", "cylinder", "sphere"))
    if box is not None:
        return box_points(_numbers(where, box, "size", (0.01, 0.01, 0.01)) / 2)
    if cylinder is not None:
        radius = _number(where, cylinder, "radius", 0.01)
        return round_points(radius, _number(where, cylinder, "length", 0.01) / 2, capped=False)
    if sphere is not None:
        return round_points(_number(where, sphere, "radius", 0.01), 0.0, capped=True)
    mesh = geometry.find("mesh")
    if mesh is None:
        return None
    name = mesh.get("filename", "")
    points = _mesh_points(path, name)
    if points is None:
        absent.append(name)
        return None
    return points * _numbers(where, mesh, "scale", (1.0, 1.0, 1.0))


def _mesh_points(path: Path, name: str) -> Array | None:
    """Vertices of a mesh beside the file or in the package that holds it, None where it is not there."""
    from tacrefine.objects.surface.files import read_triangles

    tail = re.sub(r"^(package|file|model)://", "", name)
    folders = [path.parent, *path.parent.parents]
    names = [tail, tail.partition("/")[2]] if name.startswith(("package://", "model://")) else [tail]
    for folder in folders[:6]:
        for candidate in names:
            file = folder / candidate
            if candidate and file.is_file():
                try:
                    points, faces = read_triangles(file)
                except Exception:  # whatever a foreign mesh makes of the readers: it is left out and told
                    return None
                corners = np.asarray(points, float)[faces]
                return np.concatenate([corners.reshape(-1, 3), corners.mean(1)])
    return None


def _pose(where: str, element: ElementTree.Element | None) -> RigidTransform:
    if element is None:
        return RigidTransform.identity()
    turn = Rotation.from_euler("xyz", _numbers(where, element, "rpy", (0.0, 0.0, 0.0)))
    return RigidTransform.from_components(_numbers(where, element, "xyz", (0.0, 0.0, 0.0)), turn)


def _numbers(
    where: str, element: ElementTree.Element | None, key: str, default: tuple[float, float, float]
) -> Array:
    text = None if element is None else element.get(key)
    if text is None or text.strip() in ("", "None"):
        return np.array(default)
    try:
        found = np.array([float(part) for part in text.split()])
    except ValueError:
        found = np.zeros(0)
    if len(found) != 3 or not (np.abs(found) < LARGEST).all():
        raise ConfigError(f'{where}: {key}="{text[:60]}" is not three numbers.')
    return found


def _number(where: str, element: ElementTree.Element, key: str, default: float) -> float:
    text = element.get(key)
    if text is None:
        return default
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) <= LARGEST:
        raise ConfigError(f'{where}: {key}="{text[:60]}" is not a number.')
    return found
