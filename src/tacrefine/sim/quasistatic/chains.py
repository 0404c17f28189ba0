"""A hand as flat arrays for the solver: joints as three constant matrices each, pads, taxels, stiff cores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import cross_matrix, transform
from tacrefine.hands import Finger, Hand
from tacrefine.hands.description import Drive, JointDescription
from tacrefine.sim.quasistatic.scouts import core_scouts, taxel_scouts

REACH_MARGIN = 1.05
LANES = 8
"""Each pad's taxels are filled up to whole vectors with slots that touch nothing."""
NOWHERE = 1.0
"""m along a pad's x axis, where such slots lie"""
WRIST = JointDescription(name="(wrist)", axis=(0, 0, 1), limits=(-1, 1), drive=Drive(
    stiffness=1, damping=0, torque_limit=1, open=0, closed=0))  # fmt: skip
"""stands for the wrist itself, which carries a palm's pads and does not turn"""
PALM_DRIVE = (1.0, 0.04, 1.0, 0.0)
"""A palm "closes" by a drive that moves nothing, in as many steps as its taxels need to settle."""


class FingerArrays(NamedTuple):
    """One finger, as a named tuple so that compiled code takes it whole. NJ joints, NP pads, NT taxels, NS slots.

    A joint's rotation in its parent's link is ``turn[0] + cos(q) turn[1] + sin(q) turn[2]`` with
    ``q = ratio * drive + offset``; drive 0 closes the finger, drive 1 sets its posture.
    """

    turn: NDArray[np.float64]
    """(NJ, 3, 3, 3)"""
    position: NDArray[np.float64]
    """(NJ, 3) m"""
    axis: NDArray[np.float64]
    """(NJ, 3)"""
    drive: NDArray[np.int64]
    """(NJ,)"""
    ratio: NDArray[np.float64]
    """(NJ,)"""
    offset: NDArray[np.float64]
    """(NJ,) rad"""
    pad_joint: NDArray[np.int64]
    """(NP,) joint whose link carries the pad"""
    pad_rotation: NDArray[np.float64]
    """(NP, 3, 3)"""
    pad_position: NDArray[np.float64]
    """(NP, 3) m"""
    pad_start: NDArray[np.int64]
    """(NP + 1,) first taxel of each pad"""
    slot_start: NDArray[np.int64]
    """(NP + 1,) first slot of each pad; a pad's taxels come first, then slots that touch nothing"""
    centres: NDArray[np.float32]
    """(3, NS) taxel spheres' centres in the pad frame, m"""
    normals: NDArray[np.float32]
    """(3, NS)"""
    core: NDArray[np.float64]
    """(NP, 3) of each pad's stiff capsule: x of its axis, radius, half length, m"""
    drives: NDArray[np.float64]
    """(2, 4): stiffness, target when closed, torque limit, opening target; row 1 zero without a posture drive"""
    has_posture: bool
    reach: float
    """m/rad, upper bound of any taxel's speed over the closing drive"""
    core_reach: float
    """m/rad, the same of the pads' stiff cores"""
    scouts: NDArray[np.float32]
    """(3, NP * SCOUTS) centres of spheres, in the pad frame, m, which together hold all of a pad's taxels"""
    core_scouts: NDArray[np.float32]
    """(3, NP * CORE_SCOUTS) the same of a pad's core"""
    scout_radius: NDArray[np.float64]
    """(NP, 2) m, of both"""
    taxel_radius: float
    """m"""


def is_simple(finger: Finger) -> bool:
    """Whether `FingerArrays` can hold a finger that shares no drive with another one.

    That takes turning joints, grids of taxels, and own drives: one that closes it towards larger angles, and at most
    one that holds its posture. A palm is simple, too.
    """
    own = {joint.name: joint.drive for joint in finger.joints if joint.drive is not None}
    closing = [own[name] for name in finger.closing_joints if name in own]
    return (
        all(pad.is_grid for pad in finger.pads)
        and not any(joint.is_prismatic for joint in finger.joints)
        and set(finger.drives) <= own.keys()
        and len(own) <= len(closing) + 1
        and len(closing) == bool(finger.joints)
        and all(drive.closed > drive.open for drive in closing)
    )


