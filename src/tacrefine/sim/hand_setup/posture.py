"""The posture in which a hand's fingers meet: found from its pads alone, without simulating touch.

The first finger is the thumb. Its pad and those of the others face each other across an object; the grasp frame has its
x axis from the fingers to the thumb, z towards the wrist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, Rotation
from tacrefine.hands import Hand, Pad
from tacrefine.hands.link_poses import LinkPoses

Array = NDArray[np.float64]
GAP = 0.008
"""m between thumb and fingers in the posture that is looked for"""
OPENING, OVERSHOOT = 0.03, 0.012
"""m that pads go back from there to open, and on to close"""
FORCE = 2.5
"""N at a fingertip that the drives are made for"""
SHARED_FORCE = 10.0
"""N of fingers that one drive closes on each other: the skin has to give way where one of them touches first"""
APART = 0.005
"""m between neighbouring fingers' pads at least: links are wider than what is on them"""
BEHIND, PALM_BEHIND = 0.005, 0.03
"""m that joints, and those in which fingers begin, lie towards the wrist from the middle of the grasp at least"""
FACE, FACE_ROUNDS = 0.8, 10
"""cosine within which taxels look the same way as a pad's face, and how often that is looked at again"""
STARTS = 20
RATE_STEP = 1e-5
"""of a drive's half range, for rates of change"""
MOST_TRIES = 80
STILL = 0.03
"""rad, or that share of 1 m/10: a joint that moves less between open and closed holds a posture"""


@dataclass(frozen=True)
class Aim:
    """What a posture is to be like, beside fingers that face the thumb."""

    sideways: float = 0.025
    """m from the middle of the row of fingers that needs no effort to leave: disks end some centimetres aside"""
    bow: float = 0.0
    """m by which a finger that far aside lies further from the wrist, as the edge of a disk does"""


@dataclass(frozen=True, eq=False)
class Posture:
    """Targets of the drives (A,), stiffness and limits of torque, grasp centre; `cost` compares within one aim."""

    open: Array
    closed: Array
    stiffness: Array
    torque_limit: Array
    centre: RigidTransform
    cost: float
    held: Array
    """the drives (A,) where the pads face each other"""


class PadKinematics:
    """Where the largest pad of each moving finger is, for many postures at once: drives (..., A) in rad or m."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.fingers = [finger for finger in hand.fingers if finger.moves]
        pads = [max(finger.pads, key=lambda pad: pad.size) for finger in self.fingers]
        self._poses = LinkPoses(hand)
        number = self._poses.numbers
        zero = hand.joint_positions_at(np.zeros(len(hand.actuated_joints)))
        self._offset = zero
        self._coupling = np.stack(
            [hand.joint_positions_at(row) - zero for row in np.eye(len(hand.actuated_joints))], 1
        )
        self._carrier = [number[pad.joint] for pad in pads]
        self._in_link = np.stack([_facing_frame(pad) for pad in pads])
        self.widths = np.array(
            [np.ptp(pad.points @ _facing_frame(pad, alone=True)[:3, 1]) + pad.col_pitch for pad in pads]
        )
        """(F,) m, across the pads"""
        links = self._links(np.zeros(len(hand.actuated_joints)))
        self.roots = links[[number[finger.joints[0].name] for finger in self.fingers], :3, 3]
        """(F, 3) m, where the fingers begin"""

    def frames(self, drives: Array) -> Array:
        """Frames (..., F, 4, 4) of the pads in the wrist's: x out of the skin, z along the rows."""
        return self.frames_and_joints(drives)[0]

    def frames_and_joints(self, drives: Array) -> tuple[Array, Array]:
        """As `frames`, and where the joints (..., J, 3) m are."""
        links = self._links(drives)
        return links[..., self._carrier, :, :] @ self._in_link, links[..., 1:, :3, 3]

    def _links(self, drives: Array) -> Array:
        """Frames (..., 1 + J, 4, 4) of wrist and links in the wrist's."""
        return self._poses(drives @ self._coupling.T + self._offset)

    def rates(self, drives: Array, step: float = 1e-5) -> tuple[Array, Array]:
        """How fast pads move (F, 3, A) m and turn (F, 3, A) rad over the drives."""
        base = self.frames(drives)
        there = self.frames(drives + step * np.eye(len(drives)))
        moves = (there[..., :3, 3] - base[:, :3, 3]) / step
        turns = there[..., :3, :3] @ base[:, :3, :3].transpose(0, 2, 1)
        turned = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_rotvec().reshape(moves.shape) / step
        return moves.transpose(1, 2, 0), turned.transpose(1, 2, 0)


