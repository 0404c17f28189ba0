"""Fingers that share drives close: all driven joints go from open to closed together, and each gives way as it must.

One parameter leads the targets of all drives. While nothing touches, the joints stand at their targets. From the touch
on, each drive pulls by its stiffness up to its torque limit, and the joints come to rest where drives, skin and joint
limits balance: Newton's method in steps that no taxel moves further by than `STEP`, as slow closing would.
"""

from __future__ import annotations

from math import sqrt

from numba import njit

from tacrefine.sim.quasistatic.closing import CORE_NEAR, NEAR, SCREEN_MARGIN, approach, follow
from tacrefine.sim.quasistatic.core import core_contact
from tacrefine.sim.quasistatic.distance import OPTIONS, F
from tacrefine.sim.quasistatic.group_frames import move_group, place_group
from tacrefine.sim.quasistatic.wrench import TERMS, add_contact, settle_wrench

STEP = 2.5e-4
"""m that a taxel may move in one step with contact"""
LEAST_STEP = 2e-6
"""m, of a step that still counts as one"""
LEAST_APPROACH = 1e-5
"""m"""
BALANCED = 1e-3
"""share of its limit by which a drive may miss its balance"""
CURVED = 1.05
"""by which a step along a curve may be longer than its beginning says"""
SOFT = 1e-4
"""share of a drive's stiffness that is left of it beyond its torque limit, so that every step is finite"""
MAX_STEPS = 400
NEAR_REST = 5e-5
"""m: a step this short is good enough to let the targets go on"""


@njit(**OPTIONS)
def _press(kind, near, far, group, mechanics, space, touching, core_gap):
    """Forces on drives into ``space.torque`` (ND,), their stiffness into ``space.matrix``; the cores' clearance, m."""
    drives = len(group.drives)
    space.torque[:] = 0.0
    space.matrix[:] = 0.0
    clearance = 1e9 if core_gap < CORE_NEAR else core_gap
    move_group(group, space)
    if not touching and core_gap >= CORE_NEAR:
        return clearance
    for p in range(len(group.core)):
        out = space.terms
        for i in range(TERMS):
            out[i] = 0.0
        begin, end = space.first[p], space.last[p]
        pressed = False
        if touching and end > begin:
            settle_wrench(kind, near[0], near[1], space.frame[p], group.centres, group.normals, space.compression,
                          begin, end, F(mechanics[0]), F(mechanics[1]), F(group.taxel_radius), out)  # fmt: skip
            pressed = True
        if core_gap < CORE_NEAR:
            free, x, y, z = core_contact(
                kind, far[0], far[1], space.frame[p], group.core[p], CORE_NEAR, space.samples
            )
            clearance = min(clearance, free)
            if free < 0.0:
                add_contact(kind, far[0], far[1], x, y, z, -mechanics[2] * free, mechanics[2], out)
                pressed = True
        if not pressed:
            continue
        twist = space.twist[p]
        for d in range(drives):
            for i in range(6):
                space.torque[d] += twist[d, i] * out[i]
        for d in range(drives):
            for e in range(d + 1):
                total = 0.0
                at = 6
                for i in range(6):
                    total += twist[d, i] * twist[e, i] * out[at]
                    at += 1
                    for j in range(i + 1, 6):
                        total += (twist[d, i] * twist[e, j] + twist[d, j] * twist[e, i]) * out[at]
                        at += 1
                space.matrix[d, e] += total
    return clearance


@njit(**OPTIONS)
def _solve(matrix, fixed, right):
    """Solve the symmetric system of the drives that are not fixed, in place (Cholesky); fixed ones get 0."""
    n = len(right)
    for d in range(n):
        if fixed[d]:
            right[d] = 0.0
            for e in range(n):
                if e < d:
                    matrix[d, e] = 0.0
                elif e > d:
                    matrix[e, d] = 0.0
            matrix[d, d] = 1.0
    for d in range(n):
        for e in range(d + 1):
            total = matrix[d, e]
            for i in range(e):
                total -= matrix[d, i] * matrix[e, i]
            if d == e:
                matrix[d, d] = sqrt(max(total, 1e-12))
            else:
                matrix[d, e] = total / matrix[e, e]


@njit(**OPTIONS)
def _back(matrix, fixed, right):
    """Substitute in what `_solve` left of the matrix."""
    n = len(right)
    for d in range(n):
        total = 0.0 if fixed[d] else right[d]
        for i in range(d):
            total -= matrix[d, i] * right[i]
        right[d] = total / matrix[d, d]
    for d in range(n - 1, -1, -1):
        total = right[d]
        for i in range(d + 1, n):
            total -= matrix[i, d] * right[i]
        right[d] = total / matrix[d, d]


@njit(**OPTIONS)
def _length(group, space, reach, step):
    """How far a taxel moves at most over a small step of the drives, m.

    What the drives do together may be far less than each of them alone: joints may give way to each other.
    """
    bound = 0.0
    for d in range(len(step)):
        bound += reach[d] * abs(step[d])
    most = 0.0
    for p in range(len(group.core)):
        frame = space.frame[p]
        v0 = v1 = v2 = w0 = w1 = w2 = 0.0
        for d in range(len(step)):
            row = space.twist[p, d]
            v0 += row[0] * step[d]
            v1 += row[1] * step[d]
            v2 += row[2] * step[d]
            w0 += row[3] * step[d]
            w1 += row[4] * step[d]
            w2 += row[5] * step[d]
        x, y, z = frame[9], frame[10], frame[11]
        m0, m1, m2 = v0 + w1 * z - w2 * y, v1 + w2 * x - w0 * z, v2 + w0 * y - w1 * x
        turned = sqrt(w0 * w0 + w1 * w1 + w2 * w2) * group.extent[p]
        most = max(most, sqrt(m0 * m0 + m1 * m1 + m2 * m2) + turned)
    return min(bound, CURVED * most)


