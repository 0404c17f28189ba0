"""One finger closes: it follows its path in small steps until the skin's resistance balances the drive's torque.

The path matters: where an edge lies between taxels, which side a taxel ends on depends on how the finger came.
Steps of 2 mrad (about 0.2 mm at the pad) reproduce slow closing; then Newton's method, kept inside a bracket,
finds the balance.
"""

from __future__ import annotations

from numba import njit

from tacrefine.sim.quasistatic.core import press_core
from tacrefine.sim.quasistatic.distance import OPTIONS, F
from tacrefine.sim.quasistatic.frames import place_pads
from tacrefine.sim.quasistatic.taxels import screen, settle

STEP = 2e-3
"""rad a step with contact"""
SCREEN_MARGIN = 4e-4
"""m: taxels nearer than this are followed; the others are looked at again after as much travel"""
CORE_SLACK = 2e-5
TORQUE_TOLERANCE = 1e-3
ANGLE_TOLERANCE = 2e-7
POSTURE_TOLERANCE = 1e-5
MAX_STEPS = 400
LANES = 8
"""active taxels of a pad are filled up to whole vectors with taxels that touch nothing"""
FAR_AWAY = F(1.0)


@njit(**OPTIONS)
def smallest(values, start, stop):
    """Minimum of ``values[start:stop]``, four at a time to hide the latency."""
    a = b = c = d = F(1e9)
    t = start
    while t + 3 < stop:
        a = min(a, values[t])
        b = min(b, values[t + 1])
        c = min(c, values[t + 2])
        d = min(d, values[t + 3])
        t += 4
    while t < stop:
        a = min(a, values[t])
        t += 1
    return min(min(a, b), min(c, d))


@njit(**OPTIONS)
def follow(
    kind, shape, frame, centres, normals, pad_start, radius, work, compression, index, first, distance
):
    """Choose the taxels to follow: those compressed and those near. Returns the gap (m) to the nearest.

    ``work`` and ``compression`` hold the active taxels packed pad by pad (``first`` (NP + 1,) says where),
    ``index`` their numbers.
    """
    count = first[len(first) - 1]
    kept = distance[1]
    kept[:] = F(0.0)
    for i in range(count):
        if compression[i] != F(0.0):
            kept[index[i]] = compression[i]
    gap = 1e9
    n = 0
    for p in range(len(pad_start) - 1):
        screen(kind, shape, frame[p], centres, pad_start[p], pad_start[p + 1], distance[0])
        least = smallest(distance[0], pad_start[p], pad_start[p + 1])
        gap = min(gap, least - radius)
        first[p] = n
        if least - radius > SCREEN_MARGIN:
            continue
        limit = F(radius + SCREEN_MARGIN)
        for t in range(pad_start[p], pad_start[p + 1]):
            if distance[0, t] < limit:
                for row in range(3):
                    work[row, n] = centres[row, t]
                    work[row + 3, n] = normals[row, t]
                compression[n] = kept[t]
                index[n] = t
                n += 1
        while n % LANES != 0:
            work[:, n] = F(0.0)
            work[0, n] = FAR_AWAY
            compression[n] = F(0.0)
            index[n] = pad_start[p]
            n += 1
    first[len(first) - 1] = n
    return gap


@njit(**OPTIONS)
def close_finger(
    kind,
    shape,
    wrist_r,
    wrist_p,
    turn,
    position,
    axis,
    drive,
    ratio,
    offset,
    pad_joint,
    pad_r,
    pad_p,
    pad_start,
    centres,
    normals,
    core,
    drives,
    has_posture,
    reach,
    tip,
    mechanics,
    radius,
    work,
    compression,
    index,
    first,
    distance,
    frame,
    twist,
    scratch,
    sums,
    force,
):
    """Close one finger on an object; writes taxel forces (NT,) N, returns (closing, posture) drive angles in rad.

    ``mechanics``: taxel stiffness, contact stiffness, core stiffness (N/m), factor on the closing torque.
    """
    k, kc, kb = F(mechanics[0]), F(mechanics[1]), mechanics[2]
    r32 = F(radius)
    limit = drives[0, 2] * mechanics[3]
    target = drives[0, 1]
    theta = drives[0, 3]
    posture = drives[1, 1]
    force[:] = F(0.0)
    first[:] = 0
    pads = len(pad_start) - 1
    travel = 1e9
    gap = 0.0
    balancing = False
    low, high = theta, target
    for _ in range(MAX_STEPS):
        place_pads(
            theta,
            posture,
            wrist_r,
            wrist_p,
            turn,
            position,
            axis,
            drive,
            ratio,
            offset,
            pad_joint,
            pad_r,
            pad_p,
            tip,
            frame,
            twist,
            scratch,
        )
        if travel >= SCREEN_MARGIN:
            gap = follow(
                kind,
                shape,
                frame,
                centres,
                normals,
                pad_start,
                radius,
                work,
                compression,
                index,
                first,
                distance,
            )
            travel = 0.0
        sums[:] = 0.0
        clearance = 1e9
        for p in range(pads):
            if first[p + 1] > first[p]:
                settle(
                    kind,
                    shape,
                    frame[p],
                    twist[p],
                    work,
                    compression,
                    first[p],
                    first[p + 1],
                    k,
                    kc,
                    r32,
                    sums,
                )
            if gap < 1e-2:
                clearance = min(clearance, press_core(kind, shape, frame[p], twist[p], core[p], kb, sums))
        resist, slope = sums[0], sums[1]
        torque = min(drives[0, 0] * (target - theta), limit)
        turn_by = 0.0
        if has_posture:
            wanted = drives[1, 1] + min(max(sums[2], -drives[1, 2]), drives[1, 2]) / drives[1, 0]
            turn_by = wanted - posture
        if not balancing and (resist >= torque or theta >= target):
            balancing = True
            high = theta + STEP
            low = theta - 10 * STEP
        if not balancing:
            if resist <= 0.0:
                step = max(min(gap, clearance) / reach, STEP if gap < SCREEN_MARGIN else 1e-4)
            else:
                step = STEP
                if clearance > 0.0:
                    step = min(step, clearance / reach + CORE_SLACK)
                step = max(min(step, 1.05 * (torque - resist) / (slope + 1e-9) + 1e-6), 1e-6)
            step = min(step, target - theta)
            posture += turn_by
            theta += step
            travel += reach * step + reach * abs(turn_by)
            continue
        excess = resist - torque
        if abs(excess) < TORQUE_TOLERANCE * limit and abs(turn_by) < POSTURE_TOLERANCE:
            break
        posture += turn_by
        if abs(turn_by) > 10 * POSTURE_TOLERANCE:
            low -= STEP
            high += STEP
        if excess > 0.0:
            high = min(high, theta)
        else:
            low = max(low, theta)
        # Where the drive is below its limit its own stiffness resists too.
        stiff = slope + (drives[0, 0] if torque < limit else 0.0)
        new = theta + min(max(-excess / (stiff + 1e-9), -STEP), STEP)
        if new <= low or new >= high:
            new = 0.5 * (low + high)
        moved = abs(new - theta)
        travel += reach * moved + reach * abs(turn_by)
        theta = min(new, target)
        if moved < ANGLE_TOLERANCE and abs(turn_by) < POSTURE_TOLERANCE:
            break
    for i in range(first[pads]):
        q = compression[i]
        if q > F(0.0):
            force[index[i]] = k * q
    return theta, posture
