"""Joints in an order in which they can be worked out, coupled ones told by the drive that moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tacrefine.hands.description import JointDescription, Mimic


def resolved(joints: Sequence[JointDescription]) -> tuple[JointDescription, ...]:
    """The joints, parents first and else in the order of the file, each coupled one with its drive, ratio and offset.

    Raises ValueError in half a sentence where a name stands twice, a parent or a mimicked joint does not exist, or
    parents or mimics form a loop.
    """
    by_name: dict[str, JointDescription] = {}
    for joint in joints:
        if joint.name in by_name:
            raise ValueError(f"joint '{joint.name}' is named twice")
        by_name[joint.name] = joint
    return tuple(_told_by_its_drive(joint, by_name) for joint in _parents_first(joints, by_name))


def _parents_first(
    joints: Sequence[JointDescription], by_name: Mapping[str, JointDescription]
) -> list[JointDescription]:
    for joint in joints:
        if joint.parent is not None and joint.parent not in by_name:
            raise ValueError(f"joint '{joint.name}' has the parent '{joint.parent}', which is no joint here")
    ordered: list[JointDescription] = []
    placed: set[str] = set()
    waiting = list(joints)
    while waiting:
        ready = [joint for joint in waiting if joint.parent is None or joint.parent in placed]
        if not ready:
            names = ", ".join(f"'{joint.name}'" for joint in waiting)
            raise ValueError(f"joints {names} are each other's parents: a loop")
        # One at a time, so that an order that works already stays.
        ordered.append(ready[0])
        placed.add(ready[0].name)
        waiting.remove(ready[0])
    return ordered


def _told_by_its_drive(joint: JointDescription, by_name: Mapping[str, JointDescription]) -> JointDescription:
    if joint.mimic is None:
        return joint
    ratio, offset = joint.mimic.ratio, joint.mimic.offset
    path, name = [joint.name], joint.mimic.joint
    while True:
        if name not in by_name:
            raise ValueError(f"joint '{path[-1]}' mimics '{name}', which is no joint here")
        if name in path:
            raise ValueError(f"joints {' -> '.join([*path, name])} mimic each other: a loop")
        followed = by_name[name].mimic
        if followed is None:
            break
        ratio, offset = ratio * followed.ratio, offset + ratio * followed.offset
        path.append(name)
        name = followed.joint
    if len(path) == 1:
        return joint
    return joint.model_copy(update={"mimic": Mimic(joint=name, ratio=ratio, offset=offset)})
