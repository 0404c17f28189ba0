"""The stiff core behind the taxels: one capsule a pad, which carries what lies outside the taxels' reach."""

from __future__ import annotations

from numba import njit

from tacrefine.sim.quasistatic.distance import INLINED, OPTIONS, F
from tacrefine.sim.quasistatic.memory import put
from tacrefine.sim.quasistatic.shapes import distance_at
from tacrefine.sim.quasistatic.tables import grid, grid_parameters

CORE_SAMPLES = 16
"""points of a core's axis that are looked at near a grid"""
SEARCH_STEPS = 7
FLAT = 1e-4
"""gradient along the axis below which the nearest point is found"""


@njit(**OPTIONS)
def _nearest_convex(kind, shape, table, cx, cy, cz, ax, ay, az, half, slope):
    """Place (m along the axis) nearest to a convex object, whose distance along a line has one minimum.

    By bisection and false position on the distance's derivative; ``slope`` is that of the middle.
    """
    s = 0.0
    if abs(slope) > FLAT:
        far = -half if slope > 0.0 else half
        near = 0.0
        slope_near = slope
        s = far
        _d, gx, gy, gz = distance_at(kind, shape, table, cx + ax * s, cy + ay * s, cz + az * s)
        slope_far = gx * ax + gy * ay + gz * az
        if slope_near * slope_far < 0.0:
            for step in range(SEARCH_STEPS):
                if step % 2 == 0:  # noqa: SIM108
                    s = 0.5 * (near + far)
                else:
                    s = near - slope_near * (far - near) / (slope_far - slope_near)
                _d, gx, gy, gz = distance_at(kind, shape, table, cx + ax * s, cy + ay * s, cz + az * s)
                slope = gx * ax + gy * ay + gz * az
                if abs(slope) < FLAT:
                    break
                if slope * slope_near < 0.0:
                    far = s
                    slope_far = slope
                else:
                    near = s
                    slope_near = slope
    return s


@njit(**OPTIONS)
def _sample_axis(shape, table, cx, cy, cz, ax, ay, az, half, out):
    """Distances (m) from a grid of evenly spaced points of an axis, into ``out`` (``CORE_SAMPLES``,)."""
    s = grid_parameters(shape)
    x, y, z = F(cx), F(cy), F(cz)
    dx, dy, dz = F(ax), F(ay), F(az)
    reach = F(half)
    step = F(2.0) * reach / F(CORE_SAMPLES - 1)
    for i in range(CORE_SAMPLES):
        at = F(i) * step - reach
        d, _x, _y, _z = grid(s, table, x + dx * at, y + dy * at, z + dz * at)
        put(out, i, d)


@njit(**INLINED)
def _nearest_any(shape, table, cx, cy, cz, ax, ay, az, half, samples):
    """The same for any object: the best of evenly spaced points, then a parabola through it and its neighbours."""
    _sample_axis(shape, table, cx, cy, cz, ax, ay, az, half, samples)
    best = 0
    for i in range(1, CORE_SAMPLES):
        if samples[i] < samples[best]:
            best = i
    step = 2.0 * half / (CORE_SAMPLES - 1)
    s = best * step - half
    if 0 < best < CORE_SAMPLES - 1:
        before, after = samples[best - 1] - samples[best], samples[best + 1] - samples[best]
        if before + after > 1e-9:
            s += 0.5 * step * (before - after) / (before + after)
    return s


@njit(**INLINED)
def core_contact(kind, shape, table, frame, core, near, samples):
    """Clearance of a core (m, negative when it presses) and the place of its axis nearest to the object (m).

    Clearances beyond ``near`` m may be lower bounds. ``samples``: scratch of ``CORE_SAMPLES`` float32.
    """
    x_axis, radius, half = core[0], core[1], core[2]
    cx = frame[9] + frame[0] * x_axis
    cy = frame[10] + frame[3] * x_axis
    cz = frame[11] + frame[6] * x_axis
    ax, ay, az = frame[2], frame[5], frame[8]
    d, gx, gy, gz = distance_at(kind, shape, table, cx, cy, cz)
    if kind == 3:
        if d - half - radius > near:
            return d - half - radius, cx, cy, cz
        s = _nearest_any(shape, table, cx, cy, cz, ax, ay, az, half, samples)
    else:
        slope = gx * ax + gy * ay + gz * az
        if d - abs(slope) * half - radius > near:
            return d - abs(slope) * half - radius, cx, cy, cz
        s = _nearest_convex(kind, shape, table, cx, cy, cz, ax, ay, az, half, slope)
    px, py, pz = cx + ax * s, cy + ay * s, cz + az * s
    d, gx, gy, gz = distance_at(kind, shape, table, px, py, pz)
    return d - radius, px, py, pz


@njit(**INLINED)
def press_core(kind, shape, table, frame, twist, core, stiffness, near, samples, sums):
    """Add the core's contact to ``sums`` (see ``settle``); returns its clearance in m, negative when it presses.

    Clearances beyond ``near`` m may be lower bounds. ``samples``: scratch of ``CORE_SAMPLES`` float32.
    """
    x_axis, radius, half = core[0], core[1], core[2]
    cx = frame[9] + frame[0] * x_axis
    cy = frame[10] + frame[3] * x_axis
    cz = frame[11] + frame[6] * x_axis
    ax, ay, az = frame[2], frame[5], frame[8]
    d, gx, gy, gz = distance_at(kind, shape, table, cx, cy, cz)
    if kind == 3:
        if d - half - radius > near:
            return d - half - radius
        s = _nearest_any(shape, table, cx, cy, cz, ax, ay, az, half, samples)
    else:
        slope = gx * ax + gy * ay + gz * az
        if d - abs(slope) * half - radius > near:
            return d - abs(slope) * half - radius
        s = _nearest_convex(kind, shape, table, cx, cy, cz, ax, ay, az, half, slope)
    d, gx, gy, gz = distance_at(kind, shape, table, cx + ax * s, cy + ay * s, cz + az * s)
    clearance = d - radius
    if clearance >= 0.0:
        return clearance
    px, py, pz = cx + ax * s, cy + ay * s, cz + az * s
    force = -stiffness * clearance
    w = twist[0]
    u = twist[1]
    along = (
        gx * (w[3] + w[1] * pz - w[2] * py)
        + gy * (w[4] + w[2] * px - w[0] * pz)
        + gz * (w[5] + w[0] * py - w[1] * px)
    )
    turned = (
        gx * (u[3] + u[1] * pz - u[2] * py)
        + gy * (u[4] + u[2] * px - u[0] * pz)
        + gz * (u[5] + u[0] * py - u[1] * px)
    )
    sums[0] -= force * along
    sums[1] += stiffness * along * along
    sums[2] += force * turned
    return clearance
