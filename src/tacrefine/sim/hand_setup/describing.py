"""A robot model and pads on it as the content of a hand's YAML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform
from tacrefine.sim.hand_setup.robot import Robot, RobotJoint
from tacrefine.sim.hand_setup.tips import PlacedPad, resting

DRIVE = {"stiffness": 1.0, "damping": 0.02, "torque_limit": 0.2}
"""until the posture is found"""
SKIN = {"backing_depth": 0.002, "full_scale": 1.0}
CLOSING_TIME = 2.0


def described(
    robot: Robot,
    wrist: str,
    fingers: Mapping[str, Sequence[PlacedPad]],
    name: str,
    driven: Iterable[str] = (),
) -> dict[str, Any]:
    """The content of a hand's file; raises ConfigError in one sentence that names joint or link.

    `driven` names the driven joints where the robot model does not say, or says otherwise.
    """
    pads = [pad for group in fingers.values() for pad in group]
    joints = _needed(robot, wrist, pads)
    by_name = {joint.name: joint for joint in joints}
    wanted = _driven(robot, by_name, tuple(driven))
    frozen = resting([joint for joint in joints if joint.name not in wanted and joint.mimic is None])
    if frozen:
        robot.notes.append(f"joints that nothing drives stay where they rest: {', '.join(frozen)}")
    moving = [joint for joint in joints if joint.name not in frozen]
    entries = [_joint(robot, wrist, joint, frozen, joint.name in wanted) for joint in moving]
    for finger, group in fingers.items():
        for pad in group:
            if not any(j.type != "fixed" and j.name not in frozen for j in robot.path(wrist, pad.link)):
                raise ConfigError(
                    f"{robot.source}: finger '{finger}' has no driven joint between '{wrist}' and '{pad.link}'; name "
                    "them with --driven."
                )
    content: dict[str, Any] = {
        "name": name,
        "wrist_frame": wrist,
        "grasp_centre": {"position": [0.0, 0.0, 0.0]},
        "skin": {"taxel_radius": _taxel_radius(pads), **SKIN},
        "closing_time": CLOSING_TIME,
    }
    if len(fingers) == 2:
        content["grasp"] = {"needs": list(fingers)}
    content["joints"] = entries
    content["fingers"] = [
        {"name": finger, "pads": [_pad_entry(robot, wrist, pad, frozen) for pad in group]}
        for finger, group in fingers.items()
    ]
    return content


def _needed(robot: Robot, wrist: str, pads: Sequence[PlacedPad]) -> list[RobotJoint]:
    """The moving joints before the pads, and those that they mimic, each once, parents first."""
    by_name = {joint.name: joint for joint in robot.joints.values()}
    found: dict[str, RobotJoint] = {}
    waiting = [pad.link for pad in pads]
    while waiting:
        for joint in robot.path(wrist, waiting.pop(0)):
            if joint.type == "fixed" or joint.name in found:
                continue
            found[joint.name] = joint
            if joint.mimic is not None:
                followed = by_name.get(joint.mimic[0])
                if followed is None or followed.type == "fixed":
                    raise ConfigError(
                        f"{robot.source}: joint '{joint.name}' mimics '{joint.mimic[0]}', which does not move."
                    )
                waiting.append(followed.child)
    _check_loops(robot, found)
    return list(found.values())


def _check_loops(robot: Robot, joints: Mapping[str, RobotJoint]) -> None:
    for joint in joints.values():
        path, at = [joint.name], joint
        while at.mimic is not None:
            if at.mimic[0] in path:
                raise ConfigError(
                    f"{robot.source}: joints {' -> '.join([*path, at.mimic[0]])} mimic each other: a loop."
                )
            path.append(at.mimic[0])
            at = joints[at.mimic[0]]


def _driven(robot: Robot, joints: Mapping[str, RobotJoint], named: Sequence[str]) -> set[str]:
    """Joints that get a drive: those named, else those of the file, else all that mimic none."""
    for name in named:
        if name not in joints:
            known = ", ".join(joints)
            raise ConfigError(
                f"{robot.source}: --driven: '{name}' is no joint of a finger (there are {known})."
            )
        if joints[name].mimic is not None:
            raise ConfigError(f"{robot.source}: --driven: joint '{name}' mimics another one.")
    if named:
        found = set(named)
    elif robot.driven is not None and any(name in joints for name in robot.driven):
        found = {name for name in robot.driven if name in joints and joints[name].mimic is None}
    else:
        found = {name for name, joint in joints.items() if joint.mimic is None}
    for joint in joints.values():
        at = joint
        while at.mimic is not None:
            at = joints[at.mimic[0]]
        if joint.mimic is not None and at.name not in found:
            raise ConfigError(
                f"{robot.source}: joint '{joint.name}' follows joint '{at.name}', which nothing drives; name it with "
                "--driven."
            )
    return found


def _origin(pose: RigidTransform) -> dict[str, list[float]]:
    entry = {}
    place, turn = np.asarray(pose.translation), pose.rotation.as_rotvec()
    if np.abs(place).max() > 5e-8:
        entry["position"] = [round(float(x), 7) for x in place]
    if np.abs(turn).max() > 5e-8:
        entry["rotation_vector"] = [round(float(x), 8) for x in turn]
    return entry


def _carrier(
    robot: Robot, wrist: str, link: str, frozen: Mapping[str, float]
) -> tuple[str | None, RigidTransform]:
    """The moving joint whose link carries a link, and the link's pose in it; None: the wrist."""
    pose, carrier = RigidTransform.identity(), None
    from tacrefine.sim.hand_setup.tips import pose_of

    for joint in robot.path(wrist, link):
        if joint.type != "fixed" and joint.name not in frozen:
            carrier, pose = joint.name, RigidTransform.identity()
        else:
            pose = pose * pose_of([joint], frozen)
    return carrier, pose


