"""One finger closes: it follows its path in small steps until the skin's resistance balances the drive's torque.

The path matters: where an edge lies between taxels, which side a taxel ends on depends on how the finger came.
Steps of 2.5 mrad (about 0.25 mm at the pad) reproduce slow closing; then Newton's method, kept inside a bracket,
finds the balance.
"""

from __future__ import annotations

from numba import njit

from tacrefine.sim.quasistatic.chains import LANES
from tacrefine.sim.quasistatic.core import press_core
from tacrefine.sim.quasistatic.distance import INLINED, OPTIONS, ZERO, F
from tacrefine.sim.quasistatic.frames import move_pads, place_pads
from tacrefine.sim.quasistatic.scouts import CORE_SCOUTS, SCOUTS
from tacrefine.sim.quasistatic.shapes import screen, screen_near, settle

STEP = 2.5e-3
"""rad a step with contact"""
SCREEN_MARGIN = 4e-4
"""m: taxels nearer than this are followed; the others are looked at again after as much travel"""
NEAR = 4e-4
"""m between a pad's scouts and the object from which on taxels and core are looked at"""
MIN_APPROACH = 1e-4
"""rad"""
CORE_NEAR = 5e-4
"""m: cores further away than this bound no step and are not asked again before they may have come nearer"""
CORE_SLACK = 2e-5
"""rad"""
TORQUE_TOLERANCE = 1e-3
ANGLE_TOLERANCE = 2e-7
POSTURE_TOLERANCE = 1e-5
MAX_STEPS = 400


@njit(**INLINED)
def approach(kind, far, finger, space):
    """Lower bounds (m) of the distance of the finger's taxels and of its cores from the object, by their scouts."""
    shape, table = far
    skin, core = 1e9, 1e9
    for p in range(len(finger.core)):
        frame, radius = space.frame[p], finger.scout_radius[p]
        least, _first, _last = screen(
            kind, shape, table, frame, finger.scouts, p * SCOUTS, (p + 1) * SCOUTS, ZERO
        )
        skin = min(skin, least - radius[0])
        least, _first, _last = screen(
            kind, shape, table, frame, finger.core_scouts, p * CORE_SCOUTS, (p + 1) * CORE_SCOUTS, ZERO
        )
        core = min(core, least - radius[1])
    return skin, core


