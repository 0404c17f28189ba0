"""Fingers that share drives as flat arrays for the solver: a tree of joints with any number of drives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import cross_matrix, transform
from tacrefine.hands import Finger, Hand, Pad
from tacrefine.hands.cores import Core
from tacrefine.hands.description import JointDescription
from tacrefine.sim.quasistatic.chains import NOWHERE, REACH_MARGIN, columns, in_slots, slots_of
from tacrefine.sim.quasistatic.scouts import core_scouts, point_scouts


class GroupArrays(NamedTuple):
    """Fingers that share drives. NJ joints, parents first, ND drives, NP pads, NS slots, NF fingers.

    A joint stands at ``ratio * q[drive] + offset``; its rotation is ``turn[0] + cos turn[1] + sin turn[2]``, that of a
    sliding one ``turn[0]``.
    """

    turn: NDArray[np.float64]
    """(NJ, 3, 3, 3)"""
    position: NDArray[np.float64]
    """(NJ, 3) m"""
    axis: NDArray[np.float64]
    """(NJ, 3)"""
    slides: NDArray[np.bool_]
    """(NJ,)"""
    parent: NDArray[np.int64]
    """(NJ,), -1: the wrist"""
    drive: NDArray[np.int64]
    """(NJ,)"""
    ratio: NDArray[np.float64]
    """(NJ,)"""
    offset: NDArray[np.float64]
    """(NJ,) rad or m"""
    drives: NDArray[np.float64]
    """(ND, 7): stiffness, opening target, target when closed, limit of torque or force, 1 if the plant's factor on the
    closing torque is for it, lower and upper limit of its joint"""
    reach: NDArray[np.float64]
    """(ND,) m/rad or m/m, upper bounds of any taxel's speed over each drive"""
    core_reach: NDArray[np.float64]
    """(ND,) the same of the pads' stiff cores"""
    pad_joint: NDArray[np.int64]
    """(NP,) joint whose link carries the pad, -1: the wrist"""
    pad_rotation: NDArray[np.float64]
    """(NP, 3, 3) of the core's frame, in which the solver sees a pad"""
    pad_position: NDArray[np.float64]
    """(NP, 3) m"""
    pad_finger: NDArray[np.int64]
    """(NP,) which finger of the group it is on"""
    pad_tip: NDArray[np.float64]
    """(NP, 3, 3) from the pad's own frame to its link's: fingertip offsets are told in the former"""
    pad_start: NDArray[np.int64]
    """(NP + 1,) first taxel of each pad, counted in the group"""
    slot_start: NDArray[np.int64]
    """(NP + 1,) first slot of each pad"""
    centres: NDArray[np.float32]
    """(3, NS) taxel spheres' centres in the core's frame, m"""
    normals: NDArray[np.float32]
    """(3, NS)"""
    core: NDArray[np.float64]
    """(NP, 3): x of its axis (0), radius, half length, m"""
    extent: NDArray[np.float64]
    """(NP,) m, furthest point of a pad's taxels and core from its frame's origin"""
    scouts: NDArray[np.float32]
    """(3, NP * SCOUTS) as of `FingerArrays`"""
    core_scouts: NDArray[np.float32]
    """(3, NP * CORE_SCOUTS)"""
    scout_radius: NDArray[np.float64]
    """(NP, 2) m"""
    taxel_radius: float
    """m"""


def groups_of(hand: Hand) -> list[list[int]]:
    """Indices of fingers that share drives, in the hand's order; a palm stands alone."""
    groups: list[tuple[set[str], list[int]]] = []
    for index, finger in enumerate(hand.fingers):
        drives, members = set(finger.drives), [index]
        for other in [group for group in groups if group[0] & drives]:
            drives |= other[0]
            members = other[1] + members
            groups.remove(other)
        groups.append((drives, members))
    return sorted((sorted(members) for _, members in groups), key=lambda members: members[0])