def finger_arrays(hand: Hand, finger: Finger) -> FingerArrays:
    """Flatten one finger of a hand."""
    joints = finger.joints if all(pad.joint for pad in finger.pads) else (WRIST, *finger.joints)
    index = {joint.name: i for i, joint in enumerate(joints)}
    drive_of = {finger.closing_joint: 0}
    if finger.posture_joint is not None:
        drive_of[finger.posture_joint] = 1
    turn, position, axis, drive, ratio, offset = [], [], [], [], [], []
    for joint in joints:
        origin = transform(joint.origin.position, joint.origin.rotation_vector)
        matrix, a = origin.rotation.as_matrix(), np.array(joint.axis)
        along = np.outer(a, a)
        turn.append([matrix @ along, matrix @ (np.eye(3) - along), matrix @ cross_matrix(a)])
        position.append(origin.translation)
        axis.append(a)
        if joint.mimic is None:
            drive.append(drive_of.get(joint.name, 0))
            ratio.append(0.0 if joint is WRIST else 1.0)
            offset.append(0.0)
        else:
            drive.append(drive_of[joint.mimic.joint])
            ratio.append(joint.mimic.ratio)
            offset.append(joint.mimic.offset)
    radius = hand.skin.taxel_radius
    core = []
    for pad in finger.pads:
        behind = pad.core(hand.skin.backing_depth)
        core.append([float(behind.pose.translation[0]), behind.radius, behind.half])
    # The furthest point of each pad's taxels and of its core, ends included, from the joint that carries it.
    furthest = max(
        float(np.linalg.norm(pad.pose_in_link.apply(pad.points), axis=1).max()) for pad in finger.pads
    )
    core_furthest = max(
        float(np.linalg.norm(pad.pose_in_link.apply([[x, 0, -half], [x, 0, half]]), axis=1).max()) + r
        for pad, (x, r, half) in zip(finger.pads, core, strict=True)
    )
    seen = [
        taxel_scouts(pad.points - radius * pad.normals, pad.rows, pad.cols, radius) for pad in finger.pads
    ]
    hidden = [core_scouts(x, r, half) for x, r, half in core]
    chain = np.array(position), np.array(drive), np.array(ratio)
    drives = np.zeros((2, 4))
    if finger.closing_joint is None:
        drives[0] = PALM_DRIVE
    for joint in finger.joints:
        if joint.drive is not None:
            d = joint.drive
            drives[drive_of[joint.name]] = [d.stiffness, d.closed, d.torque_limit, d.open]
    return FingerArrays(
        turn=np.array(turn),
        position=np.array(position),
        axis=np.array(axis),
        drive=np.array(drive),
        ratio=np.array(ratio),
        offset=np.array(offset),
        pad_joint=np.array([index[pad.joint or WRIST.name] for pad in finger.pads]),
        pad_rotation=np.stack([pad.pose_in_link.rotation.as_matrix() for pad in finger.pads]),
        pad_position=np.stack([np.asarray(pad.pose_in_link.translation) for pad in finger.pads]),
        pad_start=np.cumsum([0] + [pad.size for pad in finger.pads]),
        slot_start=np.cumsum([0] + [slots_of(pad.size) for pad in finger.pads]),
        centres=in_slots([pad.points - radius * pad.normals for pad in finger.pads], NOWHERE),
        normals=in_slots([pad.normals for pad in finger.pads], 0.0),
        core=np.array(core),
        drives=drives,
        has_posture=finger.posture_joint is not None,
        reach=_reach(furthest, *chain) or 1.0,
        core_reach=_reach(core_furthest, *chain) or 1.0,
        scouts=columns(seen),
        core_scouts=columns(hidden),
        scout_radius=np.array([[a, b] for (_, a), (_, b) in zip(seen, hidden, strict=True)]),
        taxel_radius=radius,
    )


def columns(spheres: list[tuple[NDArray[np.float64], float]]) -> NDArray[np.float32]:
    """Centres of all pads' spheres as the solver reads them, ``(3, M)``."""
    return np.concatenate([centres for centres, _ in spheres]).T.astype(np.float32, order="C")


def slots_of(taxels: int) -> int:
    """Slots of a pad of so many taxels: whole vectors."""
    return -(-taxels // LANES) * LANES


def in_slots(vectors: list[NDArray[np.float64]], filling: float) -> NDArray[np.float32]:
    """One pad after the other, each filled up to whole vectors with ``(filling, 0, 0)``: ``(3, NS)``."""
    slots = np.zeros((3, sum(slots_of(len(v)) for v in vectors)), np.float32)
    slots[0] = filling
    start = 0
    for v in vectors:
        slots[:, start : start + len(v)] = v.T
        start += slots_of(len(v))
    return slots


def _reach(
    last: float, position: NDArray[np.float64], drive: NDArray[np.int64], ratio: NDArray[np.float64]
) -> float:
    """Sum over the closing drive's joints of |ratio| times the longest lever arm to a point ``last`` m from a joint."""
    lengths = np.linalg.norm(position, axis=1)
    total = 0.0
    for j in range(len(ratio)):
        if drive[j] == 0:
            total += abs(float(ratio[j])) * (float(lengths[j + 1 :].sum()) + last)
    return REACH_MARGIN * total