@njit(**INLINED)
def follow(kind, near, finger, space):
    """Choose the slots to follow: in each pad from the first to the last near taxel. Returns the least gap (m).

    A range is not as short as a list, but needs no packing, which would cost more than the arithmetic it saves.
    """
    shape, table = near
    starts, first, last, compression = finger.slot_start, space.first, space.last, space.compression
    gap = 1e9
    limit = F(finger.taxel_radius + SCREEN_MARGIN)
    for p in range(len(first)):
        least, nearest, furthest = screen_near(
            kind, shape, table, space.frame[p], finger.centres, starts[p], starts[p + 1], limit
        )
        gap = min(gap, least - finger.taxel_radius)
        begin = end = starts[p]
        if least < limit:
            begin += int(nearest) // LANES * LANES
            end += (int(furthest) // LANES + 1) * LANES
        # A slot that is left starts from an uncompressed spring when it comes back.
        for t in range(first[p], min(last[p], begin)):
            compression[t] = F(0.0)
        for t in range(max(first[p], end), last[p]):
            compression[t] = F(0.0)
        first[p] = begin
        last[p] = end
    return gap


@njit(**INLINED)
def press(kind, near, far, finger, mechanics, space, touching, core_gap):
    """Settle skin and cores of all pads into ``space.sums``; returns the smallest clearance (m) of a core.

    ``touching``: whether any taxel may touch. ``core_gap``: lower bound (m) of the clearance; far cores aren't asked.
    """
    space.sums[:] = 0.0
    if touching or core_gap < CORE_NEAR:
        move_pads(finger, space)
    if touching:
        for p in range(len(finger.core)):
            begin, end = space.first[p], space.last[p]
            if end > begin:
                settle(kind, near[0], near[1], space.frame[p], space.twist[p], finger.centres, finger.normals,
                       space.compression, begin, end, F(mechanics[0]), F(mechanics[1]), F(finger.taxel_radius),
                       space.sums)  # fmt: skip
    if core_gap >= CORE_NEAR:
        return core_gap
    clearance = 1e9
    for p in range(len(finger.core)):
        free = press_core(kind, far[0], far[1], space.frame[p], space.twist[p], finger.core[p], mechanics[2],
                          CORE_NEAR, space.samples, space.sums)  # fmt: skip
        clearance = min(clearance, free)
    return clearance


@njit(**OPTIONS)
def close_finger(kind, near, far, wrist_r, wrist_p, finger, tip, mechanics, space, force):
    """Close one finger on an object; writes taxel forces (NT,) N.

    Returns (closing, posture) drive angles in rad and the sum of the forces in N.

    ``near`` and ``far``: numbers and table of the object's shape, for what touches it and for what stays away.
    ``mechanics``: taxel stiffness, contact stiffness, core stiffness (N/m), factor on the closing torque.
    """
    drives, reach, core_reach = finger.drives, finger.reach, finger.core_reach
    limit = drives[0, 2] * mechanics[3]
    target = drives[0, 1]
    theta = drives[0, 3]
    posture = drives[1, 1]
    force[:] = F(0.0)
    space.first[:] = 0
    space.last[:] = 0
    space.compression[:] = F(0.0)
    travel = 1e9
    gap = 1e9
    clearance = 0.0
    arrived = False
    balancing = False
    low, high = theta, target
    for _ in range(MAX_STEPS):
        place_pads(theta, posture, wrist_r, wrist_p, finger, tip, space)
        if not arrived:
            skin, clearance = approach(kind, far, finger, space)
            arrived = min(skin, clearance) < NEAR
            if not arrived and theta < target:
                theta += min(skin / reach, clearance / core_reach, target - theta)
                continue
        if travel >= SCREEN_MARGIN:
            gap = follow(kind, near, finger, space)
            travel = 0.0
        clearance = press(kind, near, far, finger, mechanics, space, travel >= gap, clearance)
        resist, slope = space.sums[0], space.sums[1]
        torque = min(drives[0, 0] * (target - theta), limit)
        turn_by = 0.0
        if finger.has_posture:
            limited = min(max(space.sums[2], -drives[1, 2]), drives[1, 2])
            turn_by = drives[1, 1] + limited / drives[1, 0] - posture
        if not balancing and (resist >= torque or theta >= target):
            balancing = True
            high = theta + STEP
            low = theta - 10 * STEP
        if not balancing:
            if resist <= 0.0:
                step = max(min(gap, clearance) / reach, STEP if gap < SCREEN_MARGIN else MIN_APPROACH)
            else:
                step = STEP
                if clearance > 0.0:
                    step = min(step, clearance / reach + CORE_SLACK)
                step = max(min(step, 1.05 * (torque - resist) / (slope + 1e-9) + 1e-6), 1e-6)
            step = min(step, target - theta)
            posture += turn_by
            theta += step
            travel += reach * (step + abs(turn_by))
            clearance -= core_reach * (step + abs(turn_by))
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
        travel += reach * (moved + abs(turn_by))
        clearance -= core_reach * (moved + abs(turn_by))
        theta = min(new, target)
        if moved < ANGLE_TOLERANCE and abs(turn_by) < POSTURE_TOLERANCE:
            break
    load = 0.0
    for p in range(len(finger.core)):
        taxel = finger.pad_start[p] - finger.slot_start[p]
        for slot in range(space.first[p], space.last[p]):
            q = space.compression[slot]
            if q > F(0.0):
                force[taxel + slot] = F(mechanics[0]) * q
                load += F(mechanics[0]) * q
    return theta, posture, load