def _facing_frame(pad: Pad, alone: bool = False) -> Array:
    """The frame (4, 4) in the middle of a pad's face, x out of it, z along its rows: in its link, or in the pad.

    The face of a dome is where most of its taxels look one way, not the mean of all that look sideways and ahead.
    """
    normal, face = pad.normals.mean(0), np.ones(len(pad.normals), bool)
    for _ in range(FACE_ROUNDS):
        normal = normal / max(float(np.linalg.norm(normal)), 1e-9)
        looking = pad.normals @ normal
        face = looking > min(FACE, float(looking.max()) - 1e-6)
        normal = pad.normals[face].mean(0)
    normal = normal / max(float(np.linalg.norm(normal)), 1e-9)
    along = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    local = np.eye(4)
    local[:3, 0], local[:3, 1], local[:3, 2] = normal, np.cross(along, normal), along
    local[:3, 3] = pad.points[face].mean(0)
    return local if alone else np.asarray(pad.pose_in_link.as_matrix() @ local)


def find_postures(
    hand: Hand,
    count: int = 3,
    seed: int = 0,
    starts: int = STARTS,
    aim: Aim = Aim(),
    near: Array | None = None,
) -> list[Posture]:
    """Postures in which the pads face each other, the best first; the same arguments give the same ones.

    With `near` (A,) only what is found from that posture.
    """
    from scipy.optimize import least_squares

    pads = PadKinematics(hand)
    low, high = _bounds(hand)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-4)
    rng = np.random.default_rng(seed)
    # Thumb-like joints first where they rest, then anywhere.
    begins = [middle, np.clip(0.0, low + 1e-6, high - 1e-6)]
    begins += [middle + 0.9 * half * rng.uniform(-1, 1, len(middle)) for _ in range(starts)]
    if near is not None:
        begins = [near]
    found: list[tuple[float, Array]] = []
    steps = RATE_STEP * half * np.eye(len(middle))

    def misfit(q: Array) -> Array:
        return _misfit(q, pads, middle, half, aim)

    def rates(q: Array) -> Array:
        return np.asarray(((misfit(q + steps) - misfit(q)) / (RATE_STEP * half)[:, None]).T)

    for start in begins:
        q = np.clip(start, low + 1e-6 * half, high - 1e-6 * half)
        result = least_squares(misfit, q, rates, bounds=(low, high), x_scale=half, max_nfev=MOST_TRIES)
        cost = float(result.cost)
        if all(np.abs((result.x - other) / half).max() > 0.05 for _, other in found):
            found.append((cost, result.x))
    found.sort(key=lambda each: each[0])
    return [_posture(hand, pads, q, cost) for cost, q in found[:count]]


def _bounds(hand: Hand) -> tuple[Array, Array]:
    """Limits of the drives, within those of the joints that follow them."""
    low = np.array([max(joint.limits[0], -np.pi) for joint in hand.driven])
    high = np.array([min(joint.limits[1], np.pi) for joint in hand.driven])
    for joint in hand.joints:
        if joint.mimic is not None and abs(joint.mimic.ratio) > 1e-6:
            d = hand.actuated_joints.index(joint.mimic.joint)
            ends = sorted((limit - joint.mimic.offset) / joint.mimic.ratio for limit in joint.limits)
            if ends[0] < high[d] and ends[1] > low[d]:
                low[d], high[d] = max(low[d], ends[0] - 1e-3), min(high[d], ends[1] + 1e-3)
    return low, np.maximum(high, low + 1e-6)