def _joint(
    robot: Robot, wrist: str, joint: RobotJoint, frozen: Mapping[str, float], driven: bool
) -> dict[str, Any]:
    parent, before = _carrier(robot, wrist, joint.parent, frozen)
    entry: dict[str, Any] = {"name": joint.name}
    if joint.type != "revolute":
        entry["type"] = joint.type
    if parent is not None:
        entry["parent"] = parent
    origin = _origin(before * joint.origin)
    if origin:
        entry["origin"] = origin
    axis = joint.axis / np.linalg.norm(joint.axis)
    entry["axis"] = [round(float(a), 9) + 0.0 for a in axis]
    if joint.limits is not None:
        entry["limits"] = [round(float(x), 7) for x in joint.limits]
    if joint.mimic is not None and not driven:
        name, ratio, offset = joint.mimic
        entry["mimic"] = {"joint": name, "ratio": round(ratio, 7)}
        if abs(offset) > 1e-9:
            entry["mimic"]["offset"] = round(offset, 7)
    else:
        rest = resting([joint])[joint.name]
        entry["drive"] = {**DRIVE, "open": rest, "closed": rest}
    return entry


def _pad_entry(robot: Robot, wrist: str, pad: PlacedPad, frozen: Mapping[str, float]) -> dict[str, Any]:
    carrier, pose = _carrier(robot, wrist, pad.link, frozen)
    entry: dict[str, Any] = {"name": pad.name}
    if carrier is not None:
        entry["joint"] = carrier
    return entry | {"origin": _origin(pose * pad.pose)} | dict(pad.content)


def _taxel_radius(pads: Sequence[PlacedPad]) -> float:
    """Half the smallest distance of neighbouring taxels, at most 1 mm."""
    pitches: list[float] = [2e-3]
    for pad in pads:
        pitch = pad.content.get("pitch")
        if isinstance(pitch, int | float):
            pitches.append(float(pitch))
        elif isinstance(pitch, list | tuple):
            pitches += [float(p) for p in pitch]
        points = pad.content.get("taxels")
        if isinstance(points, list) and len(points) > 1:
            at = np.array(points, float)[:, :3]
            apart = np.linalg.norm(at[:, None] - at[None], axis=-1) + np.diag(np.full(len(at), np.inf))
            pitches.append(float(apart.min()))
    return round(min(pitches) / 2, 6)
