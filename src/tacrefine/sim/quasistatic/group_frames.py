"""Forward kinematics of fingers that share drives, compiled: where pads are and how each drive moves them."""

from __future__ import annotations

from numba import njit

from tacrefine.sim.quasistatic.distance import OPTIONS
from tacrefine.sim.quasistatic.frames import cosine_sine


@njit(**OPTIONS)
def place_group(q, wrist_r, wrist_p, group, tips, space):
    """Fill ``link`` (NJ, 12), ``axes`` (NJ, 6) and ``frame`` (NP, 12) of the workspace, in the object's frame.

    ``q`` (ND,): where the drives stand; ``tips`` (NF, 3) m: the fingertips' offsets in their pads' own frames.
    """
    link, axes, frame = space.link, space.axes, space.frame
    for j in range(len(group.ratio)):
        angle = group.ratio[j] * q[group.drive[j]] + group.offset[j]
        c, s = cosine_sine(angle)
        if group.slides[j]:
            c, s = 1.0, 0.0
        m, t, a, out = group.turn[j], group.position[j], group.axis[j], link[j]
        before = group.parent[j]
        for i in range(3):
            if before < 0:
                r0, r1, r2, p = wrist_r[i, 0], wrist_r[i, 1], wrist_r[i, 2], wrist_p[i]
            else:
                r0, r1, r2 = link[before, 3 * i], link[before, 3 * i + 1], link[before, 3 * i + 2]
                p = link[before, 9 + i]
            for e in range(3):
                out[3 * i + e] = (
                    r0 * (m[0, 0, e] + c * m[1, 0, e] + s * m[2, 0, e])
                    + r1 * (m[0, 1, e] + c * m[1, 1, e] + s * m[2, 1, e])
                    + r2 * (m[0, 2, e] + c * m[1, 2, e] + s * m[2, 2, e])
                )
            axes[j, i] = out[3 * i] * a[0] + out[3 * i + 1] * a[1] + out[3 * i + 2] * a[2]
            p += r0 * t[0] + r1 * t[1] + r2 * t[2]
            if group.slides[j]:
                p += angle * axes[j, i]
            out[9 + i] = p
            axes[j, 3 + i] = p
    for k in range(len(group.pad_joint)):
        j, at, tip, m = group.pad_joint[k], group.pad_position[k], tips[group.pad_finger[k]], group.pad_tip[k]
        o0 = at[0] + m[0, 0] * tip[0] + m[0, 1] * tip[1] + m[0, 2] * tip[2]
        o1 = at[1] + m[1, 0] * tip[0] + m[1, 1] * tip[1] + m[1, 2] * tip[2]
        o2 = at[2] + m[2, 0] * tip[0] + m[2, 1] * tip[1] + m[2, 2] * tip[2]
        turn = group.pad_rotation[k]
        for i in range(3):
            if j < 0:
                r0, r1, r2, p = wrist_r[i, 0], wrist_r[i, 1], wrist_r[i, 2], wrist_p[i]
            else:
                r0, r1, r2, p = link[j, 3 * i], link[j, 3 * i + 1], link[j, 3 * i + 2], link[j, 9 + i]
            for e in range(3):
                frame[k, 3 * i + e] = r0 * turn[0, e] + r1 * turn[1, e] + r2 * turn[2, e]
            frame[k, 9 + i] = p + r0 * o0 + r1 * o1 + r2 * o2


@njit(**OPTIONS)
def move_group(group, space):
    """Fill ``twist`` (NP, ND, 6) after `place_group`: each pad's velocity at the origin and turn, over each drive."""
    axes, twist = space.axes, space.twist
    for k in range(len(group.pad_joint)):
        twist[k] = 0.0
        j = group.pad_joint[k]
        while j >= 0:
            row, ratio = twist[k, group.drive[j]], group.ratio[j]
            a0, a1, a2 = ratio * axes[j, 0], ratio * axes[j, 1], ratio * axes[j, 2]
            if group.slides[j]:
                row[0] += a0
                row[1] += a1
                row[2] += a2
            else:
                p0, p1, p2 = axes[j, 3], axes[j, 4], axes[j, 5]
                row[0] += p1 * a2 - p2 * a1
                row[1] += p2 * a0 - p0 * a2
                row[2] += p0 * a1 - p1 * a0
                row[3] += a0
                row[4] += a1
                row[5] += a2
            j = group.parent[j]