def grasp_axes(frames: Array) -> tuple[Array, Array, Array]:
    """Middle between thumb (first) and others, x and z axis of the grasp frame, from pads' frames (..., F, 4, 4)."""
    thumb, others = frames[..., 0, :, :], frames[..., 1:, :, :]
    centre = others[..., :3, 3].mean(-2)
    # What the pads face counts more than where they are: that decides when they nearly touch.
    facing = others[..., :3, 0].mean(-2) - thumb[..., :3, 0]
    x = facing / np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-9)
    along = frames[..., :3, 2].mean(-2)
    z = along - np.sum(along * x, -1, keepdims=True) * x
    lost = np.linalg.norm(z, axis=-1) < 1e-3
    if lost.any():
        z = np.where(lost[..., None], np.cross(x, np.eye(3)[np.abs(x).argmin(-1)]), z)
    return (centre + thumb[..., :3, 3]) / 2, x, z / np.linalg.norm(z, axis=-1, keepdims=True)


def _misfit(q: Array, pads: PadKinematics, middle: Array, half: Array, aim: Aim) -> Array:
    """What is wrong with postures (..., A), as numbers of about one (..., R)."""
    frames, joints = pads.frames_and_joints(q)
    centre, x, z = grasp_axes(frames)
    y = np.cross(z, x)
    places, normals = frames[..., :3, 3], frames[..., :3, 0]
    row = places[..., 1:, :].mean(-2)
    axes = np.stack([x, y, z], -1)
    between = _along(places[..., 0, :] - row, axes)
    in_row = (places[..., 1:, :] - row[..., None, :]) @ axes
    bow = aim.bow * (in_row[..., 1] / aim.sideways) ** 2
    parts = [
        (between - np.array([GAP, 0.0, 0.0])) / np.array([0.004, 0.006, 0.006]),
        _flat(normals[..., 1:, :] - x[..., None, :]) * 1.5 / np.sqrt(normals.shape[-2] - 1),
        (normals[..., 0, :] + x) * 1.5,
        (in_row[..., 2] + bow - bow.mean(-1, keepdims=True)) / 0.008,
        in_row[..., 0] / 0.004,
        np.maximum(np.abs(in_row[..., 1]) - aim.sideways, 0.0) / 0.01,
        0.05 * (q - middle) / half,
        # Objects reach away from the wrist: links are beside or behind their edge, the palm well behind it.
        np.maximum(BEHIND - _along(joints - centre[..., None, :], z[..., None]), 0.0) / 0.01,
        np.maximum(PALM_BEHIND - _along(pads.roots - centre[..., None, :], z[..., None]), 0.0) / 0.01,
    ]
    one, two = np.triu_indices(in_row.shape[-2], 1)
    if len(one):
        side = np.where((pads.roots[1 + one] - pads.roots[1 + two]) @ y[..., None] >= 0.0, 1.0, -1.0)[..., 0]
        apart = APART + (pads.widths[1 + one] + pads.widths[1 + two]) / 2
        parts.append(np.maximum(apart - side * (in_row[..., one, 1] - in_row[..., two, 1]), 0.0) / 0.004)
    return np.concatenate(parts, -1)


def _along(vectors: Array, axes: Array) -> Array:
    """Components (..., N) of a vector (..., 3) along N axes (..., 3, N), or of vectors (..., N, 3) along one."""
    if axes.shape[-1] == 1:
        return np.asarray((vectors @ axes)[..., 0])
    return np.asarray((vectors[..., None, :] @ axes)[..., 0, :])


def _flat(values: Array) -> Array:
    return values.reshape(*values.shape[:-2], -1)


def _posture(hand: Hand, pads: PadKinematics, q: Array, cost: float) -> Posture:
    frames = pads.frames(q)
    middle, x, z = grasp_axes(frames)
    turn = Rotation.from_matrix(np.stack([x, np.cross(z, x), z], 1))
    moves, turns = pads.rates(q)
    facing = np.repeat(x[None], len(frames), 0)
    facing[0] = -x
    press = np.einsum("fi,fid->fd", facing, moves)
    way = _closing_way(press, moves, turns, facing)
    low, high = _bounds(hand)
    opened = np.clip(q - OPENING * way, low, high)
    closed = np.clip(q + OVERSHOOT * way, low, high)
    stiffness, limit = _drives(hand, press, way)
    return Posture(opened, closed, stiffness, limit, RigidTransform.from_components(middle, turn), cost, q)