@njit(**OPTIONS)
def close_group(kind, near, far, wrist_r, wrist_p, group, tips, mechanics, space, force, load):
    """Close fingers that share drives on an object; writes taxel forces (NT,) N and the fingers' sums of them (NF,) N.

    Leaves in ``space.q`` (ND,) where the drives stand. ``near``, ``far`` and ``mechanics`` as of `close_finger`.
    """
    drives, reach, core_reach = group.drives, group.reach, group.core_reach
    count = len(drives)
    q, pull, lead, before = space.q, space.pull, space.lead, space.before
    way, core_way = 0.0, 0.0
    for d in range(count):
        q[d] = min(max(drives[d, 1], drives[d, 5]), drives[d, 6])
        before[d] = 0.0
        way += reach[d] * abs(drives[d, 2] - drives[d, 1])
        core_way += core_reach[d] * abs(drives[d, 2] - drives[d, 1])
    way, core_way = max(way, 1e-6), max(core_way, 1e-6)
    force[:] = F(0.0)
    load[:] = 0.0
    space.first[:] = 0
    space.last[:] = 0
    space.compression[:] = F(0.0)
    share, travel, gap, clearance, radius = 0.0, 1e9, 1e9, 0.0, STEP
    arrived = False
    calm = 0
    for _ in range(MAX_STEPS):
        place_group(q, wrist_r, wrist_p, group, tips, space)
        if not arrived:
            skin, clearance = approach(kind, far, group, space)
            arrived = min(skin, clearance) < NEAR
            if not arrived:
                if share >= 1.0:
                    break
                share = min(share + max(min(skin / way, clearance / core_way), LEAST_APPROACH / way), 1.0)
                for d in range(count):
                    target = drives[d, 1] + share * (drives[d, 2] - drives[d, 1])
                    q[d] = min(max(target, drives[d, 5]), drives[d, 6])
                continue
        if travel >= SCREEN_MARGIN:
            gap = follow(kind, near, group, space)
            travel = 0.0
        clearance = _press(kind, near, far, group, mechanics, space, travel >= gap, clearance)
        # What pulls each drive, how it moves with the others, and what the targets' going on would add.
        inward, furthest_share = 0.0, 1.0
        balanced = True
        for d in range(count):
            stiffness, limit = drives[d, 0], drives[d, 3]
            if drives[d, 4] > 0.0:
                limit *= mechanics[3]
            speed = drives[d, 2] - drives[d, 1]
            target = drives[d, 1] + share * speed
            wanted = stiffness * (target - q[d])
            saturated = abs(wanted) >= limit
            pull[d] = min(max(wanted, -limit), limit) + space.torque[d]
            space.matrix[d, d] += stiffness * (SOFT if saturated else 1.0)
            lead[d] = 0.0 if saturated else stiffness * speed
            if not saturated and speed != 0.0:
                left = (
                    (limit - wanted) / (stiffness * speed)
                    if speed > 0.0
                    else (-limit - wanted) / (stiffness * speed)
                )
                furthest_share = min(furthest_share, max(left, 1e-3))
            at_low = q[d] <= drives[d, 5] and pull[d] <= 0.0 and (lead[d] <= 0.0 or share >= 1.0)
            at_high = q[d] >= drives[d, 6] and pull[d] >= 0.0 and (lead[d] >= 0.0 or share >= 1.0)
            space.fixed[d] = at_low or at_high
            if not space.fixed[d]:
                inward += pull[d] * before[d]
                balanced = balanced and abs(pull[d]) < BALANCED * limit
        if balanced and share >= 1.0:
            calm += 1
            if calm >= 2:
                break
        else:
            calm = 0
        # Shorter steps after one that went too far.
        radius = max(0.5 * radius, LEAST_STEP) if inward < 0.0 else min(1.4 * radius, STEP)
        _solve(space.matrix, space.fixed, pull)
        _back(space.matrix, space.fixed, pull)
        length = _length(group, space, reach, pull)
        scale = min(radius / length, 1.0) if length > 0.0 else 1.0
        onward = 0.0
        if share < 1.0 and length < NEAR_REST:
            _back(space.matrix, space.fixed, lead)
            led = _length(group, space, reach, lead)
            room = max(STEP - length, 0.0)
            # Nothing touches yet: no further than the next touch.
            if travel < gap:
                room = max(room, min(gap - travel, max(clearance, 0.0)))
            onward = min(1.0 - share, furthest_share)
            if led * onward > room:
                onward = room / led
        for d in range(count):
            step = scale * pull[d]
            if onward > 0.0:
                step += onward * lead[d]
            moved = min(max(q[d] + step, drives[d, 5]), drives[d, 6])
            before[d] = moved - q[d]
            q[d] = moved
        share = min(share + onward, 1.0)
        length = _length(group, space, reach, before)
        travel += length
        clearance -= _length(group, space, core_reach, before)
        if share >= 1.0 and length < 1e-7 and onward == 0.0:
            break
    for p in range(len(group.core)):
        taxel = group.pad_start[p] - group.slot_start[p]
        for slot in range(space.first[p], space.last[p]):
            compressed = space.compression[slot]
            if compressed > F(0.0):
                force[taxel + slot] = F(mechanics[0]) * compressed
                load[group.pad_finger[p]] += F(mechanics[0]) * compressed
