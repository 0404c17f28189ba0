"""Forward kinematics of one finger, compiled: where its pads are and how each drive moves them.

Products of poses are written out in scalars here, unlike everywhere else (:mod:`tacrefine.geometry`).
"""

from __future__ import annotations

from math import floor, pi

from numba import njit

from tacrefine.sim.quasistatic.distance import INLINED, OPTIONS

QUARTER = 0.5 * pi


@njit(inline="always", **OPTIONS)
def cosine_sine(q):
    """Cosine and sine to 1e-13, by their series about the nearest quarter turn.

    The library's own would be a call, around which all of a finger's frame goes out to memory and back.
    """
    turns = floor(q * (1.0 / QUARTER) + 0.5)
    x = q - turns * QUARTER
    w = x * x
    s = w * (1 / 362880 + w * (-1 / 39916800 + w * (1 / 6227020800)))
    s = x * (1.0 + w * (-1 / 6 + w * (1 / 120 + w * (-1 / 5040 + s))))
    c = w * (1 / 40320 + w * (-1 / 3628800 + w * (1 / 479001600 - w * (1 / 87178291200))))
    c = 1.0 + w * (-1 / 2 + w * (1 / 24 + w * (-1 / 720 + c)))
    quarter = int(turns) & 3
    a, b = (s, c) if quarter & 1 else (c, s)
    return (-a if quarter in (1, 2) else a), (-b if quarter >= 2 else b)


@njit(**INLINED)
def place_pads(closing, posture, wrist_r, wrist_p, finger, tip, space):
    """Fill ``frame`` (NP, 12: rotation row-major, then position) and ``axes`` in the object's frame.

    ``tip`` (3,) m is the fingertip's offset in the pad frame; ``space`` is the workspace.
    """
    turn, position, axis = finger.turn, finger.position, finger.axis
    drive, ratio, offset = finger.drive, finger.ratio, finger.offset
    pad_joint, pad_r, pad_p = finger.pad_joint, finger.pad_rotation, finger.pad_position
    frame, axes = space.frame, space.axes
    # Rotation and position live in scalars: in small arrays this function costs five times as much.
    p0, p1, p2 = wrist_p[0], wrist_p[1], wrist_p[2]
    r00, r01, r02 = wrist_r[0, 0], wrist_r[0, 1], wrist_r[0, 2]
    r10, r11, r12 = wrist_r[1, 0], wrist_r[1, 1], wrist_r[1, 2]
    r20, r21, r22 = wrist_r[2, 0], wrist_r[2, 1], wrist_r[2, 2]
    for j in range(len(ratio)):
        d = drive[j]
        q = ratio[j] * (closing if d == 0 else posture) + offset[j]
        c, s = cosine_sine(q)
        t0, t1, t2 = position[j, 0], position[j, 1], position[j, 2]
        p0 += r00 * t0 + r01 * t1 + r02 * t2
        p1 += r10 * t0 + r11 * t1 + r12 * t2
        p2 += r20 * t0 + r21 * t1 + r22 * t2
        m = turn[j]
        m00 = m[0, 0, 0] + c * m[1, 0, 0] + s * m[2, 0, 0]
        m01 = m[0, 0, 1] + c * m[1, 0, 1] + s * m[2, 0, 1]
        m02 = m[0, 0, 2] + c * m[1, 0, 2] + s * m[2, 0, 2]
        m10 = m[0, 1, 0] + c * m[1, 1, 0] + s * m[2, 1, 0]
        m11 = m[0, 1, 1] + c * m[1, 1, 1] + s * m[2, 1, 1]
        m12 = m[0, 1, 2] + c * m[1, 1, 2] + s * m[2, 1, 2]
        m20 = m[0, 2, 0] + c * m[1, 2, 0] + s * m[2, 2, 0]
        m21 = m[0, 2, 1] + c * m[1, 2, 1] + s * m[2, 2, 1]
        m22 = m[0, 2, 2] + c * m[1, 2, 2] + s * m[2, 2, 2]
        r00, r01, r02 = (
            r00 * m00 + r01 * m10 + r02 * m20,
            r00 * m01 + r01 * m11 + r02 * m21,
            r00 * m02 + r01 * m12 + r02 * m22,
        )
        r10, r11, r12 = (
            r10 * m00 + r11 * m10 + r12 * m20,
            r10 * m01 + r11 * m11 + r12 * m21,
            r10 * m02 + r11 * m12 + r12 * m22,
        )
        r20, r21, r22 = (
            r20 * m00 + r21 * m10 + r22 * m20,
            r20 * m01 + r21 * m11 + r22 * m21,
            r20 * m02 + r21 * m12 + r22 * m22,
        )
        t0, t1, t2 = axis[j, 0], axis[j, 1], axis[j, 2]
        screw = axes[j]
        screw[0] = r00 * t0 + r01 * t1 + r02 * t2
        screw[1] = r10 * t0 + r11 * t1 + r12 * t2
        screw[2] = r20 * t0 + r21 * t1 + r22 * t2
        screw[3] = p0
        screw[4] = p1
        screw[5] = p2
        for k in range(len(pad_joint)):
            if pad_joint[k] != j:
                continue
            out = frame[k]
            for e in range(3):
                t0, t1, t2 = pad_r[k, 0, e], pad_r[k, 1, e], pad_r[k, 2, e]
                out[e] = r00 * t0 + r01 * t1 + r02 * t2
                out[3 + e] = r10 * t0 + r11 * t1 + r12 * t2
                out[6 + e] = r20 * t0 + r21 * t1 + r22 * t2
            t0, t1, t2 = pad_p[k, 0], pad_p[k, 1], pad_p[k, 2]
            out[9] = p0 + r00 * t0 + r01 * t1 + r02 * t2 + out[0] * tip[0] + out[1] * tip[1] + out[2] * tip[2]
            out[10] = (
                p1 + r10 * t0 + r11 * t1 + r12 * t2 + out[3] * tip[0] + out[4] * tip[1] + out[5] * tip[2]
            )
            out[11] = (
                p2 + r20 * t0 + r21 * t1 + r22 * t2 + out[6] * tip[0] + out[7] * tip[1] + out[8] * tip[2]
            )


@njit(**INLINED)
def move_pads(finger, space):
    """Fill ``twist`` (NP, 2, 6) from the joints' axes: after :func:`place_pads`, where forces are asked for.

    ``twist[p, d]`` is the rate of pad p over drive d: angular (3), then the velocity (3) of the point at the origin,
    so that a point x moves with ``v + w x x``.
    """
    drive, ratio, pad_joint = finger.drive, finger.ratio, finger.pad_joint
    axes, twist = space.axes, space.twist
    for k in range(len(pad_joint)):
        twist[k] = 0.0
        for j in range(pad_joint[k] + 1):
            screw, row = axes[j], twist[k, drive[j]]
            a0, a1, a2 = ratio[j] * screw[0], ratio[j] * screw[1], ratio[j] * screw[2]
            p0, p1, p2 = screw[3], screw[4], screw[5]
            row[0] += a0
            row[1] += a1
            row[2] += a2
            row[3] += p1 * a2 - p2 * a1
            row[4] += p2 * a0 - p0 * a2
            row[5] += p0 * a1 - p1 * a0