def _closing_way(press: Array, moves: Array, turns: Array, facing: Array) -> Array:
    """How the drives move when each pad goes one metre towards the object, turning little: (A,)."""
    lever = 0.03
    rows = np.concatenate(
        [moves.reshape(-1, moves.shape[-1]), 0.3 * lever * turns.reshape(-1, moves.shape[-1])]
    )
    wanted = np.concatenate([facing.ravel(), np.zeros(turns.shape[0] * 3)])
    scale = np.maximum(np.linalg.norm(rows, axis=0), 1e-6)
    damped = np.concatenate([rows / scale, 0.15 * np.eye(len(scale))])
    found = np.linalg.lstsq(damped, np.concatenate([wanted, np.zeros(len(scale))]), rcond=None)[0] / scale
    # Damping and turning shorten it: make the mean way of the pads one metre.
    gain = float((press @ found).mean())
    return np.asarray(found / gain) if gain > 0.05 else np.asarray(found)


def closes_alone(hand: Hand, drive: str) -> bool:
    """Whether this one drive closes two fingers on each other: the first and another one, which have no other drive."""
    moved = [drive in finger.drives for finger in hand.fingers if finger.moves]
    lone = all(len(finger.drives) == 1 for finger in hand.fingers if drive in finger.drives)
    return lone and moved[0] and sum(moved) > 1


def _drives(hand: Hand, press: Array, way: Array) -> tuple[Array, Array]:
    """Stiffness and limit of torque of each drive, made for `FORCE` at each fingertip."""
    fingers = [finger for finger in hand.fingers if finger.moves]
    stiffness, limit = np.zeros(len(way)), np.zeros(len(way))
    for d, name in enumerate(hand.actuated_joints):
        own = [f for f, finger in enumerate(fingers) if name in finger.drives]
        levers = np.abs(press[own, d]) if own else np.array([0.03])
        alone = all(len(fingers[f].drives) == 1 for f in own)
        slides = hand.driven[d].is_prismatic
        floor = 0.3 if slides else 0.01
        force, given = (SHARED_FORCE, 0.08) if closes_alone(hand, name) else (FORCE, 0.3)
        needed = force * max(float(levers.sum()), floor)
        if alone:
            stiffness[d] = needed / max(given * OVERSHOOT * abs(way[d]), 1e-4)
            limit[d] = needed
        else:
            f = own[0]
            joint_way = float(np.sum(press[f] ** 2))
            stiffness[d] = FORCE * max(joint_way, 1e-4) / (1.4 * OVERSHOOT)
            limit[d] = 2.0 * FORCE * max(float(levers.max()), floor, 0.3 * float(np.sqrt(joint_way)))
    return stiffness, limit


def with_posture(content: dict[str, Any], hand: Hand, posture: Posture) -> dict[str, Any]:
    """The content of the hand's file with this posture in it."""
    at = {name: index for index, name in enumerate(hand.actuated_joints)}
    spans = np.abs(posture.closed - posture.open)
    closing = {
        max(finger.drives, key=lambda name: spans[at[name]]) for finger in hand.fingers if finger.drives
    }
    joints = []
    for joint in content["joints"]:
        if joint["name"] in at:
            d = at[joint["name"]]
            drive = {
                **joint["drive"],
                "stiffness": _rounded(posture.stiffness[d]),
                "damping": _rounded(0.02 * posture.stiffness[d]),
                "torque_limit": _rounded(posture.torque_limit[d]),
                "open": round(float(posture.open[d]), 5),
                "closed": round(float(posture.closed[d]), 5),
            }
            drive.pop("role", None)
            if joint["name"] not in closing and joint.get("type") != "prismatic" and spans[d] < STILL:
                drive |= {"open": drive["closed"], "role": "posture"}
            joint = {**joint, "drive": drive}
        joints.append(joint)
    place = [round(float(v), 5) for v in posture.centre.translation]
    turn = [round(float(v), 5) for v in posture.centre.rotation.as_rotvec()]
    return {**content, "grasp_centre": {"position": place, "rotation_vector": turn}, "joints": joints}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