def group_arrays(hand: Hand, fingers: Sequence[Finger]) -> GroupArrays:
    """Flatten fingers that move together."""
    names = {joint.name for finger in fingers for joint in finger.joints}
    joints = [joint for joint in hand.joints if joint.name in names]
    index: dict[str | None, int] = {None: -1} | {joint.name: i for i, joint in enumerate(joints)}
    driving = [name for name in hand.actuated_joints if any(name in finger.drives for finger in fingers)]
    pads = [pad for finger in fingers for pad in finger.pads]
    cores = [pad.core(hand.skin.backing_depth) for pad in pads]
    drives = np.array([_drive(joint) for joint in hand.driven if joint.name in driving])
    radius = hand.skin.taxel_radius
    under = [
        (core.pose.inv().apply(pad.points - radius * pad.normals), core)
        for pad, core in zip(pads, cores, strict=True)
    ]
    seen = [point_scouts(points, radius) for points, _ in under]
    hidden = [core_scouts(0.0, core.radius, core.half) for core in cores]
    links = [pad.pose_in_link * core.pose for pad, core in zip(pads, cores, strict=True)]
    coupling = [_coupling(joint, driving) for joint in joints]
    tree = _Tree(
        np.array([index[joint.parent] for joint in joints]),
        np.array([joint.origin.position for joint in joints], float),
        np.array([drive for drive, _, _ in coupling]),
        np.array([abs(ratio) for _, ratio, _ in coupling]),
        np.array([joint.is_prismatic for joint in joints]),
        np.array([max(abs(limit) for limit in joint.limits) * joint.is_prismatic for joint in joints]),
    )
    carried = [index[pad.joint] for pad in pads]
    return GroupArrays(
        turn=np.stack([_turn(joint) for joint in joints]),
        position=np.array([joint.origin.position for joint in joints], float),
        axis=np.array([joint.axis for joint in joints], float),
        slides=np.array([joint.is_prismatic for joint in joints]),
        parent=np.array([index[joint.parent] for joint in joints]),
        drive=tree.drive,
        ratio=np.array([ratio for _, ratio, _ in coupling]),
        offset=np.array([offset for _, _, offset in coupling]),
        drives=drives,
        reach=tree.reach(len(driving), carried, [_furthest_taxel(pad) for pad in pads]),
        core_reach=tree.reach(
            len(driving),
            carried,
            [_furthest_of_core(pad, core) for pad, core in zip(pads, cores, strict=True)],
        ),
        pad_joint=np.array(carried),
        pad_rotation=np.stack([link.rotation.as_matrix() for link in links]),
        pad_position=np.stack([np.asarray(link.translation) for link in links]),
        pad_finger=np.array([number for number, finger in enumerate(fingers) for _ in finger.pads]),
        pad_tip=np.stack([pad.pose_in_link.rotation.as_matrix() for pad in pads]),
        pad_start=np.cumsum([0] + [pad.size for pad in pads]),
        slot_start=np.cumsum([0] + [slots_of(pad.size) for pad in pads]),
        centres=in_slots([points for points, _ in under], NOWHERE),
        normals=in_slots(
            [core.pose.rotation.inv().apply(pad.normals) for pad, core in zip(pads, cores, strict=True)], 0.0
        ),
        core=np.array([[0.0, core.radius, core.half] for core in cores]),
        extent=np.array(
            [
                max(float(np.linalg.norm(points, axis=1).max()) + radius, core.half + core.radius)
                for points, core in under
            ]
        ),
        scouts=columns(seen),
        core_scouts=columns(hidden),
        scout_radius=np.array([[a, b] for (_, a), (_, b) in zip(seen, hidden, strict=True)]),
        taxel_radius=radius,
    )


def _drive(joint: JointDescription) -> list[float]:
    d = joint.drive
    assert d is not None
    return [d.stiffness, d.open, d.closed, d.torque_limit, float(d.role == "closing"), *joint.limits]


def _coupling(joint: JointDescription, driving: Sequence[str]) -> tuple[int, float, float]:
    """Drive, ratio and offset of a joint."""
    if joint.mimic is None:
        return driving.index(joint.name), 1.0, 0.0
    return driving.index(joint.mimic.joint), joint.mimic.ratio, joint.mimic.offset


def _turn(joint: JointDescription) -> NDArray[np.float64]:
    origin = transform(joint.origin.position, joint.origin.rotation_vector)
    matrix, axis = origin.rotation.as_matrix(), np.array(joint.axis)
    along = np.outer(axis, axis)
    turning = 0.0 if joint.is_prismatic else 1.0
    # At rest (cos 1, sin 0) all three add up to the origin's rotation.
    rest = matrix @ (np.eye(3) - along)
    return np.stack(
        [matrix @ along + (1 - turning) * rest, turning * rest, turning * (matrix @ cross_matrix(axis))]
    )


def _furthest_taxel(pad: Pad) -> float:
    return float(np.linalg.norm(pad.pose_in_link.apply(pad.points), axis=1).max())


def _furthest_of_core(pad: Pad, core: Core) -> float:
    ends = (pad.pose_in_link * core.pose).apply([[0, 0, -core.half], [0, 0, core.half]])
    return float(np.linalg.norm(ends, axis=1).max()) + core.radius


class _Tree(NamedTuple):
    """What bounds how fast a pad can move."""

    parent: NDArray[np.int64]
    position: NDArray[np.float64]
    drive: NDArray[np.int64]
    ratio: NDArray[np.float64]
    slides: NDArray[np.bool_]
    travel: NDArray[np.float64]
    """m that a sliding joint may lengthen the levers of the joints before it"""

    def reach(self, drives: int, carried: Sequence[int], furthest: Sequence[float]) -> NDArray[np.float64]:
        """(ND,) m per rad or m: the longest lever of any pad, its ratios counted, with some margin."""
        bounds = np.full((len(carried), drives), 1e-9)
        for p, (joint, lever) in enumerate(zip(carried, furthest, strict=True)):
            while joint >= 0:
                bounds[p, self.drive[joint]] += self.ratio[joint] * (1.0 if self.slides[joint] else lever)
                lever += float(np.linalg.norm(self.position[joint])) + float(self.travel[joint])
                joint = int(self.parent[joint])
        return np.asarray(REACH_MARGIN * bounds.max(axis=0))
