"""Chains of joints for random fingers and jaws, led from the pad where it meets the object back to the wrist.

Frames are in the wrist's frame. In a joint's frame x is the way its pad closes and z leads back towards the wrist; a
positive turn about -y closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.hand_family import HandFamily
from tacrefine.data.sampler import Sampler
from tacrefine.geometry import RigidTransform, transform

TRAVEL = 0.035
"""m that an open fingertip is away from where it meets the object"""
LIMITS = [-3.0, 4.5]
"""rad"""
TURN_ARM = 0.03
"""m: a turn counts as the motion of a point so far away"""
LEAST_LEVER = 0.01
"""m"""


def finger_frames(
    sampler: Sampler, family: HandFamily, pad: RigidTransform, links: int, bend: float
) -> list[RigidTransform]:
    """Frames of the closed finger's joints, the first one at the wrist."""
    depth = sampler.uniform((0.004, 0.014))
    frames = [pad * transform((-depth, 0.0, sampler.log_uniform(family.distal_length)))]
    for _ in range(links - 1):
        turn = transform(rotation_vector=(0.0, -max(0.0, bend + sampler.normal(0.1)), 0.0))
        frames.append(frames[-1] * turn * transform((0.0, 0.0, sampler.log_uniform(family.proximal_length))))
    return frames[::-1]


def turning_joints(
    names: Sequence[str],
    frames: Sequence[RigidTransform],
    contact: Sequence[float],
    moved: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Joints of a chain that stands at `contact` (rad) where its pad meets the object; `moved`: drive or mimic."""
    joints, before = [], RigidTransform.identity()
    for i, (name, frame) in enumerate(zip(names, frames, strict=True)):
        zero = frame * transform(rotation_vector=(0.0, contact[i], 0.0))
        joints.append(
            {
                "name": name,
                "parent": names[i - 1] if i else None,
                "origin": origin(before.inv() * zero),
                "axis": [0.0, -1.0, 0.0],
                "limits": LIMITS,
                **moved[i],
            }
        )
        before = frame
    return joints


def coupled(
    sampler: Sampler, force: float, lever: float, first: str, ratios: Sequence[float], further: float
) -> tuple[list[float], list[dict[str, Any]]]:
    """Contact angles of a chain with one drive, and what moves each joint: the drive of the first, the others follow.

    The targets lie `TRAVEL` before and `further` (m) beyond the nominal grasp, `lever` (m) from the first joint.
    """
    at = sampler.uniform((0.4, 0.8))
    torque = force * lever
    drive = {
        "stiffness": sampler.log_uniform((6.0, 30.0)) * torque,
        "damping": 0.3 * torque,
        "torque_limit": torque,
        "open": at - min(0.7, TRAVEL / lever),
        "closed": at + 1.5 * further / max(lever, 0.03),
    }
    moved: list[dict[str, Any]] = [{"drive": drive}]
    moved += [{"mimic": {"joint": first, "ratio": ratio}} for ratio in ratios[1:]]
    return [at * ratio for ratio in ratios], moved


def own_drives(
    sampler: Sampler, force: float, pad: RigidTransform, frames: Sequence[RigidTransform], further: float
) -> tuple[list[float], list[dict[str, Any]]]:
    """Contact angles of a chain each of whose joints has a drive, and the drives: all close together."""
    contact = [sampler.uniform((0.2, 0.9)) for _ in frames]
    press, way = _closing_way(sampler, pad, frames)
    stiffness = force * max(float(np.sum(press**2)), 1e-4) / (1.4 * further) * sampler.log_uniform((0.5, 2.0))
    reach = max(float(np.abs(press).max()), LEAST_LEVER)
    moved = []
    for d in range(len(frames)):
        lever = max(abs(float(press[d])), 0.3 * reach)
        limit = force * lever * sampler.uniform((1.0, 2.2))
        moved.append(
            {
                "drive": {
                    "stiffness": stiffness,
                    "damping": 0.02 * stiffness,
                    "torque_limit": limit,
                    "open": float(np.clip(contact[d] - TRAVEL * way[d], LIMITS[0], LIMITS[1])),
                    "closed": float(np.clip(contact[d] + further * way[d], LIMITS[0], LIMITS[1])),
                }
            }
        )
    return contact, moved


def _closing_way(
    sampler: Sampler, pad: RigidTransform, frames: Sequence[RigidTransform]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far the pad goes along its normal with each joint (m/rad), and a way of the joints that moves it by 1 m/m.

    Along it the pad slides and turns more or less, as it happens with hands.
    """
    turned = pad.rotation.as_matrix()
    rows = []
    for frame in frames:
        axis = -frame.rotation.as_matrix()[:, 1]
        motion = np.cross(axis, pad.translation - frame.translation)
        rows.append([motion @ turned[:, 0], motion @ turned[:, 2], TURN_ARM * float(axis @ -turned[:, 1])])
    weights = np.array([1.0, sampler.uniform((0.0, 0.7)), sampler.uniform((0.0, 0.5))])
    matrix = np.array(rows).T * weights[:, None]
    scale = np.maximum(np.linalg.norm(matrix, axis=0), 1e-6)
    damped = np.concatenate([matrix / scale, 0.15 * np.eye(len(scale))])
    wanted = np.concatenate([[1.0, 0.0, 0.0], np.zeros(len(scale))])
    way = np.linalg.lstsq(damped, wanted, rcond=None)[0] / scale
    way = way * np.exp(0.3 * sampler.rng.standard_normal(len(way)))
    press = np.array(rows)[:, 0]
    gain = float(press @ way)
    if gain < 0.1:
        way, gain = press, max(float(press @ press), 1e-6)
    return press, way / gain


def origin(pose: RigidTransform) -> dict[str, list[float]]:
    """A pose as a description has it."""
    return {"position": pose.translation.tolist(), "rotation_vector": pose.rotation.as_rotvec().tolist()}
