"""Forward kinematics of one finger: where its pads are and how each drive moves them."""

from __future__ import annotations

import numpy as np
from numba import njit

from tacrefine.sim.quasistatic.distance import OPTIONS


@njit(**OPTIONS)
def place_pads(closing, posture, wrist_r, wrist_p, turn, position, axis, drive, ratio, offset, pad_joint, pad_r, pad_p, tip, frame, twist):  # type: ignore[no-untyped-def]
    """Fill ``frame`` (NP, 12: rotation row-major, then position) and ``twist`` (NP, 2, 6) in the object's frame.

    ``twist[p, d]`` is the rate of pad p over drive d: angular (3), then the velocity (3) of the point at the origin,
    so that a point x moves with ``v + w x x``. ``tip`` (3,) m is the fingertip's offset in the pad frame.
    """
    r = np.empty((3, 3))
    n = np.empty((3, 3))
    m = np.empty((3, 3))
    w = np.zeros((2, 6))
    p0, p1, p2 = wrist_p[0], wrist_p[1], wrist_p[2]
    for i in range(3):
        for k in range(3):
            r[i, k] = wrist_r[i, k]
    for j in range(len(ratio)):
        d = drive[j]
        q = ratio[j] * (closing if d == 0 else posture) + offset[j]
        c = np.cos(q)
        s = np.sin(q)
        p0 += r[0, 0] * position[j, 0] + r[0, 1] * position[j, 1] + r[0, 2] * position[j, 2]
        p1 += r[1, 0] * position[j, 0] + r[1, 1] * position[j, 1] + r[1, 2] * position[j, 2]
        p2 += r[2, 0] * position[j, 0] + r[2, 1] * position[j, 1] + r[2, 2] * position[j, 2]
        for i in range(3):
            for k in range(3):
                m[i, k] = turn[j, 0, i, k] + c * turn[j, 1, i, k] + s * turn[j, 2, i, k]
        for i in range(3):
            for k in range(3):
                n[i, k] = r[i, 0] * m[0, k] + r[i, 1] * m[1, k] + r[i, 2] * m[2, k]
        for i in range(3):
            for k in range(3):
                r[i, k] = n[i, k]
        a0 = ratio[j] * (r[0, 0] * axis[j, 0] + r[0, 1] * axis[j, 1] + r[0, 2] * axis[j, 2])
        a1 = ratio[j] * (r[1, 0] * axis[j, 0] + r[1, 1] * axis[j, 1] + r[1, 2] * axis[j, 2])
        a2 = ratio[j] * (r[2, 0] * axis[j, 0] + r[2, 1] * axis[j, 1] + r[2, 2] * axis[j, 2])
        w[d, 0] += a0
        w[d, 1] += a1
        w[d, 2] += a2
        w[d, 3] += p1 * a2 - p2 * a1
        w[d, 4] += p2 * a0 - p0 * a2
        w[d, 5] += p0 * a1 - p1 * a0
        for k in range(len(pad_joint)):
            if pad_joint[k] != j:
                continue
            for i in range(3):
                for e in range(3):
                    frame[k, 3 * i + e] = r[i, 0] * pad_r[k, 0, e] + r[i, 1] * pad_r[k, 1, e] + r[i, 2] * pad_r[k, 2, e]
            for i in range(3):
                base = p0 if i == 0 else (p1 if i == 1 else p2)
                frame[k, 9 + i] = (
                    base
                    + r[i, 0] * pad_p[k, 0]
                    + r[i, 1] * pad_p[k, 1]
                    + r[i, 2] * pad_p[k, 2]
                    + frame[k, 3 * i] * tip[0]
                    + frame[k, 3 * i + 1] * tip[1]
                    + frame[k, 3 * i + 2] * tip[2]
                )
            for e in range(2):
                for i in range(6):
                    twist[k, e, i] = w[e, i]
